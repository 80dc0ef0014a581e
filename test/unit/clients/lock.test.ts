import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock, type LockRequest, withLock } from '../../../src/clients/lock.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';
import { hintOf, rejectionOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const dependencies = { environment: { PATH: process.env['PATH'] }, clock: systemClock };

function requestFor(path: string): LockRequest {
  return { path, subject: 'the vault of a/default', purpose: 'sync', wait: 0 };
}

describe('a lock', () => {
  it('keeps a second one out, who is told what is locked and who holds it', async () => {
    const request = requestFor(join(scratchDirectory(), 'locks', 'vault.lock'));
    const lock = await acquireLock(request, dependencies);
    const error = await rejectionOf(acquireLock({ ...request, purpose: 'unmount' }, dependencies));
    expect(error).toMatchObject({ code: 'LOCKED', exit: 75 });
    expect(error.message).toMatch(
      new RegExp(`^the vault of a/default is in use by sync \\(pid ${process.pid}, since \\d{4}-.*Z\\)$`),
    );
    expect(hintOf(error)).toContain('--wait');
    lock.release();
    (await acquireLock(request, dependencies)).release();
  });

  it('is waited for as long as asked, and given up after that', async () => {
    const request = requestFor(join(scratchDirectory(), 'vault.lock'));
    const lock = await acquireLock(request, dependencies);
    const waiting = acquireLock({ ...request, wait: 20_000 }, dependencies);
    setTimeout(() => lock.release(), 300);
    (await waiting).release();
    const again = await acquireLock(request, dependencies);
    // when it is asked for, when it is found taken, and when it is found taken once more
    const times = [0, 499, 500];
    const clock = { now: () => new Date(times.shift() ?? Number.NaN) };
    const late = acquireLock({ ...request, wait: 500 }, { ...dependencies, clock });
    expect(await rejectionOf(late)).toMatchObject({ code: 'LOCKED' });
    expect(times).toEqual([]);
    again.release();
  });

  it('lets shared holders in side by side, and an exclusive one only without them', async () => {
    const request = requestFor(join(scratchDirectory(), 'rclone.lock'));
    const shared = { ...request, kind: 'shared' as const };
    const both = [await acquireLock(shared, dependencies), await acquireLock(shared, dependencies)];
    expect(await rejectionOf(acquireLock(request, dependencies))).toMatchObject({ code: 'LOCKED' });
    both.map((lock) => lock.release());
    (await acquireLock(request, dependencies)).release();
  });

  it('is released when the work under it fails', async () => {
    const request = requestFor(join(scratchDirectory(), 'vault.lock'));
    const failing = withLock(request, dependencies, async () => {
      throw new CryptosyncError('SYNC_FAILED', 'x');
    });
    expect(await rejectionOf(failing)).toMatchObject({ code: 'SYNC_FAILED' });
    (await acquireLock(request, dependencies)).release();
    expect(JSON.parse(readFileSync(request.path, 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('is not waited for any longer once the run is interrupted', async () => {
    const request = requestFor(join(scratchDirectory(), 'vault.lock'));
    const lock = await acquireLock(request, dependencies);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new CryptosyncError('INTERRUPTED', 'interrupted by SIGTERM')), 100);
    const waiting = acquireLock({ ...request, wait: 60_000 }, { ...dependencies, signal: controller.signal });
    expect(await rejectionOf(waiting)).toMatchObject({ code: 'INTERRUPTED' });
    lock.release();
  });

  it('says which tool is missing', async () => {
    const request = requestFor(join(scratchDirectory(), 'vault.lock'));
    const missing = acquireLock(request, { ...dependencies, environment: { PATH: '/nowhere' } });
    expect(await rejectionOf(missing)).toMatchObject({ code: 'TOOL_MISSING' });
  });
});
