/**
 * Unmounting a vault, whatever its engine. It is over when the mount table has no entry and the daemon is gone: a
 * detached daemon can still write ciphertext (hazards.md G4, C5). The caller holds the vault's lock.
 */
import { pause } from '../system/clock.ts';
import { requireTool } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { lastLines, runUnheard } from '../system/process.ts';
import { whySick } from '../system/stores/stores.ts';
import type { EngineDependencies } from './engines/engine.ts';
import { type MountEntry, type MountState, readMountTable } from './mounts/mount-table.ts';
import { closeToOthers } from './mounts/others.ts';
import {
  daemonsElsewhereIn,
  findDaemons,
  findDaemonsElsewhere,
  findHolders,
  type Holder,
  type Started,
  startedProcesses,
  waitForExit,
} from './mounts/processes.ts';
import { listedStateOfVault, mountsElsewhere, stateOfVault, type Vault } from './vault.ts';

/** Milliseconds that a lazily detached daemon gets to end before it is called alive. */
const lazyExitDeadline = 5000;
/** Milliseconds between two looks for a mount that comes up late. */
const lateMountPause = 500;

/**
 * Unmounts a vault and waits for its daemon's exit.
 * @returns whether anything was mounted.
 * @throws MOUNT_BUSY with the holders; with `lazily`, when the detached daemon lives on. MOUNT_FAILED. VERIFY_FAILED
 * when it is unmounted, but the engine could not write all of it to the disk.
 */
export async function unmountVault(
  vault: Vault,
  { lazily }: { readonly lazily: boolean },
  dependencies: EngineDependencies,
): Promise<{ readonly changed: boolean }> {
  const { engine, encryptedDir } = vault;
  const state = await listedStateOfVault(vault);
  verifyOwn(vault, state);
  if (state.kind === 'unmounted') verifyHere(vault);
  const changed = state.kind !== 'unmounted' || findDaemons(engine.name, encryptedDir).length > 0;
  await detachAll(vault, state, lazily, dependencies);
  const elsewhere = mountsElsewhere(vault)[0];
  if (elsewhere !== undefined) throw mountedElsewhere(elsewhere);
  await waitUntilUnserved(vault, lazily, dependencies);
  closeToOthers(vault, state);
  if (changed) verifyWritten(vault);
  return { changed };
}

/**
 * Waits until no daemon is left. A command that was killed may have left one that mounts only now, under the pid of a
 * child of its own: so table and processes are read again until both are empty.
 */
async function waitUntilUnserved(
  vault: Vault,
  lazily: boolean,
  dependencies: EngineDependencies,
): Promise<void> {
  const { engine, encryptedDir } = vault;
  // a daemon whose disk does not answer can't write what it holds, however long it is waited for
  const isHopeless = lazily || whySick(vault.encryptedDir) !== undefined;
  const until = Date.now() + (isHopeless ? lazyExitDeadline : engine.exitDeadline);
  for (;;) {
    const alive = await waitForExit(findDaemons(engine.name, encryptedDir), lateMountPause);
    const state = await listedStateOfVault(vault);
    if (state.kind === 'unmounted' && alive.length === 0) return;
    if (Date.now() >= until) throw stillServed(vault, alive);
    await detachAll(vault, state, lazily, dependencies);
  }
}

/**
 * @param among all processes, where they were looked at just now.
 * @throws MOUNT_BUSY when a vault that is not mounted here is in another mount namespace
 */
export function verifyHere(vault: Vault, among: readonly Started[] = startedProcesses()): void {
  const { engine, encryptedDir } = vault;
  if (whySick(encryptedDir) !== undefined) return;
  const elsewhere = findDaemonsElsewhere(
    engine.name,
    encryptedDir,
    daemonsElsewhereIn(among, engine.name),
  )[0];
  if (elsewhere !== undefined) throw servedElsewhere(vault, elsewhere.pid);
}

/** @throws MOUNT_FAILED when something else is mounted on the vault's mount directory. */
export function verifyOwn({ mountDir }: Vault, state: MountState): void {
  if (state.kind !== 'foreign') return;
  throw new CryptosyncError('MOUNT_FAILED', `${mountDir} can't be used: ${state.reason}`, {
    advice: { to: 'unmount-foreign', mountDir },
  });
}

/** A vault that is mounted at a second place, by hand (hazards.md G1). */
export function mountedElsewhere({ mountPoint }: MountEntry): CryptosyncError {
  return new CryptosyncError('MOUNT_BUSY', `the vault is also mounted at ${mountPoint}`, {
    advice: { to: 'unmount-elsewhere', mountPoint },
    details: { mountPoint },
  });
}

/** @throws VERIFY_FAILED naming ciphertext that a full disk cut short; a sync would put it over good copies. */
function verifyWritten({ engine, encryptedDir, mountDir }: Vault): void {
  // what the engine could write is known when the disk is back
  if (whySick(encryptedDir) !== undefined) return;
  const torn = engine.findTornFiles?.(encryptedDir) ?? [];
  if (torn.length === 0) return;
  throw new CryptosyncError(
    'VERIFY_FAILED',
    `${mountDir} is unmounted, but ${torn.length} of the vault's files are cut short: ${torn.slice(0, 3).join(', ')}`,
    {
      advice: { to: 'restore-cut-files', engine: engine.name },
      details: { encryptedDir, torn: torn.slice(0, 100) },
    },
  );
}

/** A vault that is mounted where this process does not see it: in a unit with a namespace of its own, in a container. */
function servedElsewhere({ engine, encryptedDir }: Vault, pid: number): CryptosyncError {
  return new CryptosyncError(
    'MOUNT_BUSY',
    `the vault in ${encryptedDir} is mounted in another mount namespace, by the ${engine.name} daemon with pid ${pid}`,
    { advice: { to: 'unmount-in-namespace', pid }, details: { pid } },
  );
}

export function stillServed(vault: Vault, daemons: readonly { pid: number }[]): CryptosyncError {
  const holders = findHolders(vault.mountDir);
  const pids = daemons.map(({ pid }) => pid).join(', ');
  return new CryptosyncError(
    'MOUNT_BUSY',
    `${vault.mountDir} is detached, but its ${vault.engine.name} daemon (pid ${pids}) still runs and can still write${describeHolders(holders)}`,
    {
      advice: { to: 'wait-for-daemon' },
      details: { daemons: daemons.map(({ pid }) => pid), holders },
    },
  );
}

/**
 * Takes every mount of the vault off its directory; several can lie on top of each other (hazards.md G1). Whether a
 * daemon lives is asked only where the mount is busy: a dead one goes like a living one unless somebody stands in it.
 */
async function detachAll(
  vault: Vault,
  first: MountState,
  lazily: boolean,
  dependencies: EngineDependencies,
): Promise<void> {
  let busy = 0;
  let isDead = first.kind === 'stale';
  for (let state = first; state.kind !== 'unmounted' && state.kind !== 'foreign'; ) {
    const isBusy = await detach(vault, lazily || isDead, dependencies);
    if (isBusy) {
      busy += 1;
      if (busy > busyAttempts) throw mountBusy(vault.mountDir);
      isDead = whySick(vault.encryptedDir) !== undefined || (await stateOfVault(vault)).kind === 'stale';
      if (!isDead) await pause(busyPause, dependencies.signal);
    }
    state = await listedStateOfVault(vault);
  }
}

/** Takes the uppermost mount off. @returns true when it is busy. @throws MOUNT_FAILED */
async function detach(
  { mountDir }: Vault,
  lazily: boolean,
  { environment, signal }: EngineDependencies,
): Promise<boolean> {
  const finished = await runUnheard({
    file: requireTool('fusermount3', environment),
    args: [lazily ? '-uz' : '-u', '--', mountDir],
    environment: minimalEnvironment(environment),
    deadline: 30_000,
    signal,
  });
  if (finished.exitCode === 0) return false;
  if (/busy/i.test(finished.stderr)) return true;
  throw new CryptosyncError('MOUNT_FAILED', `can't unmount ${mountDir}: ${lastLines(finished.stderr, 2)}`, {
    advice: { to: 'unmount-as-owner' },
  });
}

/** Clears away a dead mount (hazards.md G2). */
export async function detachStale(
  vault: Vault,
  state: MountState,
  dependencies: EngineDependencies,
): Promise<void> {
  if (state.kind === 'stale') await detachAll(vault, state, true, dependencies);
}

/**
 * Takes off what was just started on a mount directory that had no mount before, under whatever name the table shows
 * it, and waits for the daemon. One whose starter was ended while it derived its key mounts only then: table and
 * processes are read until both are empty.
 */
export async function detachStarted(vault: Vault, dependencies: EngineDependencies): Promise<void> {
  const { engine, encryptedDir, mountDir } = vault;
  const isMounted = () => readMountTable().some(({ mountPoint }) => mountPoint === mountDir);
  const until = Date.now() + engine.exitDeadline;
  for (let busy = 0; busy < busyAttempts && Date.now() < until; ) {
    if (isMounted()) {
      if (!(await detach(vault, false, dependencies))) continue;
      busy += 1;
      await pause(busyPause);
    }
    const alive = await waitForExit(findDaemons(engine.name, encryptedDir), lateMountPause);
    if (alive.length === 0 && !isMounted()) return;
  }
}

/** An indexer or a prompt may hold a mount for an instant: it is asked again before it is called busy. */
const busyAttempts = 3;
const busyPause = 200;

function mountBusy(mountDir: string): CryptosyncError {
  const holders = findHolders(mountDir);
  return new CryptosyncError('MOUNT_BUSY', `${mountDir} is in use${describeHolders(holders)}`, {
    advice: { to: 'close-programs' },
    details: { holders },
  });
}

function describeHolders(holders: readonly Holder[]): string {
  if (holders.length === 0) return '';
  return ` by ${holders.map(({ pid, command }) => `${command || 'a process'} (pid ${pid})`).join(', ')}`;
}
