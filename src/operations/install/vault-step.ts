/** The vault: made, brought back from the remote, or adopted as it is. Never made anew in the place of another. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { directoryMode } from '../../clients/layout.ts';
import { withLock } from '../../clients/lock.ts';
import { ensureDirectory } from '../../system/files.ts';
import { clearInterruptedCreation, createVault } from '../../vaults/creation.ts';
import { defaultMountOptions } from '../../vaults/engine.ts';
import { mountVault, stateOfVault, unmountVault } from '../../vaults/mounting.ts';
import { adoptOutsideConfig } from '../../vaults/outside-config.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import { vaultLockRequest } from '../locks.ts';
import { vaultOf } from '../vault-of.ts';
import { type Installation, passwordRequired } from './installation.ts';
import type { InstallPlan } from './plan.ts';
import type { InstallRequest } from './request.ts';
import { restoreVault } from './restore.ts';

/** A vault is opened when it is made, adopted (which gives it its id) or mounted; one that is mounted is open. */
export async function needsPassword(plan: InstallPlan, request: InstallRequest): Promise<boolean> {
  if (plan.vault.action === 'create' || plan.vault.action === 'restore') return true;
  if (plan.vault.action === 'keep' && !request.autoMount) return false;
  return (await stateOfVault(vaultOf(request.layout, plan.profile))).kind !== 'mounted';
}

/** Provides the vault under its lock. */
export async function vaultStep(installation: Installation): Promise<void> {
  const { context, request, plan, inputs, profile } = installation;
  const { encryptedDir } = vaultOf(request.layout, profile);
  if (plan.vault.action === 'restore') {
    await restoreVault(context, request.layout, profile, inputs);
    installation.created.push(profile.encryptedDir);
  }
  const lock = vaultLockRequest(request.layout, encryptedDir, 'install', inputs.wait);
  await withLock(lock, context, () => provideVault(installation));
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
