/**
 * What lies where, of all profiles below a root: a vault must not be mounted inside what any of them sends (its
 * ciphertext, a source) or sends to (a directory that is a remote). A sync would send the plaintext, and whatever
 * removes the outer one would remove the vault's files through the mount. Asked by everything that sets, mounts or
 * sends: whichever comes first, the second is refused.
 */

import { dirname } from 'node:path';
import * as v from 'valibot';
import { listClients, listProfiles } from '../../clients/discovery.ts';
import { whyClientSick } from '../../clients/home/reachable.ts';
import {
  type ClientLayout,
  clientLayout,
  nameOf,
  type ProfileLayout,
  profileLayout,
} from '../../clients/layout.ts';
import { absolutePath, type Profile, remoteSchema } from '../../clients/profile.ts';
import { type RcloneConf, readRcloneConf, whereaboutsOf } from '../../remotes/configuration.ts';
import { localSpots } from '../../remotes/whereabouts.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { resolveMountPath } from '../../vaults/mounts/mount-point.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import { vaultMountIn } from '../../vaults/vault.ts';

/** A value that is not right is left out, and the others count. */
const lenient = <Schema extends v.GenericSchema>(schema: Schema) => v.fallback(v.optional(schema), undefined);

/** What a profile says of its places. Another client's may be broken in all else. */
const configuredSchema = v.object({
  encryptedDir: absolutePath,
  mountDir: absolutePath,
  remote: lenient(remoteSchema),
  mappings: lenient(
    v.array(
      v.fallback(
        v.object({ source: lenient(absolutePath), remotePath: lenient(remoteSchema.entries.path) }),
        {},
      ),
    ),
  ),
});

export type Configured = v.InferOutput<typeof configuredSchema>;

const remoteDirectory = 'the remote directory';

/** A profile's directories, resolved. */
interface Places {
  readonly layout: ProfileLayout;
  readonly mountDir: string;
  /** What is sent, or sent to, and what each is called. */
  readonly sent: readonly (readonly [path: string, what: string])[];
}

/** @throws CONFIG_INVALID when the profile's mount directory and another's files lie one in the other */
export function verifyNeighbours(layout: ProfileLayout, profile: Profile): void {
  const look = { table: readMountTable(), confOf: confReader() };
  const own = placesOf(layout, profile, look);
  // its own ciphertext and sources are looked at by verifySeparate and verifyMappings
  verifyOutside(own, { ...own, sent: own.sent.filter(([, what]) => what === remoteDirectory) });
  for (const [other, configured] of neighboursOf(layout)) {
    const places = placesOf(other, configured, look);
    verifyOutside(own, places);
    verifyOutside(places, own);
  }
}

/** All other profiles below the root, as far as they can be read. */
export function* neighboursOf(layout: ProfileLayout): Generator<readonly [ProfileLayout, Configured]> {
  const root = dirname(layout.directory);
  const table = readMountTable();
  for (const client of listClients(root, table)) {
    // a client that can't be read can't be worked with either: its own commands tell, and no other stops for it
    if (whyClientSick(clientLayout(root, client), table) !== undefined) continue;
    for (const name of listProfiles(root, client, table)) {
      const other = profileLayout(root, client, name);
      const configured = other.profileFile === layout.profileFile ? undefined : readLeniently(other);
      if (configured !== undefined) yield [other, configured];
    }
  }
}

/** What the mount table alone tells: a vault that is mounted in a source, by whomever. @throws CONFIG_INVALID */
export function verifyNoVaultMountedIn(directory: string): void {
  const mount = vaultMountIn(directory);
  if (mount === undefined) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `a vault is mounted at ${mount.mountPoint}, inside of ${directory}: its plaintext would be sent`,
    { advice: { to: 'take-mount-off', path: mount.mountPoint }, details: { mountPoint: mount.mountPoint } },
  );
}

/** Another client's broken profile is that client's matter, and told by its own commands. */
function readLeniently(layout: ProfileLayout): Configured | undefined {
  try {
    const value = parseStoredJson(readTrustedText(layout.profileFile, layout.directory) ?? '');
    const result = v.safeParse(configuredSchema, value);
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

interface NeighbourLook {
  readonly table: readonly MountEntry[];
  readonly confOf: ReturnType<typeof confReader>;
}

function placesOf(layout: ProfileLayout, profile: Configured, { table, confOf }: NeighbourLook): Places {
  const resolved = (path: string): string => resolveMountPath(path, table);
  const mappings = Array.isArray(profile.mappings) ? profile.mappings : [];
  const sources = mappings.map(({ source }) => source).filter((path) => typeof path === 'string');
  const remotes = directoryRemotes(layout, profile, confOf);
  return {
    layout,
    mountDir: resolved(profile.mountDir),
    sent: [
      [resolved(profile.encryptedDir), 'the ciphertext'],
      ...sources.map((path) => [resolved(path), 'a source'] as const),
      ...remotes.map((path) => [resolved(path), remoteDirectory] as const),
    ],
  };
}

/** Where a profile's remote is a directory of this machine. */
function directoryRemotes(
  layout: ProfileLayout,
  { remote, mappings }: Configured,
  confOf: NeighbourLook['confOf'],
): string[] {
  const conf = remote === undefined ? undefined : confOf(layout);
  if (remote === undefined || conf === undefined) return [];
  try {
    return pathsOf({ remote, mappings })
      .map((path) => whereaboutsOf(conf, layout.rcloneConfig, remote.name, path))
      .flatMap(localSpots);
  } catch {
    return []; // told by whatever uses that remote
  }
}

/** The paths on its remote that a profile syncs with. */
export function pathsOf({ remote, mappings }: Pick<Configured, 'remote' | 'mappings'>): string[] {
  const paths = Array.isArray(mappings) ? mappings.map(({ remotePath }) => remotePath) : [];
  const all = paths.length === 0 ? [remote?.path] : paths.map((path) => path ?? remote?.path);
  return all.filter((path) => typeof path === 'string');
}

/** Each client's file is read once; another client's broken one is that client's matter. */
export function confReader(): (layout: ClientLayout) => RcloneConf | undefined {
  const read = new Map<string, RcloneConf | undefined>();
  return ({ rcloneConfig, directory }) => {
    if (!read.has(rcloneConfig)) {
      try {
        read.set(rcloneConfig, readRcloneConf(rcloneConfig, directory));
      } catch {
        read.set(rcloneConfig, undefined);
      }
    }
    return read.get(rcloneConfig);
  };
}

function verifyOutside(mounted: Places, { layout, sent }: Places): void {
  const { mountDir } = mounted;
  const around = sent.find(([path]) => `${mountDir}/`.startsWith(`${path}/`));
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
