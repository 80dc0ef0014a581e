/**
 * Locks across processes by flock(2): the kernel gives the lock up when its holder dies, kill -9 included. Node has
 * no call for it, so flock(1) of util-linux locks a descriptor that this process keeps open: the lock belongs to the
 * open file description, which both share, and stays when flock has exited (flock(2)). Node opens files
 * close-on-exec, so no child takes the lock along.
 */
import { closeSync, fstatSync, ftruncateSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, pause, toIsoSeconds } from '../system/clock.ts';
import { requireTool } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError, errnoOf, interruption } from '../system/errors.ts';
import { ensureDirectory, openForAppending, readTextIfPresent } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { verifyTrusted } from '../system/paths/trust.ts';
import { lastLines, runUnheard } from '../system/process.ts';
import { directoryMode, fileMode } from './layout.ts';

export interface LockRequest {
  readonly path: string;
  /** A directory above it, below which no link is followed; default: the one that holds it. */
  readonly base?: string;
  /** It lies in a directory of ours among somebody's data: of the way there nothing is believed. */
  readonly isAmongData?: boolean;
  /** What is locked, for messages: `the vault of client1/default`. */
  readonly subject: string;
  /** What this process is doing, told to whoever finds the lock taken: `sync`. */
  readonly purpose: string;
  /** `shared` lets other shared holders in and keeps exclusive ones out. Default `exclusive`. */
  readonly kind?: 'exclusive' | 'shared';
  /** Milliseconds to wait for it, when it is taken alone; 0, the default, is not at all. */
  readonly wait?: number;
}

export interface LockDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface Lock {
  release(): void;
}

/** flock(1): 1 is "taken" as asked for by `-E`; anything else is a failure of its own. */
const taken = 75;
const pollInterval = 200;

/** @throws LOCKED naming the holder, when the lock is still taken after `wait`; CONFIG_INVALID for a file of others. */
export async function acquireLock(request: LockRequest, dependencies: LockDependencies): Promise<Lock> {
  return await acquireLocks([request], request.wait ?? 0, dependencies);
}

/**
 * Takes several locks, all or none: who waits for one of them holds no other. So no two commands can wait for each
 * other, whatever they need, and one that waits keeps nobody out of what it does not use yet.
 * @param wait milliseconds for all of them together, instead of each one's own.
 * @throws LOCKED naming the holder of the one that is still taken
 */
export async function acquireLocks(
  requests: readonly LockRequest[],
  wait: number,
  dependencies: LockDependencies,
): Promise<Lock> {
  const until = dependencies.clock.now().getTime() + wait;
  for (let order = withoutTwins(requests); ; ) {
    const attempt = await tryLocks(order, dependencies);
    if (attempt.taken === undefined) return released(attempt.descriptors);
    const { taken } = attempt;
    if (dependencies.signal?.aborted) throw interruption(dependencies.signal);
    if (dependencies.clock.now().getTime() >= until) throw locked(taken);
    // the one that was taken is asked for first from now on: the others are left alone until it is free
    order = [taken, ...order.filter((request) => request !== taken)];
    // two that miss each other's locks must not do so in step for ever
    await pause(pollInterval * (0.75 + Math.random() / 2), dependencies.signal);
  }
}

/** Each file once: of two requests for the same the stricter. */
function withoutTwins(requests: readonly LockRequest[]): readonly LockRequest[] {
  const strictest = new Map<string, LockRequest>();
  for (const request of requests) {
    if (request.kind === 'shared' && strictest.has(request.path)) continue;
    strictest.set(request.path, request);
  }
  return [...strictest.values()];
}

function released(descriptors: readonly number[]): Lock {
  let held = true;
  return {
    release() {
      if (held) descriptors.forEach(closeAnyway);
      held = false;
    },
  };
}

/** A store that has died fails to be told; the descriptor is closed all the same (close(2)). */
function closeAnyway(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch (error) {
    if (errnoOf(error) === 'EBADF') throw error;
  }
}

interface Attempt {
  readonly descriptors: readonly number[];
  /** The lock that another holds; then none is held. */
  readonly taken: LockRequest | undefined;
}

async function tryLocks(requests: readonly LockRequest[], dependencies: LockDependencies): Promise<Attempt> {
  const descriptors: number[] = [];
  try {
    for (const request of requests) {
      const descriptor = await tryFile(request, dependencies);
      if (descriptor === undefined) {
        descriptors.map(closeSync);
        return { descriptors: [], taken: request };
      }
      descriptors.push(descriptor);
    }
  } catch (error) {
    descriptors.map(closeSync);
    throw error;
  }
  return { descriptors, taken: undefined };
}

/** @returns the descriptor that holds the lock; undefined when another has it. */
async function tryFile(request: LockRequest, dependencies: LockDependencies): Promise<number | undefined> {
  for (;;) {
    const { path, base } = request;
    ensureDirectory(dirname(path), directoryMode, base);
    if (request.isAmongData !== true) verifyTrusted(path, base);
    const descriptor = openForAppending(path, fileMode, base);
    try {
      if (!(await tryLock(descriptor, request, dependencies))) {
        closeSync(descriptor);
        return undefined;
      }
      if (isStillAt(descriptor, path)) {
        describeHolder(descriptor, request, dependencies.clock);
        return descriptor;
      }
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    // a directory above was moved away or replaced meanwhile: that file locks nothing any more
    closeSync(descriptor);
  }
}

function isStillAt(descriptor: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const own = fstatSync(descriptor);
  return there !== undefined && there.ino === own.ino && there.dev === own.dev;
}

/** Runs `action` under a lock. @throws LOCKED */
export async function withLock<Result>(
  request: LockRequest,
  dependencies: LockDependencies,
  action: () => Promise<Result>,
): Promise<Result> {
  const lock = await acquireLock(request, dependencies);
  try {
    return await action();
  } finally {
    lock.release();
  }
}

async function tryLock(
  descriptor: number,
  request: LockRequest,
  { environment, signal }: LockDependencies,
): Promise<boolean> {
  const finished = await runUnheard(
    {
      file: requireTool('flock', environment),
      args: [request.kind === 'shared' ? '-s' : '-x', '-n', '-E', String(taken), '3'],
      environment: minimalEnvironment(environment),
      descriptors: [descriptor],
      deadline: 10_000,
      signal,
    },
    [0, taken],
  );
  if (finished.exitCode === 0) return true;
  if (finished.exitCode === taken) return false;
  throw new CryptosyncError(
    'UNEXPECTED',
    `flock failed on ${request.path}: ${lastLines(finished.stderr, 2)}`,
  );
}

function describeHolder(descriptor: number, { purpose }: LockRequest, clock: Clock): void {
  ftruncateSync(descriptor);
  writeSync(
    descriptor,
    `${JSON.stringify({ pid: process.pid, purpose, since: toIsoSeconds(clock.now()) })}\n`,
  );
}

/** Who holds, or held, a lock, as far as its file says it. */
export interface LockHolder {
  readonly pid?: number;
  readonly purpose?: string;
  readonly since?: string;
}

/** What the file of a lock says of its holder; nothing where it says nothing that can be understood. */
export function readLockHolder(path: string): LockHolder {
  try {
    const { pid, purpose, since } = Object(parseStoredJson(readTextIfPresent(path) ?? 'null'));
    return {
      ...(Number.isSafeInteger(pid) && pid > 0 && { pid }),
      ...(isShort(purpose) && { purpose }),
      ...(isShort(since) && { since }),
    };
  } catch {
    return {}; // the holder has not written its name yet, or it is no file
  }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 100;
}

function locked({ path, subject }: LockRequest): CryptosyncError {
  const holder = readLockHolder(path);
  const who =
    holder.pid === undefined
      ? 'another process'
      : `${holder.purpose ?? 'a command'} (pid ${holder.pid}, since ${holder.since ?? 'unknown'})`;
  return new CryptosyncError('LOCKED', `${subject} is in use by ${who}`, { details: { holder } });
}
