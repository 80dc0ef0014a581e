/** What each step of an install does. Every one can be repeated. */
import { withLock } from '../../clients/lock.ts';
import { writeProfile } from '../../clients/profile-store.ts';
import { linkPaths, writeLinks, writeScripts } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { writeRemote } from '../../remotes/remote-setup.ts';
import { installTools } from '../../system/dependencies.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { configLockRequest, rcloneLockRequest } from '../locks.ts';
import { mountProfile } from '../mount.ts';
import { refreshSummary } from '../profile-change.ts';
import { syncProfile } from '../sync/sync-profile.ts';
import { fail, type Installation, passwordRequired } from './installation.ts';
import type { StepId } from './plan.ts';
import { prepareDirectories } from './tree-step.ts';
import { vaultStep } from './vault-step.ts';

export const stepWork: Readonly<Record<StepId, (installation: Installation) => Promise<void>>> = {
  tools: async ({ context, plan }) => {
    await installTools(plan.missingTools, context.environment, context.userId, context.signal);
  },
  directories: prepareDirectories,
  vault: vaultStep,
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
  const lock = configLockRequest(request.layout, 'install', inputs.wait);
  await withLock(lock, context, action);
}

async function setUpRemote({ context, request, plan, inputs, created }: Installation): Promise<void> {
  const { layout } = request;
  const { remote } = plan;
  if (remote === undefined) return;
  const lock = rcloneLockRequest(layout, 'install', inputs.wait);
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
