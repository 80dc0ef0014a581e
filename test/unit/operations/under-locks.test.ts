import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock, acquireLocks, type LockRequest } from '../../../src/clients/lock.ts';
import { underLocks, underLocksAfterAsking } from '../../../src/operations/under-locks.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { rejectionOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const context = { environment: { PATH: process.env['PATH'] }, clock: systemClock };

function place() {
  const directory = scratchDirectory();
  return (name: string): LockRequest => ({
    path: join(directory, 'locks', `${name}.lock`),
    subject: name,
    purpose: 'test',
  });
}

const isFree = async (request: LockRequest): Promise<boolean> => {
  try {
    (await acquireLock(request, context)).release();
    return true;
  } catch {
    return false;
  }
};

describe('several locks', () => {
  it('are taken all or none: one that waits holds no other', async () => {
    const request = place();
    const held = await acquireLock(request('b'), context);
    const waiting = acquireLocks([request('a'), request('b')], 30_000, context);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // asked for the taken one first by now, it leaves the other alone
    expect(await isFree(request('a'))).toBe(true);
    held.release();
    const both = await waiting;
    expect([await isFree(request('a')), await isFree(request('b'))]).toEqual([false, false]);
    both.release();
    expect([await isFree(request('a')), await isFree(request('b'))]).toEqual([true, true]);
  });

  it('of one file are one lock, the stricter of the two', async () => {
    const request = place();
    const both = await acquireLocks([{ ...request('a'), kind: 'shared' }, request('a')], 0, context);
    expect(await rejectionOf(acquireLock({ ...request('a'), kind: 'shared' }, context))).toMatchObject({
      code: 'LOCKED',
    });
    both.release();
  });

  it('never meet for ever when two ask for them in opposite order', async () => {
    const request = place();
    const done: string[] = [];
    const take = async (name: string, requests: LockRequest[]): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        const lock = await acquireLocks(requests, 60_000, context);
        done.push(name);
        lock.release();
      }
    };
    await Promise.all([
      take('one', [request('a'), request('b')]),
      take('other', [request('b'), request('a')]),
    ]);
    expect(done.sort()).toEqual(['one', 'one', 'one', 'other', 'other', 'other']);
  });
});

describe('work under locks', () => {
  it('acts on what is seen when the locks are held', async () => {
    const request = place();
    let value = 'before';
    const held = await acquireLock(request('a'), context);
    const result = underLocks(
      context,
      { wait: 30_000 },
      { look: () => value, locks: () => [request('a')], act: async (seen) => seen },
    );
    value = 'after';
    held.release();
    expect(await result).toBe('after');
  });

  it('takes the lock that is the right one by then, and gives the other back', async () => {
    const request = place();
    let name = 'a';
    const held = await acquireLock(request('a'), context);
    const result = underLocks(
      context,
      { wait: 30_000 },
      {
        look: () => name,
        locks: (seen) => [request(seen)],
        act: async () => [await isFree(request('a')), await isFree(request('b'))],
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 250));
    name = 'b';
    held.release();
    expect(await result).toEqual([true, false]);
  });

  it('asks again, without a lock, when the question has changed, and forgets every answer', async () => {
    const request = place();
    let question = 'who?';
    const asked: [string, boolean][] = [];
    const forgotten: string[] = [];
    const held = await acquireLock(request('a'), context);
    const result = underLocksAfterAsking(
      context,
      { wait: 30_000 },
      {
        look: () => question,
        locks: () => [request('a')],
        async ask(seen) {
          asked.push([seen, asked.length === 0 || (await isFree(request('a')))]);
          return `answer to ${seen}`;
        },
        question: (seen) => seen,
        forget: (answer) => void forgotten.push(answer),
        act: async (_seen, answer) => answer,
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    question = 'what?';
    held.release();
    expect(await result).toBe('answer to what?');
    expect(asked).toEqual([
      ['who?', true],
      ['what?', true],
    ]);
    expect(forgotten).toEqual(['answer to who?', 'answer to what?']);
  });

  it('does nothing when what it needs is gone by then', async () => {
    const request = place();
    let isThere = true;
    const held = await acquireLock(request('a'), context);
    const acted: string[] = [];
    const look = (): void => {
      if (!isThere) throw new Error('gone');
    };
    const result = underLocks(
      context,
      { wait: 30_000 },
      { look, locks: () => [request('a')], act: async () => void acted.push('acted') },
    );
    isThere = false;
    held.release();
    await expect(result).rejects.toThrow('gone');
    expect([acted, await isFree(request('a'))]).toEqual([[], true]);
  });

  it('holds the lock of the directory that is there, when it was replaced meanwhile', async () => {
    const request = place();
    const { path } = request('a');
    const directory = join(path, '..');
    const held = await acquireLock(request('a'), context);
    const waiting = acquireLock({ ...request('a'), wait: 30_000 }, context);
    await new Promise((resolve) => setTimeout(resolve, 100));
    renameSync(directory, `${directory}-moved`);
    mkdirSync(directory);
    const lock = await waiting;
    expect(await isFree(request('a'))).toBe(false);
    lock.release();
    held.release();
  });
});
