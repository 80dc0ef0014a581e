/**
 * What an install would do, decided before anything is changed: a list of steps, each needed or done already. The
 * same plan is shown by `--dry-run`, drawn as a task list, and carried out.
 */

import { join } from 'node:path';
import { verifyRoot } from '../../clients/discovery.ts';
import { type FormerProfile, findPasswordFiles } from '../../clients/former-tree.ts';
import { verifyClientReachable } from '../../clients/home/reachable.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { verifyLinksFree } from '../../clients/scripts.ts';
import type { Backend } from '../../remotes/setup.ts';
import { missingTools, type ToolName, toolMissing, verifyFuse } from '../../system/dependencies.ts';
import { verifyWritable } from '../../system/files.ts';
import type { Engine } from '../../vaults/engines/engine.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import { resolveMountPath, verifySeparate } from '../../vaults/mounts/mount-point.ts';
import { warnOfExposure } from '../config/exposed-remote.ts';
import type { Context } from '../context.ts';
import { planVault, type VaultPlan, verifyMountDirectory } from './checks.ts';
import { decideProfile, type ProfileDecision } from './profile.ts';
import { backendsFor, planRemote, type RemotePlan } from './remote.ts';
import type { InstallRequest } from './request.ts';

const stepIds = [
  'tools',
  'directories',
  'remote',
  'vault',
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

export interface InstallPlan {
  readonly steps: readonly InstallStep[];
  readonly engine: Engine;
  readonly missingTools: readonly ToolName[];
  readonly vault: VaultPlan;
  /** To be written into rclone.conf; undefined leaves it as it is. */
  readonly remote: RemotePlan | undefined;
  readonly profile: Profile;
  readonly profileChanges: boolean;
  /** What an operator should know of an older tree that is taken over. */
  readonly notes: readonly string[];
  /** What the profile was decided by; it is decided again under each lock. */
  readonly decision: ProfileDecision;
  readonly backends: readonly Backend[] | undefined;
}

/** What a dry run tells. */
export interface InstallPlanDocument extends Pick<InstallPlan, 'notes' | 'steps'> {
  readonly client: string;
  readonly profile: string;
  readonly dryRun: true;
}

export function planDocument(
  { layout: { client, profile } }: InstallRequest,
  { notes, steps }: InstallPlan,
): InstallPlanDocument {
  return { client, profile, dryRun: true, notes, steps };
}

/** Decides what an install does. It changes nothing. @throws every reason why it would fail that can be told now */
export async function planInstall(context: Context, request: InstallRequest): Promise<InstallPlan> {
  const { layout } = request;
  verifyRoot(context.root, context.userId);
  verifyClientReachable(request.layout);
  const decision = decideProfile(context, request);
  const { existing, origin, profile } = decision;
  const engine = engineNamed(profile.engine);
  engine.verifyPath(resolveMountPath(profile.encryptedDir));
  const missing = missingTools([...engine.tools, 'rclone', 'flock'], context.environment);
  if (missing.length > 0 && !request.withDependencies) throw toolMissing(missing, context.environment);
  const backends = await backendsFor(context, request, missing);
  const remote = planRemote(context, request, { ...decision, backends });
  if (profile.remote !== undefined) warnOfExposure(context, decision.conf, profile.remote.name, remote);
  verifySeparate(resolveMountPath(profile.encryptedDir), resolveMountPath(profile.mountDir));
  const vault = vaultPlanOf(request, decision);
  await verifyMountDirectory(layout, profile, existing);
  if (request.binDirectory !== undefined) verifyLinksFree(layout, request.binDirectory);
  for (const directory of [layout.locksDirectory, request.binDirectory])
    if (directory !== undefined) verifyWritable(directory);
  const opensVault = vault.action !== 'keep' || request.autoMount;
  if (opensVault && missing.length === 0) verifyFuse();
  const profileChanges = JSON.stringify(existing) !== JSON.stringify(profile);
  const notes = origin.former === undefined ? [] : formerTreeNotes(layout, origin.former, vault);
  const parts = {
    engine,
    missingTools: missing,
    vault,
    remote,
    profile,
    profileChanges,
    notes,
    decision,
    backends,
  };
  return { ...parts, steps: stepsOf(request, parts) };
}

/** What is done about the vault, by what is decided of its profile. @throws VAULT_MISSING, CONFIG_INVALID */
export function vaultPlanOf(request: InstallRequest, { profile, origin }: ProfileDecision): VaultPlan {
  const { layout, fromRemote } = request;
  const engine = engineNamed(profile.engine);
  return planVault(layout, engine, profile, { fromRemote, former: origin.former });
}

/** Each thing that was found in an older tree and is done about it. */
function formerTreeNotes(layout: ProfileLayout, former: FormerProfile, vault: VaultPlan): string[] {
  return [
    `taken over from ${former.file}, which stays as it is`,
    ...(former.unknownKeys.length === 0 ? [] : [`not taken over, unknown: ${former.unknownKeys.join(', ')}`]),
    ...(vault.outsideConfig === undefined
      ? []
      : [`${vault.outsideConfig} is copied into the vault; the original stays`]),
    ...findPasswordFiles(layout).map(
      (file) =>
        `${join(layout.directory, file)} looks like a password in the clear: keep it elsewhere, then remove it`,
    ),
  ];
}

function stepsOf(request: InstallRequest, plan: Omit<InstallPlan, 'steps'>): InstallStep[] {
  const { engine, profile, remote } = plan;
  const vaultTitle = {
    restore: `Bring the vault back from the remote into ${profile.encryptedDir}`,
    create: `Make a ${engine.name} vault in ${profile.encryptedDir}`,
    adopt: `Adopt the ${engine.name} vault in ${profile.encryptedDir}`,
    keep: `Keep the ${engine.name} vault in ${profile.encryptedDir}`,
  }[plan.vault.action];
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
    { id: 'remote', title: remoteTitle, needed: remote !== undefined },
    { id: 'vault', title: vaultTitle, needed: plan.vault.action !== 'keep' },
    { id: 'profile', title: `Write the profile ${request.layout.profileFile}`, needed: plan.profileChanges },
    { id: 'scripts', title: `Write the scripts in ${request.layout.scriptsDirectory}`, needed: true },
    {
      id: 'links',
      title: request.binDirectory === undefined ? 'Make no links' : `Link them in ${request.binDirectory}`,
      needed: request.binDirectory !== undefined,
    },
    { id: 'summary', title: `Write ${request.layout.summary}`, needed: true },
    { id: 'sync', title: 'Sync to the remote', needed: request.initialSync },
    { id: 'mount', title: `Mount at ${profile.mountDir}`, needed: request.autoMount },
  ];
}
