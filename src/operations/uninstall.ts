/**
 * Taking a profile away: unmounted, its links, scripts and configuration removed. The vault stays unless it is named
 * to be purged; the remote is never touched. Nothing outside the client's own tree is removed, and no link followed.
 */
import { lstatSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listProfiles } from '../clients/discovery.ts';
import {
  configLock,
  engineStateDirectory,
  type ProfileLayout,
  profileLayout,
  scriptActions,
  syncIndexFile,
  vaultLock,
} from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile, readProfileIfPresent } from '../clients/profile-store.ts';
import { linkPaths, removeLink } from '../clients/scripts.ts';
import { recordedLinks } from '../clients/summary.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import { setImmutable } from '../vaults/mount-point.ts';
import { unmountVault, type Vault } from '../vaults/mounting.ts';
import type { Context } from './context.ts';
import { refreshSummary } from './profile-change.ts';
import { nameOf } from './recorded.ts';
import { vaultOf } from './vault-of.ts';

export interface UninstallRequest {
  readonly layout: ProfileLayout;
  /** Also removes the encrypted directory and all that is in it. */
  readonly purgeVault: boolean;
  /** A directory in which links may stand besides those that the summary knows. */
  readonly binDirectory: string | undefined;
  readonly wait: number;
}

export interface UninstallPlan {
  readonly profile: Profile;
  readonly vault: Vault;
  /** Files and directories of the profile that will be removed. */
  readonly removes: readonly string[];
  readonly keeps: readonly string[];
}

export interface UninstallResult {
  readonly client: string;
  readonly profile: string;
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}

/** Decides what goes and what stays. It changes nothing. @throws PROFILE_NOT_FOUND, CONFIG_INVALID */
export function planUninstall(
  context: Context,
  { layout, purgeVault, binDirectory }: UninstallRequest,
): UninstallPlan {
  const profile = readProfile(layout);
  const vault = vaultOf(layout, profile);
  if (purgeVault) verifyPurgeable(context, layout, profile);
  const links = [
    ...recordedLinks(layout, layout.profile),
    ...(binDirectory === undefined ? [] : Object.values(linkPaths(layout, binDirectory))),
  ];
  const removes = [
    ...new Set(links),
    ...Object.values(layout.scripts),
    layout.profileFile,
    `${layout.profileFile}.bak`,
    layout.ledger,
    syncIndexFile(layout),
    ...(purgeVault ? [engineStateDirectory(layout), profile.encryptedDir] : []),
  ].filter((path) => kindOf(path) !== 'none');
  const keeps = [
    ...(purgeVault ? [] : [profile.encryptedDir]),
    layout.rcloneConfig,
    ...(profile.remote === undefined ? [] : [`${profile.remote.name}:${profile.remote.path}`]),
  ];
  return { profile, vault, removes, keeps };
}

/** Only a vault in the client's own tree, reached without a link and used by no other profile, can be purged. */
function verifyPurgeable(context: Context, layout: ProfileLayout, profile: Profile): void {
  const { encryptedDir } = profile;
  const others = listProfiles(context.root, layout.client).filter((name) => name !== layout.profile);
  const sharer = others.find(
    (name) =>
      readProfileIfPresent(profileLayout(context.root, layout.client, name))?.encryptedDir === encryptedDir,
  );
  if (sharer !== undefined) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the vault in ${encryptedDir} is also that of the profile ${sharer}`,
      {
        hint: `Uninstall ${sharer} first, or leave the vault: without --purge-vault.`,
      },
    );
  }
  if (!encryptedDir.startsWith(`${layout.directory}/`) || hasLink(layout.directory, encryptedDir)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${encryptedDir} is not in the client's own directory, or a link leads there`,
      {
        hint: 'Uninstall without --purge-vault, then remove the vault by hand.',
      },
    );
  }
}

function hasLink(base: string, path: string): boolean {
  let current = base;
  for (const part of path
    .slice(base.length)
    .split('/')
    .filter((name) => name !== '')) {
    current = join(current, part);
    if (lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  }
  return false;
}

/** Carries the plan out; whoever purges a vault has confirmed it before. @throws MOUNT_BUSY, LOCKED */
export async function executeUninstall(
  context: Context,
  request: UninstallRequest,
  plan: UninstallPlan,
): Promise<UninstallResult> {
  const { layout, wait } = request;
  const name = nameOf(layout);
  const vaultRequest = {
    path: vaultLock(layout, plan.vault.encryptedDir),
    subject: `the vault of ${name}`,
    purpose: 'uninstall',
    wait,
  };
  const confRequest = {
    path: configLock(layout),
    subject: `the configuration of ${layout.client}`,
    purpose: 'uninstall',
    wait,
  };
  context.log.write('INFO', `${name}: uninstall begins${request.purgeVault ? ', with its vault' : ''}`);
  const removed = await withLock(vaultRequest, context, () =>
    withLock(confRequest, context, async () => {
      await unmountVault(plan.vault, { lazily: false }, context);
      await setImmutable(plan.vault.mountDir, false, context.environment);
      const gone = remove(request, plan);
      refreshSummary(context, layout, []);
      return gone;
    }),
  );
  context.log.write('INFO', `${name}: uninstall ended`);
  return { client: layout.client, profile: layout.profile, removed, kept: plan.keeps };
}

/** Links first and the profile last: an interrupted run can be repeated. */
function remove({ layout }: UninstallRequest, { removes, profile }: UninstallPlan): string[] {
  const scripts = scriptActions.map((action) => layout.scripts[action]);
  const removed: string[] = [];
  for (const path of removes.filter((candidate) => candidate !== layout.profileFile)) {
    if (lstatSync(path).isSymbolicLink()) {
      if (scripts.some((script) => removeLink(path, script))) removed.push(path);
      continue;
    }
    rmSync(path, { recursive: true, force: true });
    removed.push(path);
  }
  if (removeIfEmpty(profile.mountDir)) removed.push(profile.mountDir);
  rmSync(layout.profileFile, { force: true });
  removed.push(layout.profileFile);
  if (listProfilesLeft(layout) === 0) {
    rmSync(layout.summary, { force: true });
    for (const directory of [layout.scriptsDirectory, layout.configDirectory]) removeIfEmpty(directory);
  }
  return removed;
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
