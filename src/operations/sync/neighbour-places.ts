/**
 * Places of other profiles below a root: none may lie in another, by whatever name its server goes, because a mirror of
 * the outer one would take the inner one away. Equal ones are told by the vault's id on them.
 */
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import { whereaboutsOf } from '../../remotes/configuration.ts';
import { placeOf, type Remote } from '../../remotes/remote.ts';
import { liesBelow, type Spot, type Whereabouts } from '../../remotes/whereabouts.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { resolveMountPath } from '../../vaults/mounts/mount-point.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import { type Neighbour, neighboursOf, pathsOf } from './neighbours.ts';

/** @param remotes the places of one profile. @throws CONFIG_INVALID */
export function verifyPlacesApart(layout: ProfileLayout, remotes: readonly Remote[]): void {
  const table = readMountTable();
  const own = remotes.map((remote) => ({ remote, spots: spotsOf(remote, table) }));
  for (const neighbour of neighboursOf(layout, table)) {
    const { layout: other } = neighbour;
    for (const { name, whereabouts } of placesOfProfile(neighbour)) {
      const spots = whereabouts.spots.map((spot) => resolved(spot, table));
      const inside = own.find((mine) => mine.spots.some((spot) => spots.some((one) => isNested(spot, one))));
      if (inside === undefined) continue;
      throw new CryptosyncError(
        'CONFIG_INVALID',
        `the place ${placeOf(inside.remote)} of ${nameOf(layout)} and ${name} of ${nameOf(other)} lie one in the other: a sync of the outer one would remove the inner one`,
        { advice: { to: 'separate-mappings' }, details: { other: nameOf(other), place: name } },
      );
    }
  }
}

/** Where a remote's files lie in the end, directories of this machine without links in them. */
export function spotsOf(
  { whereabouts, name, path, configFile }: Remote,
  table: readonly MountEntry[],
): Spot[] {
  const spots = whereabouts?.spots ?? [{ server: `${configFile}:${name}`, path: path.split('/') }];
  return spots.map((spot) => resolved(spot, table));
}

function resolved({ server, path }: Spot, table: readonly MountEntry[]): Spot {
  if (server !== '') return { server, path };
  const real = resolveMountPath(`/${path.join('/')}`, table);
  return { server, path: real.split('/').filter((name) => name !== '') };
}

function isNested(one: Spot, other: Spot): boolean {
  return liesBelow(one, other) || liesBelow(other, one);
}

function placesOfProfile({
  layout,
  configured,
  conf: readConf,
}: Neighbour): { readonly name: string; readonly whereabouts: Whereabouts }[] {
  const { remote } = configured;
  const conf = remote === undefined ? undefined : readConf();
  if (conf === undefined || typeof remote?.name !== 'string') return [];
  return pathsOf(configured).map((path) => ({
    name: `${remote.name}:${path}`,
    whereabouts: whereaboutsOf(conf, layout.rcloneConfig, remote.name, path),
  }));
}
