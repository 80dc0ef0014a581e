import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  acquireLock,
  acquireLocks,
  type LockRequest,
  readLockHolder,
  withLock,
} from '../../../src/clients/lock.ts';
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

describe('several locks', () => {
  const names = Array.from({ length: 12 }, (_value, index) => `${index}.lock`);
  const kinds = ['exclusive', 'shared'] as const;

  function requestsIn(directory: string): LockRequest[] {
    return names.map((name, index) => ({
      ...requestFor(join(directory, name)),
      subject: name,
      kind: kinds[index % 2] ?? 'shared',
    }));
  }

  it('are held all, and given back together', async () => {
    const requests = requestsIn(scratchDirectory());
    const lock = await acquireLocks(requests, 0, dependencies);
    for (const request of requests)
      expect(await rejectionOf(acquireLock({ ...request, kind: 'exclusive' }, dependencies))).toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining(`${request.subject} is in use by sync (pid ${process.pid},`),
      });
    lock.release();
    for (const request of requests)
      (await acquireLock({ ...request, kind: 'exclusive' }, dependencies)).release();
  });

  it.for([0, 1, 5, 11])(
    'are held none where number %i is taken, which is the one that is told',
    async (index) => {
      const requests = requestsIn(scratchDirectory());
      const taken = requests[index] as LockRequest;
      const holder = await acquireLock({ ...taken, kind: 'exclusive', purpose: 'passwd' }, dependencies);
      const error = await rejectionOf(acquireLocks(requests, 0, dependencies));
      expect(error).toMatchObject({
        code: 'LOCKED',
        message: expect.stringMatching(new RegExp(`^${taken.subject} is in use by passwd `)),
      });
      for (const other of requests.filter((request) => request !== taken))
        (await acquireLock({ ...other, kind: 'exclusive' }, dependencies)).release();
      holder.release();
      (await acquireLocks(requests, 0, dependencies)).release();
    },
  );

  it('are refused where one is a link, and none is held or made through it', async () => {
    const directory = scratchDirectory();
    const requests = requestsIn(directory);
    symlinkSync(join(directory, 'elsewhere'), join(directory, '7.lock'));
    expect(await rejectionOf(acquireLocks(requests, 0, dependencies))).toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(existsSync(join(directory, 'elsewhere'))).toBe(false);
    (await acquireLocks(requests.slice(0, 7), 0, dependencies)).release();
  });

  it('are those that lie there in the end, when a directory is replaced while they are taken', async () => {
    const root = scratchDirectory();
    const directory = join(root, 'locks');
    mkdirSync(directory);
    // the first flock of all finds the directory renamed by the time that it has its lock
    const flock = join(root, 'flock');
    writeFileSync(
      flock,
      `#!/bin/sh\n[ -e '${root}/former' ] || mv '${directory}' '${root}/former'\nexec /usr/bin/env -u _ PATH="\${PATH#*:}" flock "$@"\n`,
      { mode: 0o755 },
    );
    const PATH = `${root}:${process.env['PATH']}`;
    const requests = requestsIn(directory);
    const lock = await acquireLocks(requests, 0, { ...dependencies, environment: { PATH } });
    expect(existsSync(join(root, 'former', '0.lock'))).toBe(true);
    for (const request of requests)
      expect(await rejectionOf(acquireLock({ ...request, kind: 'exclusive' }, dependencies))).toMatchObject({
        code: 'LOCKED',
      });
    lock.release();
  });
});

describe('the file of a lock', () => {
  it.for([
    ['nothing', ''],
    ['a short one', '{"pid":1}\n'],
    ['a longer one', `${JSON.stringify({ pid: 4711, purpose: 'x'.repeat(100), since: 'y'.repeat(100) })}\n`],
    ['what is no note', `${'?'.repeat(5000)}\n`],
  ])('tells its holder and nothing else, where it had %s', async ([, text = '']) => {
    const request = requestFor(join(scratchDirectory(), 'vault.lock'));
    writeFileSync(request.path, text, { mode: 0o600 });
    for (const purpose of ['sync', 'a longer purpose than the one before it', 'sync']) {
      const lock = await acquireLock({ ...request, purpose }, dependencies);
      expect(readLockHolder(request.path)).toEqual({
        pid: process.pid,
        purpose,
        since: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      expect(readFileSync(request.path, 'utf8').trimEnd().split('\n')).toHaveLength(1);
      lock.release();
    }
  });
});
