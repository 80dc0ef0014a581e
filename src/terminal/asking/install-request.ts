/** The request of an install out of its flags, and of the files that they name. */

import { resolve } from 'node:path';
import type { ProfileLayout } from '../../clients/layout.ts';
import { parseProfileName } from '../../clients/names.ts';
import type { MappingConfig } from '../../clients/profile.ts';
import { defaultBinDirectory } from '../../clients/scripts.ts';
import type { Context } from '../../operations/context.ts';
import type { InstallRequest } from '../../operations/install/request.ts';
import type { CryptSettings } from '../../remotes/crypt.ts';
import type { Direction, FilenameEncryption, TransferMode } from '../../remotes/tuning.ts';
import type { EngineName } from '../../vaults/engines/engine.ts';
import type { PasswordFlags } from './passwords.ts';
import { type RemoteOptionFlags, readRemoteOptions } from './remote-options.ts';

export interface InstallFlags extends RemoteOptionFlags, PasswordFlags {
  readonly engine?: EngineName | undefined;
  readonly 'use-cryfs': boolean;
  readonly 'mount-dir'?: string | undefined;
  readonly 'remote-name'?: string | undefined;
  readonly 'remote-type'?: string | undefined;
  readonly 'remote-path'?: string | undefined;
  readonly 'bin-dir'?: string | undefined;
  readonly 'share-vault'?: string | undefined;
  readonly crypt: boolean;
  readonly 'filename-encryption'?: FilenameEncryption | undefined;
  readonly 'directory-name-encryption': boolean;
  readonly source?: string | undefined;
  readonly direction?: Direction | undefined;
  readonly mode?: TransferMode | undefined;
  readonly include?: readonly string[] | undefined;
  readonly 'allow-outside': boolean;
  readonly plaintext: boolean;
  readonly 'from-remote': boolean;
  readonly links: boolean;
  readonly force: boolean;
  readonly 'with-deps': boolean;
  readonly 'initial-sync': boolean;
  readonly 'auto-mount': boolean;
}

export async function installRequestOf(
  context: Context,
  layout: ProfileLayout,
  flags: InstallFlags,
): Promise<InstallRequest> {
  const { options, publicNames } = await readRemoteOptions(flags, context.signal);
  return {
    layout,
    engine: flags['use-cryfs'] ? 'cryfs' : flags.engine,
    mountDir: flags['mount-dir'],
    remoteName: flags['remote-name'],
    remoteType: flags['remote-type'],
    remotePath: flags['remote-path'],
    remoteOptions: options,
    publicOptions: publicNames,
    binDirectory: binDirectory(context, flags),
    shareVault: flags['share-vault'] === undefined ? undefined : parseProfileName(flags['share-vault']),
    crypt: cryptSettingsOf(flags),
    mapping: mappingOf(flags),
    fromRemote: flags['from-remote'],
    force: flags.force,
    withDependencies: flags['with-deps'],
    initialSync: flags['initial-sync'],
    autoMount: flags['auto-mount'],
  };
}

/** What `--crypt` asks for; undefined leaves the profile's. */
export function cryptSettingsOf(
  flags: Pick<InstallFlags, 'crypt' | 'filename-encryption' | 'directory-name-encryption'>,
): CryptSettings | undefined {
  if (!flags.crypt && flags['filename-encryption'] === undefined && flags['directory-name-encryption'])
    return undefined;
  return {
    filenameEncryption: flags['filename-encryption'] ?? 'standard',
    directoryNameEncryption: flags['directory-name-encryption'],
  };
}

/** What is synced instead of the vault's ciphertext, or how; undefined when nothing of it was asked for. */
function mappingOf(flags: InstallFlags): MappingConfig | undefined {
  const mapping: MappingConfig = {
    ...(flags.source === undefined ? {} : { source: resolve(flags.source) }),
    ...(flags.direction === undefined ? {} : { direction: flags.direction }),
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    ...(flags.include === undefined ? {} : { include: [...flags.include] }),
    ...(flags.plaintext && { plaintext: true }),
    ...(flags['allow-outside'] && { allowOutside: true }),
  };
  return Object.keys(mapping).length === 0 ? undefined : mapping;
}

/** Where links go; undefined makes none. */
export function binDirectory(
  context: Context,
  flags: Pick<InstallFlags, 'links' | 'bin-dir'>,
): string | undefined {
  if (!flags.links) return undefined;
  if (flags['bin-dir'] !== undefined) return resolve(flags['bin-dir']);
  const directory = defaultBinDirectory(context.environment, context.userId);
  if (directory === undefined)
    context.warn('no links were made: there is no HOME. Name a place with --bin-dir.');
  return directory;
}
