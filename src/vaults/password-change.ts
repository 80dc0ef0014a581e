/**
 * Changing a vault's password. The engine rewrites its configuration file, without which nothing decrypts: so a copy
 * of the old one is kept outside the vault until the new password has opened the vault. The caller holds the lock.
 */
import { rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import { isTemporaryNameFor, kindOf, namesIn, readIfPresent, writeFileAtomic } from '../system/files.ts';
import { readFollowing } from '../system/paths/regular-file.ts';
import { whySick } from '../system/stores/stores.ts';
import { defaultMountOptions, type Engine, type EngineDependencies } from './engines/engine.ts';
import { mountVault, verifyInitialised } from './mounting.ts';
import { setImmutable } from './mounts/mount-point.ts';
import { unmountVault } from './unmounting.ts';
import { isListed, stateOfVault, type Vault } from './vault.ts';

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
  const kept = join(keepDirectory, keptName(engine));
  const place = placeOfProof(vault, keepDirectory);
  const before = readFollowing(config);
  writeFileAtomic(kept, before, 0o600);
  let isOver = false;
  try {
    await change(encryptedDir, old, next, dependencies);
    await provePassword(place, next, dependencies);
    isOver = true;
  } finally {
    isOver ||= isRestored(vault, before);
    // the next command that takes the lock decides what could not be decided now
    if (isOver) unlinkSync(kept);
    for (const path of leftoversOf(vault)) unlinkSync(path);
  }
}

/** Puts the old configuration back after a change that failed. @returns false when it could not, on a full disk say. */
function isRestored({ engine, encryptedDir }: Vault, before: Buffer): boolean {
  const config = join(encryptedDir, engine.configFile);
  try {
    if (readIfPresent(config)?.equals(before) !== true) writeFileAtomic(config, before, 0o400);
    return true;
  } catch {
    // what went wrong first is what counts
    return false;
  }
}

/** @throws CONFIG_INVALID, VAULT_MISSING, VAULT_MOUNTED */
export async function verifyChangeable(
  vault: Vault,
): Promise<NonNullable<Vault['engine']['changePassword']>> {
  const { engine, encryptedDir } = vault;
  if (engine.changePassword === undefined) {
    throw new CryptosyncError('CONFIG_INVALID', `${engine.name} can't change the password of a vault`, {
      advice: { to: 'make-profile-for-password' },
    });
  }
  verifyInitialised(engine, encryptedDir);
  if ((await stateOfVault(vault)).kind !== 'unmounted') {
    throw new CryptosyncError('VAULT_MOUNTED', `the vault is mounted at ${vault.mountDir}`, {
      advice: { to: 'unmount-to-prove-password' },
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
    await mountVault(
      place,
      password,
      { ...defaultMountOptions, readOnly: true },
      { newVaultId: '' },
      dependencies,
    );
  } finally {
    await clearProof(place, { environment: dependencies.environment });
  }
}

const placeOfProof = (vault: Vault, keepDirectory: string): Vault => ({
  ...vault,
  mountDir: join(keepDirectory, 'proof'),
});

async function clearProof(place: Vault, dependencies: EngineDependencies): Promise<void> {
  if (kindOf(place.mountDir) === 'none') return;
  if (isListed(place)) await unmountVault(place, { lazily: false }, dependencies);
  await setImmutable(place.mountDir, false, dependencies.environment);
  rmdirSync(place.mountDir);
}

/** What a change or an engine that was cut off left in the encrypted directory itself. */
function leftoversOf({ engine, encryptedDir }: Vault): string[] {
  if (engine.changePassword === undefined) return [];
  return namesIn(encryptedDir)
    .filter((name) => engine.leftovers.includes(name) || isTemporaryNameFor(engine.configFile, name))
    .map((name) => join(encryptedDir, name));
}

/** Old configurations that were kept for the while of a change: they open the vault with the old password. */
function keptCopies({ engine }: Vault, keepDirectory: string): string[] {
  const name = keptName(engine);
  return namesIn(keepDirectory)
    .filter((candidate) => candidate === name || isTemporaryNameFor(name, candidate))
    .map((candidate) => join(keepDirectory, candidate));
}

/** What the old configuration is called while a change is under way. */
export function keptName({ configFile }: Pick<Engine, 'configFile'>): string {
  return `${configFile}.before-passwd`;
}

/** What a change of the password that was killed left; whoever holds the vault's lock can `settlePasswordChange`. */
export function findCutOffChange(vault: Vault, keepDirectories: readonly string[]): string[] {
  const kept = keepDirectories.flatMap((directory) => keptCopies(vault, directory));
  return [...leftoversOf(vault), ...kept];
}

/**
 * Puts in order what a change that was killed left: its mount, unfinished files, and the kept configuration, which
 * opens the vault with the old password. That one goes back only where the vault's own is torn or gone. The caller
 * holds the vault's lock.
 * @param keepDirectories of all profiles that share the vault.
 * @returns the files that are gone now
 */
export async function settlePasswordChange(
  vault: Vault,
  keepDirectories: readonly string[],
  dependencies: EngineDependencies,
): Promise<string[]> {
  if (vault.engine.changePassword === undefined || whySick(vault.encryptedDir) !== undefined) return [];
  for (const directory of keepDirectories) await clearProof(placeOfProof(vault, directory), dependencies);
  const left = findCutOffChange(vault, keepDirectories);
  for (const directory of keepDirectories) bringBack(vault, join(directory, keptName(vault.engine)));
  for (const path of left) unlinkSync(path);
  return left;
}

function bringBack({ engine, encryptedDir }: Vault, kept: string): void {
  const isWhole = (content: Buffer | undefined): boolean =>
    content !== undefined && engine.isWholeConfiguration?.(content) === true;
  const old = readIfPresent(kept);
  const config = join(encryptedDir, engine.configFile);
  if (old === undefined || !isWhole(old) || isWhole(readIfPresent(config))) return;
  writeFileAtomic(config, old, 0o400);
}
