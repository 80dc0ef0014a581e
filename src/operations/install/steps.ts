/** What each step of an install does. Every one can be repeated. */
import { readProfile } from '../../clients/profile-store.ts';
import { linkPaths, writeLinks, writeScripts } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { writeRemote } from '../../remotes/setup.ts';
import { installTools } from '../../system/dependencies.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { refreshSummary } from '../config/profile-change.ts';
import { configLockRequest, rcloneLockRequest } from '../locks.ts';
import { mountProfile } from '../mount.ts';
import { syncProfile } from '../sync/sync-profile.ts';
import { underLocks } from '../under-locks.ts';
import { fail, type Installation, passwordRequired } from './installation.ts';
import type { StepId } from './plan.ts';
import { decideProfile } from './profile.ts';
import { profileStep } from './profile-step.ts';
import { planRemote } from './remote.ts';
import { prepareDirectories } from './tree-step.ts';
import { vaultStep } from './vault-step.ts';

export const stepWork: Readonly<Record<StepId, (installation: Installation) => Promise<void>>> = {
  tools: async ({ context, plan }) => {
    await installTools(plan.missingTools, context.environment, context.userId, context.signal);
  },
  directories: prepareDirectories,
  vault: vaultStep,
  remote: setUpRemote,
  profile: profileStep,
  scripts: async (installation) => {
    const { request, context, inputs } = installation;
    await withProfile(installation, () => {
      installation.created.push(...writeScripts(request.layout, context.root, inputs.program));
    });
  },
  links: async (installation) => {
    const { layout, binDirectory } = installation.request;
    if (binDirectory === undefined) return;
    await withProfile(installation, () => {
      installation.created.push(...writeLinks(layout, binDirectory));
    });
  },
  summary: async (installation) => {
    const { summary } = installation.request.layout;
    await withProfile(installation, () => {
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

/** Works on what belongs to the profile, while nobody changes it or takes it away. @throws PROFILE_NOT_FOUND */
async function withProfile(installation: Installation, action: () => void): Promise<void> {
  const { context, request, inputs } = installation;
  await underLocks(
    context,
    { wait: inputs.wait },
    {
      look: () => readProfile(request.layout),
      locks: () => [configLockRequest(request.layout, 'install')],
      act: async () => action(),
    },
  );
}

async function setUpRemote({ context, request, plan, inputs, created }: Installation): Promise<void> {
  const { layout } = request;
  const written = await underLocks(
    context,
    { wait: inputs.wait },
    {
      look() {
        const decision = decideProfile(context, request, plan.decision);
        return planRemote(context, request, { ...decision, backends: plan.backends });
      },
      locks: () => [rcloneLockRequest(layout, 'install')],
      // undefined: another install has set up the same one meanwhile
      act: async (remote) =>
        remote && { name: remote.name, state: await writeRemote(remote, layout.rcloneConfig, context) },
    },
  );
  if (written === undefined) return;
  created.push(layout.rcloneConfig);
  if (written.state === 'authorise') {
    const { name } = written;
    context.warn(`${name} still needs your login`, { to: 'log-in', client: layout.client, remote: name });
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
