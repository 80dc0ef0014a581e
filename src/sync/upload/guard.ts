/** What an upload makes sure of before it plans: the place is apart from the source, and empty or its own. */

import { isUnused } from '../../remotes/control/key-check.ts';
import type { Place } from '../../remotes/place.ts';
import { localDirectory, type Remote } from '../../remotes/remote.ts';
import { localSpots } from '../../remotes/whereabouts.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { isWithin } from '../../system/names.ts';
import { resolveMountPath } from '../../vaults/mounts/mount-point.ts';
import { readMountTable } from '../../vaults/mounts/mount-table.ts';
import { verifyRemoteIdentity } from '../guard.ts';
import type { Job } from '../job.ts';
import type { SyncSource } from '../source.ts';

/** A remote on this machine must not lie in the vault, nor the vault in it. @throws CONFIG_INVALID */
export function verifyApart({ apart }: SyncSource, remote: Remote): void {
  const own = localDirectory(remote);
  const directories = remote.whereabouts === undefined ? [] : localSpots(remote.whereabouts);
  const table = readMountTable();
  for (const path of new Set([...directories, ...(own === undefined ? [] : [own])])) {
    const target = resolveMountPath(path, table);
    const inside = apart.find((directory) => isWithin(target, directory) || isWithin(directory, target));
    if (inside === undefined) continue;
    throw new CryptosyncError('CONFIG_INVALID', `the remote ${target} and ${inside} overlap`, {
      advice: { to: 'give-path-outside' },
    });
  }
}

/**
 * No place lies in another: whatever mirrors the outer one would take the inner one away.
 * @throws VAULT_FOREIGN when one of ours lies above this one, CONFIG_INVALID when this machine has another
 */
export async function verifyNotNested(job: Job, place: Place): Promise<void> {
  job.verifyPlace?.();
  const [above] = await place.placesAbove();
  if (above === undefined) return;
  throw new CryptosyncError(
    'VAULT_FOREIGN',
    `${place.name} lies inside another place of cryptosync's, ${above}: a sync there would remove it`,
    { advice: { to: 'separate-mappings' }, details: { above } },
  );
}

/** Bytes that an engine's configuration may have. */
const longestConfiguration = 64 * 1024;

/**
 * A place that says nothing of itself: it must be empty, or hold this vault's very configuration.
 * @returns whether it is empty. @throws REMOTE_NOT_EMPTY
 */
export async function verifyUnmarked(
  { identity, configFile, directory }: SyncSource,
  place: Place,
): Promise<boolean> {
  const names = await place.names('');
  const isEmpty = await isUnused(place, names);
  const hasOwnConfig =
    configFile !== undefined &&
    names.includes(configFile) &&
    (await place.read(configFile, longestConfiguration))?.toString('utf8') ===
      readTextIfPresent(`${directory}/${configFile}`);
  verifyRemoteIdentity({ place: place.name, owner: undefined, isEmpty, hasOwnConfig }, identity);
  return isEmpty;
}
