/**
 * Taking a profile away: unmounted, its links, scripts and configuration removed. The vault stays unless it is named
 * to be purged; the remote is never touched. Nothing outside the client's own tree is removed, and no link followed.
 */
import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listProfiles } from '../clients/discovery.ts';
import { type ProfileLayout, scriptActions } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import { removeLink } from '../clients/scripts.ts';
import { errnoOf } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import { setImmutable } from '../vaults/mount-point.ts';
import { unmountVault } from '../vaults/mounting.ts';
import type { Context } from './context.ts';
import { configLockRequest, vaultLockRequest } from './locks.ts';
import { refreshSummary } from './profile-change.ts';
import { nameOf } from './recorded.ts';
import type { UninstallPlan, UninstallRequest } from './uninstall-plan.ts';

export interface UninstallResult {
  readonly client: string;
  readonly profile: string;
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}

/** Carries the plan out; whoever purges a vault has confirmed it before. @throws MOUNT_BUSY, LOCKED */
export async function executeUninstall(
  context: Context,
  request: UninstallRequest,
  plan: UninstallPlan,
): Promise<UninstallResult> {
  const { layout, wait } = request;
  const name = nameOf(layout);
  const vaultRequest = vaultLockRequest(layout, plan.vault.encryptedDir, 'uninstall', wait);
  const confRequest = configLockRequest(layout, 'uninstall', wait);
  context.log.write('INFO', `${name}: uninstall begins${request.purgeVault ? ', with its vault' : ''}`);
  const removed = await withLock(vaultRequest, context, () =>
    withLock(confRequest, context, async () => {
      if (plan.sharer === undefined) {
        await unmountVault(plan.vault, { lazily: false }, context);
        await setImmutable(plan.vault.mountDir, false, context.environment);
      }
      const gone = remove(request, plan);
      refreshSummary(context, layout, []);
      return gone;
    }),
  );
  context.log.write('INFO', `${name}: uninstall ended`);
  return { client: layout.client, profile: layout.profile, removed, kept: plan.keeps };
}

/** Links first and the profile last: an interrupted run can be repeated. */
function remove({ layout }: UninstallRequest, plan: UninstallPlan): string[] {
  const { links, removes, profile, sharer } = plan;
  const scripts = scriptActions.map((action) => layout.scripts[action]);
  // asked once more: between the plan and now lies the operator's confirmation
  const removed = links.filter((link) => scripts.some((script) => removeLink(link, script)));
  for (const path of removes.filter((candidate) => candidate !== layout.profileFile)) {
    removeTree(path);
    removed.push(path);
  }
  if (sharer === undefined && removeIfEmpty(profile.mountDir)) removed.push(profile.mountDir);
  rmSync(layout.profileFile, { force: true });
  removed.push(layout.profileFile);
  if (listProfilesLeft(layout) === 0) {
    rmSync(layout.summary, { force: true });
    for (const directory of [layout.scriptsDirectory, layout.configDirectory]) removeIfEmpty(directory);
  }
  return removed;
}

/** Removes a file or a directory with all that is in it; links in it are not followed. */
function removeTree(path: string): void {
  if (kindOf(path) !== 'directory') {
    rmSync(path, { force: true });
    return;
  }
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true, force: true });
  // where a disk of its own is mounted, the empty directory stays
  removeIfEmpty(path);
}

function listProfilesLeft(layout: ProfileLayout): number {
  return listProfiles(join(layout.directory, '..'), layout.client).length;
}

function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'ENOENT', 'ENOTDIR', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
