/**
 * Mounting and unmounting a vault, whatever its engine: the mount table decides what is true, the canary whether it
 * is the right vault, and an unmount is over when the daemon is gone. The caller holds the vault's lock.
 */
import { accessSync, constants } from 'node:fs';
import type { Secret } from '../secrets/secret.ts';
import { pause } from '../system/clock.ts';
import { requireTool } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { lastLines, run } from '../system/process.ts';
import { establishCanary, readCanary, verifyVaultIdentity } from './canary.ts';
import type { Engine, EngineDependencies, EnginePaths, MountOptions } from './engine.ts';
import { prepareMountDirectory, setImmutable, verifySeparate } from './mount-point.ts';
import { type MountState, mountsOf, readMountState, readMountTable } from './mount-table.ts';
import { findDaemons, findHolders, type Holder, waitForExit } from './processes.ts';
import { inspectEncryptedDirectory } from './vault-directory.ts';

export interface Vault extends EnginePaths {
  readonly engine: Engine;
  /** Both directories resolved and absolute. */
  readonly encryptedDir: string;
  readonly mountDir: string;
  /** Undefined for a vault that was not made here and has not been mounted yet. */
  readonly vaultId: string | undefined;
}

export interface MountOutcome {
  readonly changed: boolean;
  /** The id in the canary; undefined only for a read-only mount of a vault that has none yet. */
  readonly vaultId: string | undefined;
  readonly readOnly: boolean;
}

export async function stateOfVault({ engine, encryptedDir, mountDir }: Vault): Promise<MountState> {
  return await readMountState({
    mountDir,
    fileSystemType: engine.fileSystemType,
    source: engine.mountSource(encryptedDir),
  });
}

/**
 * Mounts a vault, or confirms that it is mounted; a dead mount is cleaned up first.
 * @param newVaultId the id for a vault that has no canary yet.
 */
export async function mountVault(
  vault: Vault,
  password: Secret | undefined,
  options: MountOptions,
  newVaultId: string,
  dependencies: EngineDependencies,
): Promise<MountOutcome> {
  const state = await stateOfVault(vault);
  verifyUsable(vault, state);
  if (state.kind === 'mounted') {
    const readOnly = state.entries.at(-1)?.readOnly ?? false;
    const vaultId = await confirmIdentity(vault, readOnly, newVaultId);
    return { changed: false, vaultId, readOnly };
  }
  if (state.kind === 'stale') await detachAll(vault, true, dependencies);
  await verifyMountable(vault, options, dependencies);
  if (password === undefined)
    throw new CryptosyncError('PASSWORD_REQUIRED', 'the password of the vault is needed');
  try {
    await vault.engine.mount(vault.encryptedDir, vault.mountDir, password, options, vault, dependencies);
    await confirmMounted(vault);
    const vaultId = await confirmIdentity(vault, options.readOnly, newVaultId);
    return { changed: true, vaultId, readOnly: options.readOnly };
  } catch (error) {
    await withdraw(vault, dependencies);
    throw error;
  }
}

function verifyUsable(vault: Vault, state: MountState): void {
  if (state.kind === 'foreign' || state.kind === 'unreadable') {
    throw new CryptosyncError('MOUNT_FAILED', `${vault.mountDir} can't be used: ${state.reason}`, {
      hint:
        state.kind === 'foreign'
          ? `Unmount that first: umount ${vault.mountDir}`
          : 'Run this as the user who mounted it, or unmount it first.',
    });
  }
}

async function verifyMountable(
  vault: Vault,
  options: MountOptions,
  { environment }: EngineDependencies,
): Promise<void> {
  const { engine, encryptedDir, mountDir } = vault;
  verifySeparate(encryptedDir, mountDir);
  const elsewhere = mountsOf(engine.mountSource(encryptedDir), engine.fileSystemType, readMountTable())[0];
  if (elsewhere !== undefined) {
    throw new CryptosyncError('MOUNT_BUSY', `the vault is already mounted at ${elsewhere.mountPoint}`, {
      hint: `Two mounts of one vault would damage it. Unmount that one first: fusermount3 -u ${elsewhere.mountPoint}`,
    });
  }
  const detached = await waitForExit(findDaemons(engine.name, encryptedDir), 2000);
  if (detached.length > 0) throw stillServed(vault, detached);
  verifyInitialised(engine, encryptedDir);
  if (!options.readOnly) verifyWritable(encryptedDir);
  prepareMountDirectory(mountDir);
  await setImmutable(mountDir, true, environment);
}

/** @throws VAULT_MISSING when the encrypted directory does not hold a vault of this engine. */
export function verifyInitialised(engine: Engine, encryptedDir: string): void {
  const content = inspectEncryptedDirectory(engine, encryptedDir);
  if (content.kind === 'vault') return;
  const what = {
    missing: 'does not exist',
    empty: 'is empty',
    other: `has no ${engine.configFile}`,
  }[content.kind];
  throw new CryptosyncError('VAULT_MISSING', `there is no vault: ${encryptedDir} ${what}`, {
    hint: 'Is its disk mounted? Otherwise bring the vault back from the remote before anything else.',
  });
}

function verifyWritable(encryptedDir: string): void {
  try {
    accessSync(encryptedDir, constants.W_OK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'EROFS' && errno !== 'EACCES') throw error;
    throw new CryptosyncError(
      'MOUNT_FAILED',
      `${encryptedDir} can't be written: ${errno === 'EROFS' ? 'its file system is read-only' : 'permission denied'}`,
      { hint: 'Mount it to read: --read-only' },
    );
  }
}

/** A daemon may need a moment after its parent exits until the kernel lists the mount. */
async function confirmMounted(vault: Vault): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if ((await stateOfVault(vault)).kind === 'mounted') return;
    await pause(50);
  }
  throw new CryptosyncError(
    'MOUNT_FAILED',
    `${vault.engine.name} said nothing, but ${vault.mountDir} is not mounted`,
    {
      hint: 'Look for its messages in the system log (journalctl), then try again.',
    },
  );
}

async function confirmIdentity(
  vault: Vault,
  readOnly: boolean,
  newVaultId: string,
): Promise<string | undefined> {
  if (vault.vaultId !== undefined) {
    await verifyVaultIdentity(vault.mountDir, vault.vaultId);
    return vault.vaultId;
  }
  const found = await readCanary(vault.mountDir);
  if (found !== undefined || readOnly) return found;
  await establishCanary(vault.engine, vault.encryptedDir, vault.mountDir, newVaultId);
  return newVaultId;
}

/** Undoes a mount that failed half way; what went wrong first is what counts. */
async function withdraw(vault: Vault, dependencies: EngineDependencies): Promise<void> {
  try {
    const state = await stateOfVault(vault);
    if (state.kind === 'mounted' || state.kind === 'stale') {
      await unmountVault(vault, { lazily: false }, { environment: dependencies.environment });
    }
  } catch {
    // reported by the next status: the mount table has it
  }
}

/**
 * Unmounts a vault and waits for its daemon's exit.
 * @returns whether anything was mounted.
 * @throws MOUNT_BUSY with the holders; with `lazily`, when the detached daemon lives on.
 */
export async function unmountVault(
  vault: Vault,
  { lazily }: { readonly lazily: boolean },
  dependencies: EngineDependencies,
): Promise<{ readonly changed: boolean }> {
  const state = await stateOfVault(vault);
  const daemons = findDaemons(vault.engine.name, vault.encryptedDir);
  if (state.kind !== 'unmounted') {
    verifyUsable(vault, state);
    await detachAll(vault, lazily || state.kind === 'stale', dependencies);
  }
  const alive = await waitForExit(daemons, lazily ? 5000 : vault.engine.exitDeadline);
  if (alive.length > 0) throw stillServed(vault, alive);
  return { changed: state.kind !== 'unmounted' || daemons.length > 0 };
}

function stillServed(vault: Vault, daemons: readonly { pid: number }[]): CryptosyncError {
  const holders = findHolders(vault.mountDir);
  const pids = daemons.map(({ pid }) => pid).join(', ');
  return new CryptosyncError(
    'MOUNT_BUSY',
    `${vault.mountDir} is detached, but its ${vault.engine.name} daemon (pid ${pids}) still runs and can still write${describeHolders(holders)}`,
    {
      hint: 'It ends when the last process that uses the vault closes its files.',
      details: { daemons: daemons.map(({ pid }) => pid), holders },
    },
  );
}

/** Takes every mount of the vault off its directory; several can lie on top of each other (TOOLS.md G1). */
async function detachAll(vault: Vault, lazily: boolean, dependencies: EngineDependencies): Promise<void> {
  const { environment, signal } = dependencies;
  const file = requireTool('fusermount3', environment);
  let busy = 0;
  for (;;) {
    const state = await stateOfVault(vault);
    if (state.kind === 'unmounted' || state.kind === 'foreign') return;
    const finished = await run({
      file,
      args: [lazily ? '-uz' : '-u', '--', vault.mountDir],
      environment: minimalEnvironment(environment),
      deadline: 30_000,
      signal,
    });
    if (finished.exitCode === 0) continue;
    if (!/busy/i.test(finished.stderr)) {
      throw new CryptosyncError(
        'MOUNT_FAILED',
        `can't unmount ${vault.mountDir}: ${lastLines(finished.stderr, 2)}`,
        {
          hint: 'Unmount it as the user who mounted it, or as root.',
        },
      );
    }
    busy += 1;
    if (busy > busyAttempts) throw mountBusy(vault.mountDir);
    await pause(busyPause, signal);
  }
}

/** An indexer or a prompt may hold a mount for an instant: it is asked again before it is called busy. */
const busyAttempts = 3;
const busyPause = 200;

function mountBusy(mountDir: string): CryptosyncError {
  const holders = findHolders(mountDir);
  return new CryptosyncError('MOUNT_BUSY', `${mountDir} is in use${describeHolders(holders)}`, {
    hint: 'Close these programs (a shell whose directory lies in the vault counts), then run it again. --force detaches the mount and leaves them running.',
    details: { holders },
  });
}

function describeHolders(holders: readonly Holder[]): string {
  if (holders.length === 0) return '';
  return ` by ${holders.map(({ pid, command }) => `${command || 'a process'} (pid ${pid})`).join(', ')}`;
}
