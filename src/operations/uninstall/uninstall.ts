/**
 * Taking a profile away: unmounted, its links, scripts and configuration removed. The vault, and what rclone.conf says of
 * the remote, stay unless they are named to be purged; the remote itself is never touched. Nothing outside the client's own tree is removed, and no link followed.
 */
import { join } from 'node:path';
import { listProfiles } from '../../clients/discovery.ts';
import { nameOf, type ProfileLayout, scriptActions } from '../../clients/layout.ts';
import { removeLink } from '../../clients/scripts.ts';
import { removeRemotes } from '../../remotes/setup.ts';
import { type Ending, logged } from '../../runs/recorded.ts';
import { kindOf } from '../../system/files.ts';
import { emptyDirectory, removeFile, removeIfEmpty } from '../../system/paths/removal.ts';
import { unmountVault } from '../../vaults/mounting.ts';
import { leaveMountDirectory } from '../../vaults/mounts/mount-point.ts';
import { refreshSummary } from '../config/profile-change.ts';
import type { Context } from '../context.ts';
import { configLockRequest, rcloneLockRequest, sourceLockRequest, vaultLockRequest } from '../locks.ts';
import { removeWholeSchedule } from '../schedule/whole.ts';
import { settleVault } from '../settle.ts';
import { underLocks } from '../under-locks.ts';
import type { Kept } from './kept.ts';
import { planUninstall, sectionsRemoved, type UninstallPlan } from './plan.ts';
import { verifySamePurge } from './purge.ts';
import { verifySameSections } from './remote-config.ts';
import type { UninstallRequest } from './request.ts';

export interface UninstallResult {
  readonly client: string;
  readonly profile: string;
  readonly removed: readonly string[];
  readonly kept: readonly Kept[];
}

/**
 * Uninstalls by the plan as it is when nobody else is at work on the profile any more. Whoever purges has confirmed
 * `confirmed` before.
 * @throws MOUNT_BUSY, LOCKED, PLAN_CHANGED when the vault or the remote is not what was confirmed to be removed
 */
export async function executeUninstall(
  context: Context,
  request: UninstallRequest,
  confirmed: UninstallPlan,
): Promise<UninstallResult> {
  const { layout, wait } = request;
  const purged = [
    ...(request.purgeVault ? ['its vault'] : []),
    ...(request.purgeRemoteConfig ? ['its remote in rclone.conf'] : []),
  ];
  const intent = purged.length === 0 ? undefined : `with ${purged.join(' and ')}`;
  const run = { subject: nameOf(layout), operation: 'uninstall', intent };
  return await underLocks<UninstallPlan, UninstallResult>(
    context,
    { wait, record: (work) => logged(context, run, work, { describe: describeUninstall }) },
    {
      look: () => planUninstall(context, request),
      locks: ({ vault, sources, remoteConfig }) => [
        configLockRequest(layout, 'uninstall'),
        vaultLockRequest(layout, vault.encryptedDir, 'uninstall'),
        ...sources.map((source) => sourceLockRequest(layout, source, 'uninstall')),
        ...(remoteConfig.removes.length === 0 ? [] : [rcloneLockRequest(layout, 'uninstall')]),
      ],
      act: (plan) => act(context, request, confirmed, plan),
    },
  );
}

function describeUninstall({ removed }: UninstallResult): Ending {
  return { outcome: 'removed', did: `${removed.length} paths` };
}

async function act(
  context: Context,
  request: UninstallRequest,
  confirmed: UninstallPlan,
  plan: UninstallPlan,
): Promise<UninstallResult> {
  const { layout, purgeVault, purgeRemoteConfig } = request;
  if (purgeVault) verifySamePurge(layout, confirmed, plan);
  if (purgeRemoteConfig) verifySameSections(layout, confirmed.remoteConfig, plan.remoteConfig);
  // first of all: nothing shall be started of what is being taken away
  await removeWholeSchedule(context, plan.schedule);
  const removed: string[] = [...plan.schedule.removes];
  await settleVault(context, layout, plan.profile, plan.vault);
  if (plan.sharer === undefined) {
    await unmountVault(plan.vault, { lazily: false }, context);
    if (await leaveMountDirectory(plan.vault.mountDir, context.environment))
      removed.push(plan.profile.mountDir);
  }
  // what another program has to do comes first: when it fails, the profile is still there
  const sections = plan.remoteConfig.removes;
  if (sections.length > 0)
    await removeRemotes(sections, { configFile: layout.rcloneConfig, base: layout.directory }, context);
  removed.push(...remove(request, plan), ...sectionsRemoved(layout, plan.remoteConfig));
  refreshSummary(context, layout, []);
  return {
    client: layout.client,
    profile: layout.profile,
    removed,
    kept: [...plan.keeps, ...leftBehind(request, plan)],
  };
}

/** What is still there although nothing needs it: a mount directory with something in it, and what a client leaves. */
function leftBehind({ layout }: UninstallRequest, { profile, sharer }: UninstallPlan): Kept[] {
  const isMountPointLeft = sharer === undefined && kindOf(profile.mountDir) !== 'none';
  const isLast = listProfilesLeft(layout) === 0;
  return [
    ...(isMountPointLeft ? [{ kind: 'mount-point', place: profile.mountDir } as const] : []),
    ...(isLast ? [{ kind: 'rest', place: layout.toolDirectory } as const] : []),
  ];
}

/** Links first and the profile last: an interrupted run can be repeated. */
function remove({ layout }: UninstallRequest, plan: UninstallPlan): string[] {
  const { links, removes } = plan;
  const scripts = scriptActions.map((action) => layout.scripts[action]);
  // asked once more: between the plan and now lies the operator's confirmation
  const removed = links.filter((link) => scripts.some((script) => removeLink(link, script)));
  for (const path of removes.filter((candidate) => candidate !== layout.profileFile)) {
    removeWhole(path, layout.directory);
    removed.push(path);
  }
  removeFile(layout.profileFile, layout.directory);
  removed.push(layout.profileFile);
  if (listProfilesLeft(layout) === 0) {
    removeFile(layout.summary, layout.directory);
    for (const directory of [layout.scriptsDirectory, layout.configDirectory])
      removeIfEmpty(directory, layout.directory);
  }
  return removed;
}

/** Removes a file or a directory with all that is in it; where a disk of its own is mounted, the empty one stays. */
function removeWhole(path: string, base: string): void {
  if (kindOf(path) !== 'directory') {
    removeFile(path, base);
    return;
  }
  emptyDirectory(path, base);
  removeIfEmpty(path, base);
}

function listProfilesLeft(layout: ProfileLayout): number {
  return listProfiles(join(layout.directory, '..'), layout.client).length;
}
