/** The vault: made, brought back from the remote, or adopted as it is. Never made anew in the place of another. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { directoryMode } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { writeProfile } from '../../clients/profile-store.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import { clearInterruptedCreation, createVault } from '../../vaults/creation.ts';
import { defaultMountOptions } from '../../vaults/engines/engine.ts';
import {
  type MountOutcome,
  mountVault,
  stateOfVault,
  unmountVault,
  type Vault,
} from '../../vaults/mounting.ts';
import { adoptOutsideConfig } from '../../vaults/outside-config.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import { configLockRequest, rcloneLockRequest, vaultLockRequest } from '../locks.ts';
import { factsOf, tellWarnings } from '../opened.ts';
import { settleVault } from '../settle.ts';
import { underLocks } from '../under-locks.ts';
import { vaultOf, verifyWhole } from '../vault-of.ts';
import type { VaultPlan } from './checks.ts';
import { type Installation, passwordRequired } from './installation.ts';
import { type InstallPlan, vaultPlanOf } from './plan.ts';
import { decideProfile } from './profile.ts';
import type { InstallRequest } from './request.ts';
import { restoreVault } from './restore.ts';

/** A vault is opened when it is made, adopted (which gives it its id) or mounted; one that is mounted is open. */
export async function needsPassword(plan: InstallPlan, request: InstallRequest): Promise<boolean> {
  if (plan.vault.action === 'create' || plan.vault.action === 'restore') return true;
  if (plan.vault.action === 'keep' && !request.autoMount) return false;
  return (await stateOfVault(vaultOf(request.layout, plan.profile))).kind !== 'mounted';
}

/** Provides the vault under its lock; one that is brought back also needs rclone.conf to stay as it is. */
export async function vaultStep(installation: Installation): Promise<void> {
  const { context, request, plan, inputs } = installation;
  const { layout } = request;
  await underLocks(
    context,
    { wait: inputs.wait },
    {
      look() {
        const decision = decideProfile(context, request, plan.decision);
        const { profile } = decision;
        return { profile, vault: vaultOf(layout, profile), action: vaultPlanOf(request, decision) };
      },
      locks: ({ vault, action }) => [
        vaultLockRequest(layout, vault.encryptedDir, 'install'),
        ...(action.action === 'restore'
          ? [{ ...rcloneLockRequest(layout, 'install'), kind: 'shared' as const }]
          : []),
      ],
      async act({ profile, action }) {
        const isRestored = action.action === 'restore';
        const restored = isRestored
          ? await restoreVault(context, layout, profile, { ...inputs, opening: installation.password })
          : undefined;
        if (isRestored) installation.created.push(profile.encryptedDir);
        await provideVault(installation, profile, { ...action, restored });
      },
    },
  );
}

/** Makes the vault, or gives the one that is there its id. The profile gets the id; it is written in its own step. */
async function provideVault(
  installation: Installation,
  profile: Profile,
  { outsideConfig, restored }: VaultPlan & { readonly restored: string | undefined },
): Promise<void> {
  const { context, request, password } = installation;
  const vault = vaultOf(request.layout, profile);
  if (outsideConfig !== undefined) {
    adoptOutsideConfig(vault.engine, vault.encryptedDir, outsideConfig);
    installation.created.push(join(vault.encryptedDir, vault.engine.configFile));
  }
  if (inspectEncryptedDirectory(vault.engine, vault.encryptedDir).kind !== 'vault') {
    if (password === undefined) throw passwordRequired(request);
    const vaultId = randomUUID();
    ensureDirectory(vault.stateDirectory, directoryMode);
    const madeWith = await createVault(vault.engine, vault.encryptedDir, password, vaultId, vault, context);
    installation.created.push(profile.encryptedDir);
    installation.provided = { encryptedDir: profile.encryptedDir, vaultId, madeWith: [...madeWith] };
    return;
  }
  // an install that was cut off between the vault's last step and the profile's left its workshop
  await clearInterruptedCreation(vault.engine, vault.encryptedDir, context);
  await settleVault(context, request.layout, profile, vault);
  const wasMounted = (await stateOfVault(vault)).kind === 'mounted';
  const outcome = await openVault(installation, profile, vault, restored);
  tellWarnings(context, request.layout, outcome);
  if (!wasMounted) await unmountVault(vault, { lazily: false }, context);
  const { vaultId, madeWith } = factsOf(outcome);
  installation.provided = { encryptedDir: profile.encryptedDir, vaultId, madeWith };
}

/**
 * A restored vault that is not what its remote says (a canary that was copied in from another vault, a remote that was
 * tampered with) is refused, with the profile written as the remote says: so that the operator can look and accept it.
 * @param restored whose vault the remote said that it is.
 */
async function openVault(
  { context, request: { layout }, inputs, password }: Installation,
  profile: Profile,
  vault: Vault,
  restored: string | undefined,
): Promise<MountOutcome> {
  verifyWhole(vault);
  const claim = { newVaultId: restored ?? randomUUID(), isKnown: restored !== undefined };
  try {
    return await mountVault(vault, password, defaultMountOptions, claim, context);
  } catch (error) {
    if (restored !== undefined && error instanceof CryptosyncError && error.code === 'VAULT_MISMATCH') {
      const act = (): Promise<void> => writeProfile(layout, { ...profile, vaultId: restored });
      const locks = () => [configLockRequest(layout, 'install')];
      await underLocks(context, { wait: inputs.wait }, { look: () => undefined, locks, act });
    }
    throw error;
  }
}
