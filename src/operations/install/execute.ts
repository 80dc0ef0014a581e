/**
 * Carrying an install out, step by step. Every step can be repeated: after an interruption the same command finds
 * what is done and does the rest. Nothing here removes or makes anew a vault that is there.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { configLock, directoryMode, rcloneLock, vaultLock } from '../../clients/layout.ts';
import { withLock } from '../../clients/lock.ts';
import type { Profile } from '../../clients/profile.ts';
import { writeProfile } from '../../clients/profile-store.ts';
import { linkPaths, type Program, writeLinks, writeScripts } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { readRcloneConf, remoteType, restoreConfMode } from '../../remotes/rclone-conf.ts';
import { writeRemote } from '../../remotes/remote-setup.ts';
import type { Secret } from '../../secrets/secret.ts';
import { installTools } from '../../system/dependencies.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, readTextIfPresent } from '../../system/files.ts';
import { clearInterruptedCreation, createVault } from '../../vaults/creation.ts';
import { defaultMountOptions } from '../../vaults/engine.ts';
import { setImmutable } from '../../vaults/mount-point.ts';
import { mountVault, stateOfVault, unmountVault } from '../../vaults/mounting.ts';
import { adoptOutsideConfig } from '../../vaults/outside-config.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { Context, KeyProvider, PasswordProvider } from '../context.ts';
import { mountProfile } from '../mount.ts';
import { refreshSummary } from '../profile-change.ts';
import { nameOf, recorded } from '../recorded.ts';
import { syncProfile } from '../sync.ts';
import { vaultOf } from '../vault-of.ts';
import type { InstallPlan, StepId } from './plan.ts';
import type { InstallRequest } from './request.ts';
import { restoreVault } from './restore.ts';

export interface InstallResult {
  readonly client: string;
  readonly profile: string;
  readonly engine: string;
  readonly encryptedDir: string;
  readonly mountDir: string;
  readonly remote: { readonly name: string; readonly type: string | null; readonly path: string } | null;
  /** The paths that this run made or changed. */
  readonly created: readonly string[];
  readonly mounted: boolean;
  readonly synced: boolean;
  /** What an operator should know of an older tree that was taken over. */
  readonly notes: readonly string[];
}

export interface InstallInputs {
  readonly password: PasswordProvider;
  readonly encryptionKey: KeyProvider;
  /** Which node and which script the helper scripts run. */
  readonly program: Program;
  readonly wait: number;
  /** Runs the steps in order: the presenter draws them. It must reject with the error of the first that fails. */
  readonly runSteps?: (steps: readonly RunnableStep[]) => Promise<void>;
}

export interface RunnableStep {
  readonly title: string;
  readonly work: () => Promise<void>;
}

/** Everything of one run that its steps share. */
interface Installation {
  readonly context: Context;
  readonly request: InstallRequest;
  readonly plan: InstallPlan;
  readonly inputs: InstallInputs;
  readonly created: string[];
  profile: Profile;
  password: Secret | undefined;
  synced: boolean;
  mounted: boolean;
}

/**
 * Carries a plan out.
 * @param password for a vault that is made or mounted, read before the first step; undefined where none is needed.
 */
export async function executeInstall(
  context: Context,
  request: InstallRequest,
  plan: InstallPlan,
  inputs: InstallInputs,
): Promise<InstallResult> {
  const installation: Installation = {
    context,
    request,
    plan,
    inputs,
    created: [],
    profile: plan.profile,
    password: undefined,
    synced: false,
    mounted: false,
  };
  if (await needsPassword(plan, request))
    installation.password = await inputs.password(request.layout, plan.profile);
  const steps = plan.steps
    .filter(({ needed }) => needed)
    .map(({ id, title }) => ({ title, work: () => stepWork[id](installation) }));
  try {
    return await recorded(
      context,
      request.layout,
      'install',
      async () => {
        await (inputs.runSteps ?? runInOrder)(steps);
        return toResult(installation);
      },
      () => ({ outcome: 'installed', facts: { created: installation.created.length } }),
      () => layOut(installation),
    );
  } finally {
    installation.password?.wipe();
  }
}

async function runInOrder(steps: readonly RunnableStep[]): Promise<void> {
  for (const { work } of steps) await work();
}

/** A vault is opened when it is made, adopted (which gives it its id) or mounted; one that is mounted is open. */
async function needsPassword(plan: InstallPlan, request: InstallRequest): Promise<boolean> {
  if (plan.vault.action === 'create' || plan.vault.action === 'restore') return true;
  if (plan.vault.action === 'keep' && !request.autoMount) return false;
  return (await stateOfVault(vaultOf(request.layout, plan.profile))).kind !== 'mounted';
}

const stepWork: Readonly<Record<StepId, (installation: Installation) => Promise<void>>> = {
  tools: async ({ context, plan }) => {
    await installTools(plan.missingTools, context.environment, context.userId, context.signal);
  },
  directories: prepareDirectories,
  vault: async (installation) => {
    const { context, request, plan, inputs, profile } = installation;
    const { encryptedDir } = vaultOf(request.layout, profile);
    if (plan.vault.action === 'restore') {
      await restoreVault(context, request.layout, profile, inputs);
      installation.created.push(profile.encryptedDir);
    }
    const lock = {
      path: vaultLock(request.layout, encryptedDir),
      subject: `the vault of ${nameOf(request.layout)}`,
      purpose: 'install',
      wait: inputs.wait,
    };
    await withLock(lock, context, () => provideVault(installation));
  },
  remote: setUpRemote,
  profile: async (installation) => {
    await underConfigLock(installation, async () => {
      await writeProfile(installation.request.layout, installation.profile);
      installation.created.push(installation.request.layout.profileFile);
    });
  },
  scripts: async (installation) => {
    const { request, context, inputs } = installation;
    await underConfigLock(installation, async () => {
      installation.created.push(...writeScripts(request.layout, context.root, inputs.program));
    });
  },
  links: async ({ request, created }) => {
    if (request.binDirectory !== undefined) created.push(...writeLinks(request.layout, request.binDirectory));
  },
  summary: async (installation) => {
    const { summary } = installation.request.layout;
    await underConfigLock(installation, async () => {
      const before = readTextIfPresent(summary);
      summariseClient(installation);
      if (readTextIfPresent(summary) !== before) installation.created.push(summary);
    });
  },
  sync: async (installation) => {
    const { context, request, inputs } = installation;
    const results = await syncProfile(context, {
      layout: request.layout,
      dryRun: false,
      remount: false,
      password: inputs.password,
      encryptionKey: inputs.encryptionKey,
      wait: inputs.wait,
    });
    const failed = results.find(({ error }) => error !== undefined);
    if (failed?.error !== undefined) throw failed.error;
    installation.synced = true;
  },
  mount: async (installation) => {
    const { context, request, inputs, password } = installation;
    await mountProfile(context, {
      layout: request.layout,
      options: {},
      // the one that was asked for at the beginning; the mount wipes what it is given
      password: async () => password ?? fail(passwordRequired(request)),
      wait: inputs.wait,
    });
    installation.mounted = true;
  },
};

async function underConfigLock(installation: Installation, action: () => Promise<void>): Promise<void> {
  const { context, request, inputs } = installation;
  const lock = {
    path: configLock(request.layout),
    subject: `the configuration of ${request.layout.client}`,
    purpose: 'install',
    wait: inputs.wait,
  };
  await withLock(lock, context, action);
}

/** Makes the tree, each directory with its mode, before the ledger begins in it. */
function layOut({ context, request, created }: Installation): void {
  const { layout } = request;
  const directories: [string, number][] = [
    [context.root, 0o755],
    [layout.directory, directoryMode],
    [layout.vaultDirectory, directoryMode],
    [layout.rcloneDirectory, directoryMode],
    [layout.toolDirectory, directoryMode],
    [layout.configDirectory, directoryMode],
    [layout.scriptsDirectory, directoryMode],
    [layout.stateDirectory, directoryMode],
    [layout.locksDirectory, directoryMode],
  ];
  for (const [path, mode] of directories) {
    if (ensureDirectory(path, mode)) created.push(path);
  }
}

async function prepareDirectories({ context, request, plan, created }: Installation): Promise<void> {
  const { layout } = request;
  created.push(...tighten(layout));
  const vault = vaultOf(layout, plan.profile);
  if ((await stateOfVault(vault)).kind !== 'unmounted') return;
  if (ensureDirectory(vault.mountDir, directoryMode)) created.push(vault.mountDir);
  await setImmutable(vault.mountDir, true, context.environment);
}

/** Older trees were readable by everyone. @returns what was closed */
function tighten(layout: InstallRequest['layout']): string[] {
  const own = [layout.toolDirectory, layout.configDirectory, layout.stateDirectory, layout.rcloneDirectory];
  const loose = own.filter((path) => (statSync(path).mode & 0o077) !== 0);
  for (const path of loose) chmodSync(path, directoryMode);
  restoreConfMode(layout.rcloneConfig);
  return loose;
}

function passwordRequired({ layout }: InstallRequest): CryptosyncError {
  return new CryptosyncError('PASSWORD_REQUIRED', `the password of ${nameOf(layout)} is needed`);
}

function fail(error: CryptosyncError): never {
  throw error;
}

/** Makes the vault, or gives the one that is there its id. The profile gets the id; it is written in its own step. */
async function provideVault(installation: Installation): Promise<void> {
  const { context, request, plan, password, profile } = installation;
  const vault = vaultOf(request.layout, profile);
  if (plan.vault.outsideConfig !== undefined) {
    adoptOutsideConfig(vault.engine, vault.encryptedDir, plan.vault.outsideConfig);
    installation.created.push(join(vault.encryptedDir, vault.engine.configFile));
  }
  // looked at again under the lock: another install may have made it since the plan
  if (inspectEncryptedDirectory(vault.engine, vault.encryptedDir).kind !== 'vault') {
    if (password === undefined) throw passwordRequired(request);
    const vaultId = randomUUID();
    ensureDirectory(vault.stateDirectory, directoryMode);
    await createVault(vault.engine, vault.encryptedDir, password, vaultId, vault, context);
    installation.created.push(profile.encryptedDir);
    installation.profile = { ...profile, vaultId };
    return;
  }
  // an install that was cut off between the vault's last step and the profile's left its workshop
  await clearInterruptedCreation(vault.engine, vault.encryptedDir, context);
  const wasMounted = (await stateOfVault(vault)).kind === 'mounted';
  const { vaultId } = await mountVault(vault, password, defaultMountOptions, randomUUID(), context);
  if (!wasMounted) await unmountVault(vault, { lazily: false }, context);
  installation.profile = { ...profile, ...(vaultId === undefined ? {} : { vaultId }) };
}

async function setUpRemote({ context, request, plan, inputs, created }: Installation): Promise<void> {
  const { layout } = request;
  const { remote } = plan;
  if (remote === undefined) return;
  const lock = {
    path: rcloneLock(layout),
    subject: `the rclone.conf of ${layout.client}`,
    purpose: 'install',
    wait: inputs.wait,
  };
  const state = await withLock(lock, context, () => writeRemote(remote, layout.rcloneConfig, context));
  created.push(layout.rcloneConfig);
  if (state === 'authorise') {
    context.warn(
      `${remote.name} still needs your login: cryptosync rclone-config --client ${layout.client} -- reconnect ${remote.name}:`,
    );
  }
}

function summariseClient({ context, request }: Installation): void {
  const { layout, binDirectory } = request;
  const links =
    binDirectory === undefined
      ? recordedLinks(layout, layout.profile)
      : Object.values(linkPaths(layout, binDirectory));
  refreshSummary(context, layout, links);
}

function toResult({ request, plan, profile, created, mounted, synced }: Installation): InstallResult {
  const { remote } = profile;
  return {
    client: request.layout.client,
    profile: request.layout.profile,
    engine: profile.engine,
    encryptedDir: profile.encryptedDir,
    mountDir: profile.mountDir,
    remote:
      remote === undefined
        ? null
        : {
            name: remote.name,
            type: remoteType(readRcloneConf(request.layout.rcloneConfig), remote.name) ?? null,
            path: remote.path,
          },
    created,
    mounted,
    synced,
    notes: plan.notes,
  };
}
