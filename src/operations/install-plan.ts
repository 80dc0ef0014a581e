/**
 * What an install would do, decided before anything is changed: a list of steps, each needed or done already. The
 * same plan is shown by `--dry-run`, drawn as a task list, and carried out.
 */

import { lstatSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { verifyRoot } from '../clients/discovery.ts';
import type { ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfileIfPresent } from '../clients/profile-store.ts';
import { verifyLinksFree } from '../clients/scripts.ts';
import {
  type Backend,
  findBackend,
  listBackends,
  secretOptions,
  verifyOptions,
} from '../remotes/backends.ts';
import { type RcloneConf, readRcloneConf, remoteType } from '../remotes/rclone-conf.ts';
import { verifyNoControlCharacters, verifyRemoteName } from '../remotes/remote-setup.ts';
import { toIsoSeconds } from '../system/clock.ts';
import { missingTools, type ToolName, toolMissing } from '../system/dependencies.ts';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import type { Engine, EngineName } from '../vaults/engine.ts';
import { engineNamed } from '../vaults/engines.ts';
import { resolveMountPath, verifyNoStrays, verifySeparate } from '../vaults/mount-point.ts';
import { readMountTable } from '../vaults/mount-table.ts';
import { inspectEncryptedDirectory } from '../vaults/vault-directory.ts';
import type { Context } from './context.ts';
import { nameOf } from './recorded.ts';

export interface InstallRequest {
  readonly layout: ProfileLayout;
  /** Undefined fields were not asked for: what is there stays, and a new profile gets the default. */
  readonly engine?: EngineName | undefined;
  readonly mountDir?: string | undefined;
  readonly remoteName?: string | undefined;
  readonly remoteType?: string | undefined;
  readonly remotePath?: string | undefined;
  readonly remoteOptions: ReadonlyMap<string, string>;
  /** The options that came by argv, where a secret is public. */
  readonly publicOptions: readonly string[];
  /** Undefined makes no links. */
  readonly binDirectory: string | undefined;
  readonly force: boolean;
  readonly withDependencies: boolean;
  readonly initialSync: boolean;
  readonly autoMount: boolean;
}

export const stepIds = [
  'tools',
  'directories',
  'vault',
  'remote',
  'profile',
  'scripts',
  'links',
  'summary',
  'sync',
  'mount',
] as const;
export type StepId = (typeof stepIds)[number];

export interface InstallStep {
  readonly id: StepId;
  readonly title: string;
  /** False when there is nothing to do: it is done already, or was not asked for. */
  readonly needed: boolean;
}

export interface RemotePlan {
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

export interface InstallPlan {
  readonly steps: readonly InstallStep[];
  readonly engine: Engine;
  readonly missingTools: readonly ToolName[];
  /** `create` a new one; `adopt` one that is there and has no profile with its id yet; `keep`. */
  readonly vault: 'create' | 'adopt' | 'keep';
  /** To be written into rclone.conf; undefined leaves it as it is. */
  readonly remote: RemotePlan | undefined;
  readonly profile: Profile;
  readonly profileChanges: boolean;
}

const defaultRemoteName = 'default-remote';
const defaultRemotePath = 'backup';

/** Decides what an install does. It changes nothing. @throws every reason why it would fail that can be told now */
export async function planInstall(context: Context, request: InstallRequest): Promise<InstallPlan> {
  const { layout } = request;
  verifyRoot(context.root, context.userId);
  verifyOwnTree(layout, context.userId);
  const existing = readProfileIfPresent(layout);
  const engine = engineNamed(request.engine ?? existing?.engine ?? 'gocryptfs');
  const missing = missingTools([...engine.tools, 'rclone', 'flock'], context.environment);
  if (missing.length > 0 && !request.withDependencies) throw toolMissing(missing, context.environment);
  const conf = readRcloneConf(layout.rcloneConfig);
  const remote = await planRemote(context, request, existing, conf, missing.includes('rclone'));
  const profile = planProfile(context, request, engine, existing, conf);
  if (existing !== undefined) verifyChanges(request, existing, profile);
  const encryptedDir = resolveMountPath(profile.encryptedDir);
  verifySeparate(encryptedDir, resolveMountPath(profile.mountDir));
  const vault = planVault(engine, encryptedDir, profile);
  verifyMountDirectory(profile, existing);
  if (request.binDirectory !== undefined) verifyLinksFree(layout, request.binDirectory);
  const profileChanges = JSON.stringify(existing) !== JSON.stringify(profile);
  const parts = { engine, missingTools: missing, vault, remote, profile, profileChanges };
  return { ...parts, steps: stepsOf(request, parts) };
}

/** A client's directory must be a directory, not a link that leads elsewhere. @throws CONFIG_INVALID */
function verifyOwnTree(layout: ProfileLayout, userId: number): void {
  for (const path of [layout.directory, layout.vaultDirectory, layout.toolDirectory]) {
    const kind = kindOf(path);
    if (kind === 'none' || kind === 'directory') continue;
    const owner = lstatSync(path).uid;
    if (kind === 'link' && (owner === userId || owner === 0)) continue;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${path} is ${kind === 'link' ? `a link owned by uid ${owner}` : 'not a directory'}`,
      {
        hint: 'Move it away, or choose another client id or root.',
      },
    );
  }
}

function planVault(engine: Engine, encryptedDir: string, profile: Profile): InstallPlan['vault'] {
  const content = inspectEncryptedDirectory(engine, encryptedDir);
  switch (content.kind) {
    case 'vault':
      return profile.vaultId === undefined ? 'adopt' : 'keep';
    case 'missing':
    case 'empty':
      if (profile.vaultId === undefined) return 'create';
      throw new CryptosyncError(
        'VAULT_MISSING',
        `the vault in ${encryptedDir} is gone: the directory is ${content.kind}`,
        {
          hint: 'Is its disk mounted? Otherwise bring it back from the remote. An install never makes a new vault in its place.',
        },
      );
    case 'other':
      throw new CryptosyncError(
        'CONFIG_INVALID',
        `${encryptedDir} holds files but no ${engine.name} vault: ${content.names.join(', ')}`,
        {
          hint: 'Move them away, or bring the vault’s configuration file back, then run install again.',
        },
      );
  }
}

/** @throws MOUNT_DIR_NOT_EMPTY, VAULT_MOUNTED */
function verifyMountDirectory(profile: Profile, existing: Profile | undefined): void {
  const mountDir = resolveMountPath(profile.mountDir);
  const table = readMountTable();
  if (existing !== undefined && existing.mountDir !== profile.mountDir) {
    const old = resolveMountPath(existing.mountDir);
    if (table.some((entry) => entry.mountPoint === old)) {
      throw new CryptosyncError(
        'VAULT_MOUNTED',
        `the vault is mounted at ${old}, so its mount directory can't change now`,
        {
          hint: 'Unmount it first.',
        },
      );
    }
  }
  if (table.some((entry) => entry.mountPoint === mountDir)) return;
  verifyEmpty(mountDir);
}

function verifyEmpty(mountDir: string): void {
  const kind = kindOf(mountDir);
  if (kind === 'none') return;
  if (kind !== 'directory') {
    throw new CryptosyncError('CONFIG_INVALID', `the mount directory ${mountDir} is not a directory`, {
      hint: 'Choose another with --mount-dir.',
    });
  }
  verifyNoStrays(mountDir);
}

async function planRemote(
  context: Context,
  request: InstallRequest,
  existing: Profile | undefined,
  conf: RcloneConf,
  rcloneMissing: boolean,
): Promise<RemotePlan | undefined> {
  const name = request.remoteName ?? existing?.remote?.name ?? defaultRemoteName;
  verifyRemoteName(name);
  verifyNoControlCharacters('--remote-path', request.remotePath ?? '');
  for (const [option, value] of request.remoteOptions)
    verifyNoControlCharacters(`the option ${option}`, value);
  if (request.remoteType === undefined) {
    if (request.remoteOptions.size === 0) return undefined;
    throw new CryptosyncError('USAGE', 'remote options were given without --remote-type', {
      hint: 'Name the backend they are for: --remote-type s3',
    });
  }
  // with --with-deps rclone may only come later; then it judges the type when it writes it
  if (rcloneMissing) return { name, type: request.remoteType, options: request.remoteOptions };
  const backend = findBackend(request.remoteType, await listBackends(context));
  verifyOptions(backend, request.remoteOptions);
  warnOfPublicSecrets(context, request, backend);
  if (!request.force && remoteType(conf, name) !== undefined) {
    verifySameRemote(name, backend, request, conf);
    return undefined;
  }
  return { name, type: backend.name, options: request.remoteOptions };
}

function warnOfPublicSecrets(context: Context, request: InstallRequest, backend: Backend): void {
  const exposed = secretOptions(backend, request.remoteOptions).filter((name) =>
    request.publicOptions.includes(name),
  );
  if (exposed.length === 0) return;
  context.warn(
    `${exposed.join(', ')} on the command line is unsafe: every user of this machine can read it. Use --remote-options-file.`,
  );
}

/** @throws ALREADY_INSTALLED when the remote is there with other values; secrets can't be compared. */
function verifySameRemote(name: string, backend: Backend, request: InstallRequest, conf: RcloneConf): void {
  const secrets = new Set(secretOptions(backend, request.remoteOptions));
  const current = conf.remotes.get(name);
  const different = [...request.remoteOptions]
    .filter(([option, value]) => !secrets.has(option) && current?.get(option) !== value)
    .map(([option]) => option);
  if (current?.get('type') !== backend.name) different.unshift('type');
  if (different.length === 0) return;
  throw alreadyInstalled(`the remote ${name} has another ${different.join(', ')}`);
}

function alreadyInstalled(what: string): CryptosyncError {
  return new CryptosyncError('ALREADY_INSTALLED', `${what} than asked for`, {
    hint: 'To change the configuration of an installed client: --force. It never touches a vault.',
  });
}

function planProfile(
  context: Context,
  request: InstallRequest,
  engine: Engine,
  existing: Profile | undefined,
  conf: RcloneConf,
): Profile {
  const { layout } = request;
  const name = request.remoteName ?? existing?.remote?.name ?? defaultRemoteName;
  const path = request.remotePath ?? existing?.remote?.path ?? defaultRemotePath;
  const type = request.remoteType ?? remoteType(conf, name);
  const mountDir = request.mountDir === undefined ? existing?.mountDir : resolve(request.mountDir);
  return {
    version: 1,
    ...existing,
    engine: engine.name,
    encryptedDir: existing?.encryptedDir ?? layout.defaultEncryptedDir,
    mountDir: mountDir ?? layout.defaultMountDir,
    remote: { name, path: type === 'local' ? absolute(path) : path },
    createdAt: existing?.createdAt ?? toIsoSeconds(context.clock.now()),
  };
}

/** A path on this machine must not depend on the directory that cron happens to run in. */
function absolute(path: string): string {
  return isAbsolute(path) ? join(path) : resolve(path);
}

function verifyChanges(request: InstallRequest, existing: Profile, wanted: Profile): void {
  if (existing.engine !== wanted.engine) {
    throw new CryptosyncError(
      'ALREADY_INSTALLED',
      `${nameOf(request.layout)} is a ${existing.engine} vault; its engine can't change`,
      {
        hint: `Make another profile with the other engine, and copy the files: --profile NAME --engine ${wanted.engine}`,
      },
    );
  }
  if (request.force) return;
  const differences = [
    ...(existing.mountDir === wanted.mountDir ? [] : ['mount directory']),
    ...(existing.remote === undefined || existing.remote.name === wanted.remote?.name ? [] : ['remote']),
    ...(existing.remote === undefined || existing.remote.path === wanted.remote?.path ? [] : ['remote path']),
  ];
  if (differences.length > 0)
    throw alreadyInstalled(`${nameOf(request.layout)} has another ${differences.join(', ')}`);
}

function stepsOf(request: InstallRequest, plan: Omit<InstallPlan, 'steps'>): InstallStep[] {
  const { engine, profile, remote } = plan;
  const vaultTitle = {
    create: `Make a ${engine.name} vault in ${profile.encryptedDir}`,
    adopt: `Adopt the ${engine.name} vault in ${profile.encryptedDir}`,
    keep: `Keep the ${engine.name} vault in ${profile.encryptedDir}`,
  }[plan.vault];
  const remoteTitle =
    remote === undefined
      ? 'Leave rclone.conf as it is'
      : `Set up the remote ${remote.name} (${remote.type}) in rclone.conf`;
  return [
    {
      id: 'tools',
      title: plan.missingTools.length === 0 ? 'Find the tools' : `Install ${plan.missingTools.join(', ')}`,
      needed: plan.missingTools.length > 0,
    },
    { id: 'directories', title: `Lay out ${request.layout.directory}`, needed: true },
    { id: 'vault', title: vaultTitle, needed: plan.vault !== 'keep' },
    { id: 'remote', title: remoteTitle, needed: remote !== undefined },
    { id: 'profile', title: `Write the profile ${request.layout.profileFile}`, needed: plan.profileChanges },
    { id: 'scripts', title: `Write the scripts in ${request.layout.scriptsDirectory}`, needed: true },
    {
      id: 'links',
      title: `Link them in ${request.binDirectory ?? ''}`,
      needed: request.binDirectory !== undefined,
    },
    { id: 'summary', title: `Write ${request.layout.summary}`, needed: true },
    { id: 'sync', title: 'Sync to the remote', needed: request.initialSync },
    { id: 'mount', title: `Mount at ${profile.mountDir}`, needed: request.autoMount },
  ];
}
