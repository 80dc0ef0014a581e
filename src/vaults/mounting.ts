/**
 * Mounting a vault, whatever its engine: the mount table decides what is true, the canary whether it is the right
 * vault. The caller holds the vault's lock.
 */
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import type { Secret } from '../secrets/secret.ts';
import { pause } from '../system/clock.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { prepareCanaryReading } from './canary.ts';
import {
  type Claim,
  type Confirmed,
  confirmMountedBefore,
  confirmOpened,
  type Opening,
} from './confirmation.ts';
import {
  defaultMountOptions,
  type Engine,
  type EngineDependencies,
  type IdentityLook,
  type MadeWith,
  type MountOptions,
} from './engines/engine.ts';
import { topFileReader } from './engines/top-file.ts';
import { prepareMountDirectory, setImmutable, verifySeparate, whileWritable } from './mounts/mount-point.ts';
import type { MountState } from './mounts/mount-table.ts';
import { lettingOthersIn } from './mounts/others.ts';
import { findDaemons, startedProcesses, waitForExit } from './mounts/processes.ts';
import { identityFrom, verifyMadeWith } from './proof.ts';
import {
  detachStale,
  detachStarted,
  mountedElsewhere,
  stillServed,
  verifyHere,
  verifyOwn,
} from './unmounting.ts';
import { isListed, listedStateOfVault, mountsElsewhere, stateOfVault, type Vault } from './vault.ts';
import { inspectEncryptedDirectory, verifySpace } from './vault-directory.ts';

export { unmountVault } from './unmounting.ts';
export { stateOfVault, type Vault } from './vault.ts';

export interface MountOutcome extends Confirmed {
  readonly changed: boolean;
  readonly readOnly: boolean;
}

/**
 * Mounts a vault, or confirms that it is mounted; a dead mount is cleaned up first.
 * @param claim what the caller says of it.
 * @throws every code of the engine's `mount`; MOUNT_BUSY, VAULT_MISMATCH, PASSWORD_REQUIRED, CONFIG_INVALID,
 * DISK_FULL. Then it is not mounted, unless it was before.
 */
export async function mountVault(
  vault: Vault,
  password: Secret | undefined,
  options: MountOptions,
  claim: Claim,
  dependencies: EngineDependencies,
): Promise<MountOutcome> {
  const state = await stateOfVault(vault);
  verifyUsable(vault, state);
  if (state.kind === 'mounted') {
    const readOnly = state.entries.at(-1)?.readOnly ?? false;
    const confirmed = stillListed(vault, await confirmMountedBefore(vault, readOnly, claim));
    return { ...confirmed, changed: false, readOnly };
  }
  await detachStale(vault, state, dependencies);
  if ((await waitUntilUnserved(vault)) === 'mounted') {
    return await mountVault(vault, password, options, claim, dependencies);
  }
  verifyInitialised(vault.engine, vault.encryptedDir);
  const before = vault.engine.lookAtIdentity(topFileReader(vault.encryptedDir));
  const madeWith = claim.accept ? undefined : vault.madeWith;
  verifyMadeWith(madeWith, before.madeWith, vault.encryptedDir);
  if (!options.readOnly) verifyWritable(vault);
  await prepare(vault, dependencies);
  if (password === undefined)
    throw new CryptosyncError('PASSWORD_REQUIRED', 'the password of the vault is needed');
  const { engine, encryptedDir, mountDir } = vault;
  const paths = { stateDirectory: vault.stateDirectory, madeWith };
  const start = () => engine.mount(encryptedDir, mountDir, password, options, paths, dependencies);
  const { readOnly } = options;
  const begin = () => startAndConfirm(vault, start, { before, readOnly, claim }, dependencies);
  const confirmed = await (options.allowOther ? lettingOthersIn(vault, begin) : begin());
  return { ...confirmed, changed: true, readOnly };
}

/**
 * Makes a vault in the empty encrypted directory, mounts it and gives it its id. Some engines can make a vault only
 * by mounting it, and deriving a key can take ten seconds: so the making mount is the first mount as well.
 * @returns what it was made with.
 * @throws every code of the engine's `createMounted`; then it is not mounted, and the directory may hold leftovers.
 */
export async function mountNewVault(
  vault: Vault,
  password: Secret,
  vaultId: string,
  dependencies: EngineDependencies,
): Promise<MadeWith> {
  const { engine, encryptedDir, mountDir } = vault;
  await prepare(vault, dependencies);
  const start = () => engine.createMounted(encryptedDir, mountDir, password, vault, dependencies);
  const { readOnly } = defaultMountOptions;
  const opening = { before: undefined, readOnly, claim: { newVaultId: vaultId } };
  const { madeWith = [] } = await startAndConfirm(vault, start, opening, dependencies);
  return madeWith;
}

interface Beginning extends Pick<Opening, 'readOnly' | 'claim'> {
  /** The look at what tells the vault from others; undefined for one that is made by opening it. */
  readonly before: IdentityLook | undefined;
}

/** Starts the daemon and believes it only when the table and the canary agree; otherwise undoes it. */
async function startAndConfirm(
  vault: Vault,
  start: () => Promise<MadeWith | undefined>,
  { before, ...opening }: Beginning,
  dependencies: EngineDependencies,
): Promise<Confirmed> {
  const { engine, mountDir } = vault;
  let isStarted = false;
  try {
    // before the engine starts: where this process has to wait, the mount may be there before the next line
    const below = openSync(mountDir, constants.O_RDONLY | constants.O_DIRECTORY);
    const starting = engine.triesMountDirectory
      ? whileWritable(mountDir, dependencies.environment, start)
      : start();
    // what comes next is prepared while the engine derives its key
    const [started, ready] = await Promise.allSettled([starting, prepareConfirmation(vault, before, below)]);
    try {
      if (started.status === 'rejected') throw started.reason;
      isStarted = true;
      if (ready.status === 'rejected') throw ready.reason;
      await confirmMounted(vault);
      const reading = await ready.value.canary.read();
      const opened = { ...opening, before: ready.value.before, madeWith: started.value, reading };
      return stillListed(vault, await confirmOpened(vault, opened));
    } finally {
      if (ready.status === 'fulfilled') ready.value.canary.forget();
    }
  } catch (error) {
    await withdraw(vault, dependencies);
    // a daemon that finds an old or changed block while the canary is read ends itself, and leaves a record of it
    throw (isStarted ? engine.findIntegrityViolation?.(vault) : undefined) ?? error;
  }
}

/** @param below the mount directory, opened while nothing was mounted on it; it is closed here. */
async function prepareConfirmation({ mountDir }: Vault, before: IdentityLook | undefined, below: number) {
  try {
    return { before: before && identityFrom(before), canary: prepareCanaryReading(mountDir, below) };
  } finally {
    closeSync(below);
  }
}

function verifyUsable(vault: Vault, state: MountState): void {
  verifyOwn(vault, state);
  if (state.kind !== 'unreadable') return;
  throw new CryptosyncError('MOUNT_FAILED', `${vault.mountDir} can't be used: ${state.reason}`, {
    advice: { to: 'detach-unreadable-mount' },
  });
}

/**
 * @returns `mounted` when a daemon that a killed command left behind has mounted the vault in the meantime.
 * @throws MOUNT_BUSY when the vault is mounted elsewhere, or a detached daemon still serves it.
 */
async function waitUntilUnserved(vault: Vault): Promise<'unserved' | 'mounted'> {
  verifySeparate(vault.encryptedDir, vault.mountDir);
  let processes = startedProcesses();
  verifyHere(vault, processes);
  const elsewhere = mountsElsewhere(vault)[0];
  if (elsewhere !== undefined) throw mountedElsewhere(elsewhere);
  for (const until = Date.now() + 2000; ; ) {
    const daemons = await waitForExit(findDaemons(vault.engine.name, vault.encryptedDir, processes), 200);
    if (isListed(vault)) return 'mounted';
    if (daemons.length === 0) return 'unserved';
    if (Date.now() >= until) throw stillServed(vault, daemons);
    processes = startedProcesses();
  }
}

async function prepare(vault: Vault, { environment }: EngineDependencies): Promise<void> {
  const { engine, encryptedDir, mountDir } = vault;
  engine.verifyPath(encryptedDir);
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
    other: `has no file ${engine.configFile}`,
  }[content.kind];
  throw new CryptosyncError('VAULT_MISSING', `there is no vault: ${encryptedDir} ${what}`, {
    advice: { to: 'restore-missing-vault' },
  });
}

/** @throws MOUNT_FAILED, DISK_FULL */
function verifyWritable({ engine, encryptedDir }: Vault): void {
  try {
    accessSync(encryptedDir, constants.W_OK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'EROFS' && errno !== 'EACCES') throw error;
    throw new CryptosyncError(
      'MOUNT_FAILED',
      `${encryptedDir} can't be written: ${errno === 'EROFS' ? 'its file system is read-only' : 'permission denied'}`,
      { advice: { to: 'mount-read-only' } },
    );
  }
  verifySpace(encryptedDir, engine.spaceToWrite, { to: 'make-room-or-read-only' });
}

/** Milliseconds that a mount gets to appear in the kernel's table. */
const appearDeadline = 1000;

/** A daemon may need a moment after its parent exits until the kernel lists the mount. */
async function confirmMounted(vault: Vault): Promise<void> {
  const until = Date.now() + appearDeadline;
  let state = await listedStateOfVault(vault);
  for (let wait = 1; state.kind === 'unmounted' && Date.now() < until; wait *= 1.5) {
    await pause(wait);
    state = await listedStateOfVault(vault);
  }
  // that its daemon answers is proven by the canary
  if (state.kind === 'mounted') return;
  const found = 'reason' in state ? state.reason : `it is ${state.kind}`;
  throw new CryptosyncError(
    'MOUNT_FAILED',
    `${vault.engine.name} said that ${vault.mountDir} is mounted, but ${found}`,
    { advice: { to: 'look-in-system-log' } },
  );
}

/** An engine may give a vault up at any moment: what was confirmed counts while the table still lists it. */
function stillListed(vault: Vault, confirmed: Confirmed): Confirmed {
  if (isListed(vault)) return confirmed;
  throw new CryptosyncError(
    'MOUNT_FAILED',
    `${vault.engine.name} gave up ${vault.mountDir} right after mounting it`,
    { advice: { to: 'look-in-system-log' } },
  );
}

/** Undoes a mount that failed half way, and waits for the daemon; what went wrong first is what counts. */
async function withdraw(vault: Vault, { environment }: EngineDependencies): Promise<void> {
  try {
    await detachStarted(vault, { environment });
  } catch {
    // reported by the next status: the mount table has it
  }
}
