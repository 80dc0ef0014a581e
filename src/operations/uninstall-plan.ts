/** What an uninstall takes away and what it keeps, decided before anything is changed. */
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { listProfiles } from '../clients/discovery.ts';
import {
  bisyncDirectory,
  engineStateDirectory,
  type ProfileLayout,
  profileLayout,
  scriptActions,
  syncBaseFile,
  syncIndexFile,
} from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile, readProfileIfPresent } from '../clients/profile-store.ts';
import { linkPaths, linkState } from '../clients/scripts.ts';
import { recordedLinks } from '../clients/summary.ts';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import type { Vault } from '../vaults/mounting.ts';
import type { Context } from './context.ts';
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
  /** Another profile of the client with the same vault: then it stays mounted. */
  readonly sharer: string | undefined;
  /** Links to its scripts that will be removed. */
  readonly links: readonly string[];
  /** Files and directories of the profile that will be removed. */
  readonly removes: readonly string[];
  readonly keeps: readonly string[];
}

/** Decides what goes and what stays. It changes nothing. @throws PROFILE_NOT_FOUND, CONFIG_INVALID */
export function planUninstall(
  context: Context,
  { layout, purgeVault, binDirectory }: UninstallRequest,
): UninstallPlan {
  const profile = readProfile(layout);
  const vault = vaultOf(layout, profile);
  const others = otherProfiles(context, layout);
  const sharer = others.find(({ at }) => at.encryptedDir === vault.encryptedDir)?.name;
  if (purgeVault) verifyPurgeable(layout, profile, vault, others);
  const removes = [
    ...Object.values(layout.scripts),
    layout.profileFile,
    `${layout.profileFile}.bak`,
    layout.ledger,
    ...syncStateFiles(layout, profile),
    ...(purgeVault ? [engineStateDirectory(layout), profile.encryptedDir] : []),
  ].filter((path) => kindOf(path) !== 'none');
  const keeps = [
    ...(purgeVault ? [] : [profile.encryptedDir]),
    ...(kindOf(layout.rcloneConfig) === 'none' ? [] : [layout.rcloneConfig]),
    ...(profile.remote === undefined ? [] : [`${profile.remote.name}:${profile.remote.path}`]),
  ];
  return { profile, vault, sharer, links: ownLinks(layout, binDirectory), removes, keeps };
}

/** The links that still are the profile's: a file, or another's link, that stands in such a place is not ours. */
function ownLinks(layout: ProfileLayout, binDirectory: string | undefined): string[] {
  const links = [
    ...recordedLinks(layout, layout.profile),
    ...(binDirectory === undefined ? [] : Object.values(linkPaths(layout, binDirectory))),
  ];
  const scripts = scriptActions.map((action) => layout.scripts[action]);
  return [...new Set(links)].filter((link) => scripts.some((script) => linkState(link, script) === 'right'));
}

/** What this machine remembers of the last syncs of each mapping. */
function syncStateFiles(layout: ProfileLayout, profile: Profile): string[] {
  const sources = new Set([undefined, ...(profile.mappings ?? []).map(({ source }) => source)]);
  return [...sources].flatMap((source) => [
    syncIndexFile(layout, source),
    syncBaseFile(layout, source),
    bisyncDirectory(layout, source),
  ]);
}

interface OtherProfile {
  readonly name: string;
  readonly at: Vault;
}

/** @throws CONFIG_INVALID for a broken one: what it shares can't be told */
function otherProfiles(context: Context, layout: ProfileLayout): OtherProfile[] {
  return listProfiles(context.root, layout.client).flatMap((name) => {
    const other = profileLayout(context.root, layout.client, name);
    const profile = name === layout.profile ? undefined : readProfileIfPresent(other);
    return profile === undefined ? [] : [{ name, at: vaultOf(other, profile) }];
  });
}

/** Only a vault in the client's own tree, reached without a link and used by no other profile, can be purged. */
function verifyPurgeable(
  layout: ProfileLayout,
  profile: Profile,
  vault: Vault,
  others: readonly OtherProfile[],
): void {
  const encryptedDir = resolve(profile.encryptedDir);
  const isInVault = (path: string): boolean => `${path}/`.startsWith(`${vault.encryptedDir}/`);
  const sharer = others.find(({ at }) => isInVault(at.encryptedDir) || isInVault(at.mountDir));
  if (sharer !== undefined) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the vault in ${encryptedDir} is also that of the profile ${sharer.name}`,
      {
        hint: `Uninstall ${sharer.name} first, or leave the vault: without --purge-vault.`,
      },
    );
  }
  if (!encryptedDir.startsWith(`${layout.vaultDirectory}/`) || hasLink(layout.directory, encryptedDir)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${encryptedDir} is not below ${layout.vaultDirectory}, or a link leads there`,
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
