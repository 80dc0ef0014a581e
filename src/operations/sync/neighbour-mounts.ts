/**
 * What lies where, of all profiles below a root: a vault must not be mounted inside what any of them sends (its
 * ciphertext, a source) or sends to (a directory that is a remote). A sync would send the plaintext, and whatever
 * removes the outer one would remove the vault's files through the mount. Asked by everything that sets, mounts or
 * sends: whichever comes first, the second is refused.
 */

import { dirname } from 'node:path';
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { whereaboutsOf } from '../../remotes/configuration.ts';
import { localSpots } from '../../remotes/whereabouts.ts';
import type { Clock } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isWithin } from '../../system/names.ts';
import { resolveMountPath } from '../../vaults/mounts/mount-point.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import { vaultMountIn } from '../../vaults/vault.ts';
import { confReader, type Neighbour, pathsOf, profilesBelow } from './neighbours.ts';

const remoteDirectory = 'the remote directory';

/** A profile's directories, resolved. */
interface Places {
  readonly layout: ProfileLayout;
  readonly mountDir: string;
  /** What is sent, or sent to, and what each is called. */
  readonly sent: readonly (readonly [path: string, what: string])[];
}

/** Where the files of all profiles below a root are. */
export interface Neighbourhood {
  placesBelow(root: string, table: readonly MountEntry[]): Iterable<Places>;
}

interface Sent {
  readonly layout: ProfileLayout;
  /** Resolved. */
  readonly path: string;
  readonly what: string;
}

/** What all profiles below a root send, or send to, as far as they can be read. */
export function* sentBelow(root: string): Generator<Sent> {
  for (const { layout, sent } of lookedAtNow.placesBelow(root, readMountTable()))
    for (const [path, what] of sent) yield { layout, path, what };
}

/** As it is whenever it is asked. */
const lookedAtNow: Neighbourhood = {
  *placesBelow(root, table) {
    for (const neighbour of profilesBelow(root, table)) yield placesOf(neighbour, table);
  },
};

/** One look serves for so many times as long as it took, and for so many milliseconds at the least. */
const sharedFor = { times: 20, atLeast: 100 };

interface SharedLook {
  readonly root: string;
  readonly begun: number;
  readonly until: number;
  readonly places: readonly Places[];
}

/**
 * As it was a moment ago, for a run that goes through many clients: each would look at all others, a thousand at a
 * million. No lock keeps other profiles as they are, and a look at many takes its time; whoever changes one, or mounts
 * its vault, looks at this one as well.
 */
export function sharedNeighbourhood(clock: Clock): Neighbourhood {
  let last: SharedLook | undefined;
  const now = (): number => clock.now().getTime();
  return {
    placesBelow(root, table) {
      const begun = now();
      // a clock that was set back says nothing of an age
      if (last?.root === root && begun >= last.begun && begun < last.until) return last.places;
      const places = [...lookedAtNow.placesBelow(root, table)];
      const ended = now();
      const until = ended + Math.max(sharedFor.atLeast, (ended - begun) * sharedFor.times);
      last = { root, begun, until, places };
      return places;
    },
  };
}

export interface NeighbourLook {
  readonly neighbourhood?: Neighbourhood | undefined;
  /** What is mounted; default: as it is now. */
  readonly table?: readonly MountEntry[] | undefined;
}

/** @throws CONFIG_INVALID when the profile's mount directory and another's files lie one in the other */
export function verifyNeighbours(
  layout: ProfileLayout,
  profile: Profile,
  { neighbourhood = lookedAtNow, table = readMountTable() }: NeighbourLook = {},
): void {
  const own = placesOf({ layout, configured: profile, conf: confReader(layout) }, table);
  // its own ciphertext and sources are looked at by verifySeparate and verifyMappings
  verifyOutside(own, { ...own, sent: own.sent.filter(([, what]) => what === remoteDirectory) });
  for (const places of neighbourhood.placesBelow(dirname(layout.directory), table)) {
    if (places.layout.profileFile === layout.profileFile) continue;
    verifyOutside(own, places);
    verifyOutside(places, own);
  }
}

/** What the mount table alone tells: a vault that is mounted in a source, by whomever. @throws CONFIG_INVALID */
export function verifyNoVaultMountedIn(directory: string, table?: readonly MountEntry[]): void {
  const mount = vaultMountIn(directory, table);
  if (mount === undefined) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `a vault is mounted at ${mount.mountPoint}, inside of ${directory}: its plaintext would be sent`,
    { advice: { to: 'take-mount-off', path: mount.mountPoint }, details: { mountPoint: mount.mountPoint } },
  );
}

function placesOf(neighbour: Neighbour, table: readonly MountEntry[]): Places {
  const { layout, configured } = neighbour;
  const resolved = (path: string): string => resolveMountPath(path, table);
  const mappings = Array.isArray(configured.mappings) ? configured.mappings : [];
  const sources = mappings.map(({ source }) => source).filter((path) => typeof path === 'string');
  return {
    layout,
    mountDir: resolved(configured.mountDir),
    sent: [
      [resolved(configured.encryptedDir), 'the ciphertext'],
      ...sources.map((path) => [resolved(path), 'a source'] as const),
      ...directoryRemotes(neighbour).map((path) => [resolved(path), remoteDirectory] as const),
    ],
  };
}

/** Where a profile's remote is a directory of this machine. */
function directoryRemotes({ layout, configured, conf: readConf }: Neighbour): string[] {
  const { remote, mappings } = configured;
  const conf = remote === undefined ? undefined : readConf();
  if (remote === undefined || conf === undefined) return [];
  try {
    return pathsOf({ remote, mappings })
      .map((path) => whereaboutsOf(conf, layout.rcloneConfig, remote.name, path))
      .flatMap(localSpots);
  } catch {
    return []; // told by whatever uses that remote
  }
}

function verifyOutside(mounted: Places, { layout, sent }: Places): void {
  const { mountDir } = mounted;
  const around = sent.find(([path]) => isWithin(mountDir, path));
  if (around === undefined) return;
  const [path, what] = around;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the mount directory ${mountDir} of ${nameOf(mounted.layout)} lies in ${what} of ${nameOf(layout)}, ${path}: plaintext would be among what is sent`,
    {
      advice: {
        to: 'separate-mount-directory',
        client: mounted.layout.client,
        profile: mounted.layout.profile,
      },
      details: { mountDir, path },
    },
  );
}
