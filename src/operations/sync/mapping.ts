/** What a profile syncs where: its mappings, resolved and checked against each other. */
import { basename, dirname, join, relative } from 'node:path';
import type { ProfileLayout } from '../../clients/layout.ts';
import { nameOf } from '../../clients/layout.ts';
import type { MappingConfig, Profile } from '../../clients/profile.ts';
import { type RcloneConf, readRcloneConf, remoteType, whereaboutsOf } from '../../remotes/configuration.ts';
import type { CryptSettings } from '../../remotes/crypt.ts';
import type { Direction, TransferMode } from '../../remotes/tuning.ts';
import { overlap } from '../../remotes/whereabouts.ts';
import type { Route } from '../../sync/route.ts';
import { directorySource, type SyncSource } from '../../sync/source.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isAbsence, isDirectory } from '../../system/files.ts';
import { isWithin } from '../../system/names.ts';
import { inDirectory } from '../../system/paths/walk.ts';
import { resolvePath, whySick } from '../../system/stores/stores.ts';
import type { Vault } from '../../vaults/mounting.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import { remoteOf, vaultOf } from '../vault-of.ts';
import { verifyNeighbours } from './neighbour-mounts.ts';
import { spotsOf, verifyPlacesApart } from './neighbour-places.ts';
import { pathsOf } from './neighbours.ts';
import { vaultSource } from './vault-source.ts';

/** A route of a profile. */
export interface Mapping extends Route {
  /** The source as the profile has it; undefined for the vault's ciphertext. */
  readonly configuredSource: string | undefined;
  readonly vault: Vault;
}

export interface MappingOverrides {
  readonly remotePath?: string | undefined;
  readonly direction?: Direction | undefined;
  readonly mode?: TransferMode | undefined;
}

/** @throws CONFIG_INVALID, REMOTE_NOT_CONFIGURED, USAGE */
export function mappingsOf(
  layout: ProfileLayout,
  profile: Profile,
  overrides: MappingOverrides,
  table: readonly MountEntry[] = readMountTable(),
): Mapping[] {
  const configs: readonly MappingConfig[] = profile.mappings ?? [{}];
  if (configs.length > 1 && overrides.remotePath !== undefined) {
    throw new CryptosyncError(
      'USAGE',
      `${nameOf(layout)} has ${configs.length} mappings, so a path on the remote says too little`,
      {
        advice: { to: 'set-mapping-paths' },
      },
    );
  }
  resolve(profile.encryptedDir, table); // a link that somebody else set leads nowhere
  const vault = vaultOf(layout, profile, table);
  const mappings = configs.map((config) => {
    const raw = remoteOf(layout, profile, overrides.remotePath ?? config.remotePath);
    const direction = overrides.direction ?? config.direction ?? 'upload';
    const source =
      config.source === undefined
        ? ownVault(layout, vault, direction)
        : ownDirectory(layout, plainDirectory(layout, profile, config, vault), vault, direction);
    return {
      source,
      configuredSource: config.source,
      vault,
      raw,
      direction,
      mode: overrides.mode ?? config.mode ?? 'sync',
      include: config.include ?? [],
      crypt: cryptOf(profile),
    };
  });
  verifyDistinct(layout, mappings, table);
  return mappings;
}

/**
 * Checks the sources and places of a profile's mappings, when they are set up.
 * @param conf the remotes as they will be; left out, as they are. @throws CONFIG_INVALID
 */
export function verifyMappings(
  layout: ProfileLayout,
  profile: Profile,
  conf: RcloneConf = readRcloneConf(layout.rcloneConfig, layout.directory),
): void {
  for (const config of profile.mappings ?? []) {
    if (config.source !== undefined) plainDirectory(layout, profile, config, vaultOf(layout, profile));
  }
  verifyNeighbours(layout, profile);
  verifyPlaces(layout, profile, conf);
}

/** One that is not set up yet is told elsewhere. @throws CONFIG_INVALID */
function verifyPlaces(layout: ProfileLayout, profile: Profile, conf: RcloneConf): void {
  const { remote } = profile;
  const type = remote === undefined ? undefined : remoteType(conf, remote.name);
  if (remote === undefined || type === undefined) return;
  const { rcloneConfig: configFile } = layout;
  const places = pathsOf(profile).map((path) => {
    const whereabouts = whereaboutsOf(conf, configFile, remote.name, path);
    return { name: remote.name, type, path, configFile, whereabouts };
  });
  verifyPlacesApart(layout, places);
}

/** The plain directories that a profile syncs, as their locks are named. */
export function sourceDirectories({ mappings = [] }: Profile): string[] {
  return mappings.flatMap(({ source }) => (source === undefined ? [] : [resolve(source)]));
}

export function cryptOf({ crypt }: Profile): CryptSettings | undefined {
  if (crypt === undefined) return undefined;
  const { filenameEncryption, directoryNameEncryption = true } = crypt;
  return { filenameEncryption, directoryNameEncryption };
}

/** A vault that was lost may be downloaded: its id stands in the profile. */
function ownVault(layout: ProfileLayout, vault: Vault, direction: Direction): SyncSource {
  if (vault.vaultId !== undefined) return vaultSource(vault, vault.vaultId);
  throw withoutId(layout, direction);
}

function withoutId(layout: ProfileLayout, direction: Direction): CryptosyncError {
  const { client, profile } = layout;
  return new CryptosyncError(
    'CONFIG_INVALID',
    `the vault of ${nameOf(layout)} has no id yet, so its remote could not be told from another's`,
    {
      advice:
        direction === 'download'
          ? { to: 'install-from-remote', client }
          : { to: 'mount-for-id', client, profile },
    },
  );
}

/** Named by the vault's id too: the mapping's place on the remote is told from another client's by it. */
function ownDirectory(
  layout: ProfileLayout,
  directory: string,
  { vaultId }: Vault,
  direction: Direction,
): SyncSource {
  if (vaultId === undefined) throw withoutId(layout, direction);
  return directorySource(directory, `${vaultId}#${belowClient(layout, directory)}`);
}

/** A directory with files as their owner wrote them. @throws CONFIG_INVALID */
function plainDirectory(
  layout: ProfileLayout,
  profile: Profile,
  { source = '', plaintext, allowOutside }: MappingConfig,
  vault: Vault,
): string {
  const directory = resolve(source);
  if (profile.crypt === undefined && plaintext !== true) {
    throw new CryptosyncError('CONFIG_INVALID', `${nameOf(layout)} would send ${directory} unencrypted`, {
      advice: { to: 'encrypt-or-allow-plaintext' },
    });
  }
  if (allowOutside !== true && !isWithin(directory, resolve(layout.directory))) {
    throw new CryptosyncError('CONFIG_INVALID', `${directory} is outside the tree of ${layout.client}`, {
      advice: { to: 'allow-outside' },
    });
  }
  const { encryptedDir, mountDir } = vault;
  if (overlaps(directory, encryptedDir) || isWithin(mountDir, directory)) {
    throw new CryptosyncError('CONFIG_INVALID', `${directory} overlaps the vault of ${nameOf(layout)}`, {
      advice: { to: 'leave-source-out' },
    });
  }
  if (holdsOurs(layout, directory)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${directory} holds what is kept of a client: its profiles, credentials and keys`,
      { advice: { to: 'leave-source-out' } },
    );
  }
  return directory;
}

/** Of any client of the root: to send that tells its secrets, and to fetch it lets a remote say what is run here. */
function holdsOurs(
  { directory: own, toolDirectory, rcloneDirectory }: ProfileLayout,
  directory: string,
): boolean {
  const root = resolve(dirname(own));
  if (isWithin(root, directory)) return true;
  const part = relative(root, directory).split('/');
  if (part[0] === '..') return false;
  const kept = [basename(toolDirectory), basename(rcloneDirectory)];
  if (part[1] !== undefined) return kept.includes(part[1]);
  return whySick(directory) === undefined && isDirectory(join(directory, basename(toolDirectory)));
}

/** A directory's name on the remote: below the client's own, so that another root can bring it back. */
function belowClient(layout: ProfileLayout, directory: string): string {
  const own = `${resolve(layout.directory)}/`;
  return directory.startsWith(own) ? directory.slice(own.length) : directory;
}

function resolve(path: string, table: readonly MountEntry[] = readMountTable()): string {
  // what can't be looked at is taken by its text, and told when it is used
  if (whySick(path, table) !== undefined) return resolvePath(path, table);
  try {
    return inDirectory(path, {}, (directory) => directory.path);
  } catch (error) {
    if (isAbsence(error)) return path;
    throw error;
  }
}

function overlaps(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** Two mappings to one place, or one inside another's, would delete each other's files. @throws CONFIG_INVALID */
function verifyDistinct(
  layout: ProfileLayout,
  mappings: readonly Mapping[],
  table: readonly MountEntry[],
): void {
  const places = mappings.map(({ raw }) => ({ raw, spots: spotsOf(raw, table) }));
  places.forEach(({ raw: one, spots: own }, index) => {
    const other = places
      .slice(index + 1)
      .find(({ spots }) => spots.some((spot) => own.some((mine) => overlap(spot, mine))));
    if (other === undefined) return;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `two mappings of ${nameOf(layout)} share a place on the remote: ${one.path} and ${other.raw.path}`,
      {
        advice: { to: 'separate-mappings' },
      },
    );
  });
}
