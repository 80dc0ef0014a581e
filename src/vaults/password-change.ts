/**
 * Changing a vault's password. The engine rewrites its configuration file, without which nothing decrypts: so a copy
 * of the old one is kept outside the vault until the new password has opened the vault. The caller holds the lock.
 */
import { readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf, writeFileAtomic } from '../system/files.ts';
import { defaultMountOptions, type EngineDependencies } from './engine.ts';
import { setImmutable } from './mount-point.ts';
import { mountVault, verifyInitialised } from './mounting.ts';
import { unmountVault } from './unmounting.ts';
import { stateOfVault, type Vault } from './vault.ts';

/**
 * @param keepDirectory where the old configuration is kept for the while, outside the vault.
 * @throws WRONG_PASSWORD, VAULT_MOUNTED, VAULT_MISSING, CONFIG_INVALID for an engine that can't; then the old password
 * still opens the vault.
 */
export async function changeVaultPassword(
  vault: Vault,
  old: Secret,
  next: Secret,
  keepDirectory: string,
  dependencies: EngineDependencies,
): Promise<void> {
  const { engine, encryptedDir } = vault;
  const change = await verifyChangeable(vault);
  const config = join(encryptedDir, engine.configFile);
  const kept = join(keepDirectory, `${engine.configFile}.before-passwd`);
  const place = placeOfProof(vault, keepDirectory);
  await clearProof(place, dependencies);
  const before = readFileSync(config);
  writeFileAtomic(kept, before, 0o600);
  try {
    await change(encryptedDir, old, next, dependencies);
    await provePassword(place, next, dependencies);
  } catch (error) {
    if (!readFileSync(config).equals(before)) writeFileAtomic(config, before, 0o400);
    throw error;
  } finally {
    unlinkSync(kept);
  }
}

/** @throws CONFIG_INVALID, VAULT_MISSING, VAULT_MOUNTED */
export async function verifyChangeable(
  vault: Vault,
): Promise<NonNullable<Vault['engine']['changePassword']>> {
  const { engine, encryptedDir } = vault;
  if (engine.changePassword === undefined) {
    throw new CryptosyncError('CONFIG_INVALID', `${engine.name} can't change the password of a vault`, {
      hint: 'Make another profile with a new vault and the new password, and copy the files into it.',
    });
  }
  verifyInitialised(engine, encryptedDir);
  if ((await stateOfVault(vault)).kind !== 'unmounted') {
    throw new CryptosyncError('VAULT_MOUNTED', `the vault is mounted at ${vault.mountDir}`, {
      hint: 'Unmount it first: the new password is proven by opening the vault with it.',
    });
  }
  return engine.changePassword;
}

/** Opens the vault to read at a place of its own, where its canary is read. @throws WRONG_PASSWORD, VAULT_MISMATCH */
async function provePassword(
  place: Vault,
  password: Secret,
  dependencies: EngineDependencies,
): Promise<void> {
  try {
    await mountVault(place, password, { ...defaultMountOptions, readOnly: true }, '', dependencies);
  } finally {
    await clearProof(place, { environment: dependencies.environment });
  }
}

const placeOfProof = (vault: Vault, keepDirectory: string): Vault => ({
  ...vault,
  mountDir: join(keepDirectory, 'proof'),
});

/**
 * Takes away the mount with which a change that was killed was proving the new password. The caller holds the vault's
 * lock, so that it is nobody's any more.
 */
export async function clearLeftProof(
  vault: Vault,
  keepDirectory: string,
  dependencies: EngineDependencies,
): Promise<void> {
  await clearProof(placeOfProof(vault, keepDirectory), dependencies);
}

async function clearProof(place: Vault, dependencies: EngineDependencies): Promise<void> {
  if (kindOf(place.mountDir) === 'none') return;
  await unmountVault(place, { lazily: false }, dependencies);
  await setImmutable(place.mountDir, false, dependencies.environment);
  rmdirSync(place.mountDir);
}
