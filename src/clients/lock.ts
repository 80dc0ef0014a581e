/**
 * Locks across processes by flock(2): the kernel gives the lock up when its holder dies, kill -9 included. Node has
 * no call for it, so flock(1) of util-linux locks a descriptor that this process keeps open: the lock belongs to the
 * open file description, which both share, and stays when flock has exited (flock(2)). Node opens files
 * close-on-exec, so no child takes the lock along.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, pause, toIsoSeconds } from '../system/clock.ts';
import { requireTool } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError, interruption } from '../system/errors.ts';
import { ensureDirectory } from '../system/files.ts';
import { lastLines, run } from '../system/process.ts';
import { directoryMode, fileMode } from './layout.ts';

export interface LockRequest {
  readonly path: string;
  /** What is locked, for messages: `the vault of client1/default`. */
  readonly subject: string;
  /** What this process is doing, told to whoever finds the lock taken: `sync`. */
  readonly purpose: string;
  /** `shared` lets other shared holders in and keeps exclusive ones out. Default `exclusive`. */
  readonly kind?: 'exclusive' | 'shared';
  /** Milliseconds to wait for it; 0 is not at all. */
  readonly wait: number;
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

/** @throws LOCKED naming the holder, when the lock is still taken after `wait`. */
export async function acquireLock(request: LockRequest, dependencies: LockDependencies): Promise<Lock> {
  ensureDirectory(dirname(request.path), directoryMode);
  const descriptor = openSync(request.path, 'a+', fileMode);
  try {
    const until = dependencies.clock.now().getTime() + request.wait;
    while (!(await tryLock(descriptor, request, dependencies))) {
      if (dependencies.signal?.aborted) throw interruption(dependencies.signal);
      if (dependencies.clock.now().getTime() >= until) throw locked(request);
      await pause(pollInterval, dependencies.signal);
    }
    describeHolder(descriptor, request, dependencies.clock);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  let held = true;
  return {
    release() {
      if (held) closeSync(descriptor);
      held = false;
    },
  };
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
  const finished = await run({
    file: requireTool('flock', environment),
    args: [request.kind === 'shared' ? '-s' : '-x', '-n', '-E', String(taken), '3'],
    environment: minimalEnvironment(environment),
    descriptors: [descriptor],
    deadline: 10_000,
    signal,
  });
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

function locked({ path, subject }: LockRequest): CryptosyncError {
  let holder: { pid?: number; purpose?: string; since?: string } = {};
  try {
    holder = JSON.parse(readFileSync(path, 'utf8')) as typeof holder;
  } catch {
    // the holder has not written its name yet
  }
  const who =
    holder.pid === undefined
      ? 'another process'
      : `${holder.purpose ?? 'a command'} (pid ${holder.pid}, since ${holder.since ?? 'unknown'})`;
  return new CryptosyncError('LOCKED', `${subject} is in use by ${who}`, { details: { holder } });
}
