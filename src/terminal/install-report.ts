/** What install asks and shows: its request out of the flags, its plan, its steps, its result. */

import { resolve } from 'node:path';
import type { ProfileLayout } from '../clients/layout.ts';
import { parseProfileName } from '../clients/names.ts';
import type { MappingConfig } from '../clients/profile.ts';
import { defaultBinDirectory, type Program } from '../clients/scripts.ts';
import type { Context } from '../operations/context.ts';
import { executeInstall, type InstallResult } from '../operations/install/execute.ts';
import type { InstallPlan } from '../operations/install/plan.ts';
import type { InstallRequest } from '../operations/install/request.ts';
import { nameOf } from '../operations/recorded.ts';
import type { Direction } from '../operations/sync/mapping.ts';
import type { CryptSettings } from '../remotes/crypt.ts';
import type { TransferMode } from '../remotes/transfer.ts';
import type { EngineName } from '../vaults/engine.ts';
import type { Manner, Reporter } from './base-command.ts';
import { type KeyFlags, keyProvider } from './encryption-keys.ts';
import { type PasswordFlags, passwordProvider } from './passwords.ts';
import { type RemoteOptionFlags, readRemoteOptions } from './remote-options.ts';
import { count } from './style.ts';
import { runTasks } from './tasks.ts';

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
  readonly 'filename-encryption'?: 'standard' | 'obfuscate' | 'off' | undefined;
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

export function installRequestOf(
  context: Context,
  layout: ProfileLayout,
  flags: InstallFlags,
): InstallRequest {
  const { options, publicNames } = readRemoteOptions(flags);
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

function binDirectory(context: Context, flags: InstallFlags): string | undefined {
  if (!flags.links) return undefined;
  if (flags['bin-dir'] !== undefined) return resolve(flags['bin-dir']);
  const directory = defaultBinDirectory(context.environment, context.userId);
  if (directory === undefined)
    context.warn('no links were made: there is no HOME. Name a place with --bin-dir.');
  return directory;
}

export function planLines(plan: InstallPlan): string[] {
  return [
    ...plan.notes,
    ...plan.steps.map(({ title, needed }) => `${needed ? 'would: ' : 'as is: '}${title}`),
    'Nothing was changed.',
  ];
}

export interface InstallPresentation {
  readonly program: Program;
  readonly wait: number;
  readonly flags: PasswordFlags & KeyFlags;
  readonly manner: Manner;
}

/** Asks what must be asked, then carries the plan out as one task list. */
export async function carryOutInstall(
  context: Context,
  request: InstallRequest,
  plan: InstallPlan,
  { program, wait, flags, manner }: InstallPresentation,
  reporter: Reporter,
): Promise<InstallResult> {
  const password = passwordProvider(context, flags, manner, plan.vault.action === 'create');
  const result = await executeInstall(context, request, plan, {
    password,
    encryptionKey: keyProvider(context, flags, manner),
    program,
    wait,
    runSteps: (steps) =>
      runTasks(
        steps.map(({ title, work }) => ({ title, work: () => work() })),
        manner,
      ),
  });
  for (const line of resultLines(context, request, result)) reporter.say(line);
  return reporter.finish(result, undefined);
}

function resultLines(
  context: Context,
  { layout, binDirectory: links }: InstallRequest,
  result: InstallResult,
): string[] {
  const call = (action: string): string =>
    links === undefined || !isOnPath(context, links)
      ? `cryptosync ${action} --client ${layout.client}${layout.profile === 'default' ? '' : ` --profile ${layout.profile}`}`
      : layout.linkNames[action as 'mount'];
  const { remote } = result;
  return [
    ...result.notes.map((note) => `${nameOf(layout)}: ${note}`),
    `${nameOf(layout)} is set up: ${result.created.length === 0 ? 'nothing was missing' : `${count(result.created.length, 'path')} made or changed`}.`,
    `  vault   ${result.encryptedDir} (${result.engine})`,
    `  mount   ${result.mountDir}${result.mounted ? ' (mounted)' : `: ${call('mount')}`}`,
    remote?.type == null
      ? '  remote  none yet: run install again with --remote-type'
      : `  remote  ${remote.name}:${remote.path} (${remote.type})${result.synced ? ', synced' : `: ${call('sync')}`}`,
  ];
}

function isOnPath({ environment }: Context, directory: string): boolean {
  return (environment['PATH'] ?? '').split(':').includes(directory);
}
