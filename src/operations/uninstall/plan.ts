import { join } from 'node:path';
import { listProfiles } from '../../clients/discovery.ts';
import {
  bothWaysDirectory,
  engineStateDirectory,
  type ProfileLayout,
  scriptActions,
  syncBaseFile,
  syncIndexFile,
} from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { linkPaths, linkState } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { requireTool } from '../../system/dependencies.ts';
import { kindOf, namesIn } from '../../system/files.ts';
import type { Vault } from '../../vaults/mounting.ts';
import { recordFiles } from '../../vaults/records.ts';
import type { Context } from '../context.ts';
import { ownerOf } from '../schedule/owner.ts';
import { planWholeRemoval, type WholeSchedule } from '../schedule/whole.ts';
import { sourceDirectories } from '../sync/mapping.ts';
import { vaultOf } from '../vault-of.ts';
import { type Kept, keptBy } from './kept.ts';
import { type OtherProfile, otherProfiles } from './other-profiles.ts';
import { identityOf, type Purged, verifyPurgeable } from './purge.ts';
import { planRemoteConfig, type RemoteConfigPlan } from './remote-config.ts';
import type { UninstallRequest } from './request.ts';

export interface UninstallPlan extends Purged {
  readonly vault: Vault;
  /** Another profile of the client with the same vault: then it stays mounted. */
  readonly sharer: string | undefined;
  /** Links to its scripts that will be removed. */
  readonly links: readonly string[];
  /** Files and directories of the profile that will be removed. */
  readonly removes: readonly string[];
  readonly keeps: readonly Kept[];
  readonly remoteConfig: RemoteConfigPlan;
  /** What systemd or cron has of it. */
  readonly schedule: WholeSchedule;
  /** The plain directories that the profile syncs. */
  readonly sources: readonly string[];
}

/** What a dry run tells. */
export interface UninstallPlanDocument extends Pick<UninstallPlan, 'removes'> {
  readonly client: string;
  readonly profile: string;
  readonly dryRun: true;
  readonly keeps: readonly string[];
}

export function planDocument(
  { layout }: UninstallRequest,
  { links, removes, remoteConfig, schedule, keeps }: UninstallPlan,
): UninstallPlanDocument {
  return {
    client: layout.client,
    profile: layout.profile,
    dryRun: true,
    removes: [...schedule.removes, ...links, ...removes, ...sectionsRemoved(layout, remoteConfig)],
    keeps: keeps.map(({ place }) => place),
  };
}

/** The sections of rclone.conf that go, as they are told. */
export function sectionsRemoved({ rcloneConfig }: ProfileLayout, { removes }: RemoteConfigPlan): string[] {
  return removes.map((name) => `[${name}] in ${rcloneConfig}`);
}

/** Decides what goes and what stays. It changes nothing. @throws PROFILE_NOT_FOUND, CONFIG_INVALID, TOOL_MISSING */
export async function planUninstall(context: Context, request: UninstallRequest): Promise<UninstallPlan> {
  const { layout, purgeVault, purgeRemoteConfig, binDirectory } = request;
  const profile = readProfile(layout);
  const vault = vaultOf(layout, profile);
  const others = otherProfiles(context, layout);
  const sharer = others.find(({ at }) => at.encryptedDir === vault.encryptedDir)?.name;
  if (purgeVault) verifyPurgeable(layout, profile, vault, others);
  const remoteConfig = planRemoteConfig(layout, profile, others, purgeRemoteConfig);
  if (remoteConfig.removes.length > 0) requireTool('rclone', context.environment);
  const removes = [
    ...Object.values(layout.scripts),
    layout.profileFile,
    `${layout.profileFile}.bak`,
    layout.ledger,
    ...syncStateFiles(context, layout, profile),
    ...vaultRecords(layout, profile, others),
    ...(purgeVault ? [engineStateDirectory(layout), profile.encryptedDir] : []),
  ].filter((path) => kindOf(path) !== 'none');
  return {
    profile,
    vault,
    sharer,
    links: ownLinks(layout, binDirectory),
    removes,
    keeps: keptBy(request, profile, remoteConfig, others),
    remoteConfig,
    schedule: await planWholeRemoval(context, ownerOf(context, layout, profile)),
    sources: sourceDirectories(profile),
    directory: identityOf(profile.encryptedDir),
  };
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
function syncStateFiles(context: Context, layout: ProfileLayout, profile: Profile): string[] {
  const sources = new Set([undefined, ...(profile.mappings ?? []).map(({ source }) => source)]);
  return [...sources]
    .flatMap((source) => [
      syncIndexFile(layout, source),
      syncBaseFile(layout, source),
      `${syncBaseFile(layout, source)}.workshop`,
      bothWaysDirectory(layout, source),
    ])
    .concat(syncRecords(context, layout));
}

/** The records of all places that the profile was ever synced with, whatever its remote and sources are now. */
function syncRecords(context: Context, layout: ProfileLayout): string[] {
  const others = listProfiles(context.root, layout.client).filter((name) => name !== layout.profile);
  const isOf = (name: string, profile: string): boolean =>
    name.startsWith(`record-${profile}-`) &&
    /^(-[0-9a-f]{12}){1,2}\.jsonl/.test(name.slice(`record-${profile}`.length));
  // a profile may be called as another and a digest
  return namesIn(layout.stateDirectory)
    .filter(
      (name) =>
        isOf(name, layout.profile) &&
        !others.some((other) => isOf(name, other) && other.length > layout.profile.length),
    )
    .map((name) => join(layout.stateDirectory, name));
}

/** What this machine keeps of the vault, by its id: unless another profile is about the same one. */
function vaultRecords(
  { stateDirectory }: ProfileLayout,
  { vaultId }: Profile,
  others: readonly OtherProfile[],
): string[] {
  if (vaultId === undefined || others.some(({ at }) => at.vaultId === vaultId)) return [];
  return recordFiles(stateDirectory, vaultId);
}
