/** What a profile syncs where: its mappings, resolved and checked against each other. */
import { realpathSync } from 'node:fs';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { MappingConfig, Profile } from '../../clients/profile.ts';
import type { CryptSettings } from '../../remotes/crypt.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { TransferMode } from '../../remotes/transfer.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';
import type { Vault } from '../../vaults/mounting.ts';
import { nameOf } from '../recorded.ts';
import { remoteOf, vaultOf } from '../vault-of.ts';
import { directorySource, type SyncSource, vaultSource } from './sync-source.ts';

export const directions = ['upload', 'download', 'bidirectional'] as const;
export type Direction = (typeof directions)[number];

/** What goes where, and how. */
export interface Route {
  readonly source: SyncSource;
  /** The place on the remote as it lies there, below any crypt layer. */
  readonly raw: Remote;
  readonly direction: Direction;
  readonly mode: TransferMode;
  readonly include: readonly string[];
  /** Undefined sends the files as they are. */
  readonly crypt: CryptSettings | undefined;
}

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
export function mappingsOf(layout: ProfileLayout, profile: Profile, overrides: MappingOverrides): Mapping[] {
  const configs: readonly MappingConfig[] = profile.mappings ?? [{}];
  if (configs.length > 1 && overrides.remotePath !== undefined) {
    throw new CryptosyncError(
      'USAGE',
      `${nameOf(layout)} has ${configs.length} mappings, so a path on the remote says too little`,
      {
        hint: 'Set the paths in the profile: cryptosync config',
      },
    );
  }
  const vault = vaultOf(layout, profile);
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
  verifyDistinct(layout, mappings);
  return mappings;
}

/** Checks the sources of a profile's mappings, when they are set up. @throws CONFIG_INVALID */
export function verifyMappings(layout: ProfileLayout, profile: Profile): void {
  for (const config of profile.mappings ?? []) {
    if (config.source !== undefined) plainDirectory(layout, profile, config, vaultOf(layout, profile));
  }
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
  const mount = `cryptosync mount --client ${layout.client} --profile ${layout.profile}`;
  return new CryptosyncError(
    'CONFIG_INVALID',
    `the vault of ${nameOf(layout)} has no id yet, so its remote could not be told from another's`,
    {
      hint:
        direction === 'download'
          ? `To bring a vault back from its remote: cryptosync install --client ${layout.client} --from-remote …`
          : `Mount it once, which gives it one: ${mount}`,
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
      hint: 'Encrypt what goes to the remote: install --crypt. If it may be read there by anyone, say so: "plaintext": true in the mapping.',
    });
  }
  if (allowOutside !== true && !directory.startsWith(`${resolve(layout.directory)}/`)) {
    throw new CryptosyncError('CONFIG_INVALID', `${directory} is outside the tree of ${layout.client}`, {
      hint: 'If that is meant: install --source PATH --allow-outside',
    });
  }
  const { encryptedDir, mountDir } = vault;
  if (overlaps(directory, encryptedDir) || directory === mountDir || mountDir.startsWith(`${directory}/`)) {
    throw new CryptosyncError('CONFIG_INVALID', `${directory} overlaps the vault of ${nameOf(layout)}`, {
      hint: 'The ciphertext of the vault is a mapping without a source.',
    });
  }
  return directory;
}

/** A directory's name on the remote: below the client's own, so that another root can bring it back. */
function belowClient(layout: ProfileLayout, directory: string): string {
  const own = `${resolve(layout.directory)}/`;
  return directory.startsWith(own) ? directory.slice(own.length) : directory;
}

function resolve(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isAbsence(error)) return path;
    throw error;
  }
}

function overlaps(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}

/** Two mappings to one place, or one inside another's, would delete each other's files. @throws CONFIG_INVALID */
function verifyDistinct(layout: ProfileLayout, mappings: readonly Mapping[]): void {
  mappings.forEach(({ raw: one }, index) => {
    const other = mappings.slice(index + 1).find(({ raw }) => overlaps(trimmed(raw.path), trimmed(one.path)));
    if (other === undefined) return;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `two mappings of ${nameOf(layout)} share a place on the remote: ${one.path} and ${other.raw.path}`,
      {
        hint: 'Give each a path of its own, none inside another.',
      },
    );
  });
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}
