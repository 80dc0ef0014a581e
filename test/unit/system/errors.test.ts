import { describe, expect, it } from 'vitest';
import { directoryFailure } from '../../../src/remotes/directory/failure.ts';
import { exitOf } from '../../../src/system/error-codes.ts';
import {
  CryptosyncError,
  type ErrorCode,
  errnoOf,
  interruption,
  isScarcity,
  toCryptosyncError,
} from '../../../src/system/errors.ts';
import { hintOf } from '../../support/refusal.ts';

/** The table of the manual: scripts depend on it. */
const exits: Readonly<Record<number, readonly string[]>> = {
  1: ['UNEXPECTED'],
  2: ['USAGE', 'INVALID_CLIENT_ID', 'INVALID_TENANT_ID'],
  3: ['PARTIAL'],
  10: [
    'CLIENT_NOT_FOUND',
    'PROFILE_NOT_FOUND',
    'CONFIG_INVALID',
    'REMOTE_NOT_CONFIGURED',
    'REMOTE_TYPE_UNKNOWN',
    'ALREADY_INSTALLED',
    'WORKLOAD_NOT_FOUND',
    'TENANT_NOT_CLAIMED',
  ],
  11: ['TOOL_MISSING', 'TOOL_TOO_OLD', 'FUSE_UNAVAILABLE'],
  12: [
    'WRONG_PASSWORD',
    'INVALID_PASSWORD',
    'PASSWORD_REQUIRED',
    'INVALID_ENCRYPTION_KEY',
    'DECRYPTION_FAILED',
    'KEY_REQUIRED',
  ],
  13: ['MOUNT_FAILED', 'MOUNT_BUSY', 'MOUNT_DIR_NOT_EMPTY'],
  14: [
    'REMOTE_UNREACHABLE',
    'REMOTE_AUTH_FAILED',
    'SYNC_FAILED',
    'BISYNC_NEEDS_RESYNC',
    'DISK_FULL',
    'NOT_VERIFIED',
    'HOOK_FAILED',
  ],
  15: [
    'VAULT_MISSING',
    'VAULT_EMPTY',
    'VAULT_MISMATCH',
    'VAULT_FOREIGN',
    'REMOTE_NOT_EMPTY',
    'REMOTE_AHEAD',
    'REMOTE_BEHIND',
    'REMOTE_EMPTY',
    'DELETE_LIMIT',
    'LOCAL_CHANGES',
    'PLAN_CHANGED',
  ],
  16: ['VERIFY_FAILED', 'OVERDUE'],
  75: ['LOCKED', 'ALREADY_CLAIMED', 'NOT_READY', 'SKIPPED', 'VAULT_MOUNTED'],
  130: ['INTERRUPTED'],
};
const rows = Object.entries(exits).flatMap(([exit, codes]) =>
  codes.map((code) => [code as ErrorCode, Number(exit)] as const),
);

describe('the catalogue of errors', () => {
  it.each(rows)('%s exits with %i', (code, exit) => {
    expect(new CryptosyncError(code, 'x').exit).toBe(exit);
    expect(new CryptosyncError(code, 'x').toReport()).toMatchObject({ code, exit, message: 'x' });
  });

  it('has no code that the manual does not name', () => {
    expect(Object.keys(exitOf).sort()).toEqual(rows.map(([code]) => code).sort());
  });

  it('gives programs an advice as data, and no words of a command line', () => {
    const advice = { to: 'allow-deletions', deletions: 60 } as const;
    expect(new CryptosyncError('DELETE_LIMIT', 'x', { advice }).toReport()).toEqual({
      code: 'DELETE_LIMIT',
      message: 'x',
      advice,
      exit: 15,
    });
  });

  it('keeps a cause and a stack out of the report', () => {
    const report = new CryptosyncError('SYNC_FAILED', 'x', { cause: new Error('why') }).toReport();
    expect(Object.keys(report).sort()).toEqual(['code', 'exit', 'message']);
  });
});

const systemError = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: x`), { code, ...(path === undefined ? {} : { path }) });

describe('toCryptosyncError', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL', /no space is left on the disk for \/a\/b/],
    ['EDQUOT', 'DISK_FULL', /quota/],
    ['EACCES', 'CONFIG_INVALID', /\/a\/b: permission denied/],
    ['EPERM', 'CONFIG_INVALID', /\/a\/b/],
    ['EROFS', 'CONFIG_INVALID', /read-only/],
    ['ENOTDIR', 'CONFIG_INVALID', /\/a\/b is not a directory/],
    ['EEXIST', 'CONFIG_INVALID', /\/a\/b/],
    ['EISDIR', 'CONFIG_INVALID', /\/a\/b is a directory/],
    ['ELOOP', 'CONFIG_INVALID', /\/a\/b lead in a circle/],
    ['ENAMETOOLONG', 'CONFIG_INVALID', /\/a\/b is too long/],
  ] as const)('explains the system error %s as %s, with a next step', (errno, code, message) => {
    const error = toCryptosyncError(systemError(errno, '/a/b'));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(hintOf(error)).toBeTruthy();
    expect(errnoOf(error.cause)).toBe(errno);
  });

  it.each([
    ['ENOMEM', 'memory'],
    ['EMFILE', 'open files'],
    ['ENFILE', 'open files'],
    ['EAGAIN', 'processes'],
  ])('tells by %s that the machine has no more %s, also in a remote directory', (errno, what) => {
    const error = systemError(errno, '/a/b');
    expect(isScarcity(errno)).toBe(true);
    for (const told of [toCryptosyncError(error), directoryFailure('/a', error)])
      expect(told).toMatchObject({ code: 'LOCKED', message: expect.stringContaining(`no more ${what} `) });
  });

  it('calls everything else a bug, and keeps it as the cause', () => {
    const bug = new TypeError('x is not a function');
    expect(toCryptosyncError(bug)).toMatchObject({ code: 'UNEXPECTED', exit: 1, cause: bug });
    expect(toCryptosyncError(systemError('EBADF'))).toMatchObject({ code: 'UNEXPECTED' });
    expect(toCryptosyncError('thrown text')).toMatchObject({ code: 'UNEXPECTED', message: 'thrown text' });
  });

  it('leaves an error of the catalogue as it is', () => {
    const error = new CryptosyncError('LOCKED', 'x');
    expect(toCryptosyncError(error)).toBe(error);
  });
});

describe('interruption', () => {
  it("is the abort's own reason when that has a code, and INTERRUPTED otherwise", () => {
    const reason = new CryptosyncError('INTERRUPTED', 'interrupted by SIGTERM');
    expect(interruption(AbortSignal.abort(reason))).toBe(reason);
    expect(interruption(AbortSignal.abort())).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });
});
