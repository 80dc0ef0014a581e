/** Taking locks, and giving them back: one, or several at once (docs/layout.md has which there are). */
import { closeSync } from 'node:fs';
import { pause } from '../system/clock.ts';
import { CryptosyncError, errnoOf, interruption } from '../system/errors.ts';
import { type LockDependencies, type LockRequest, tryLocks } from './locks/attempt.ts';
import { readLockHolder } from './locks/holder.ts';

export type { LockRequest } from './locks/attempt.ts';
export { readLockHolder } from './locks/holder.ts';

export interface Lock {
  release(): void;
}

/** Milliseconds between two attempts, about. */
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

function locked({ path, subject }: LockRequest): CryptosyncError {
  const holder = readLockHolder(path);
  const who =
    holder.pid === undefined
      ? 'another process'
      : `${holder.purpose ?? 'a command'} (pid ${holder.pid}, since ${holder.since ?? 'unknown'})`;
  return new CryptosyncError('LOCKED', `${subject} is in use by ${who}`, { details: { holder } });
}
