import { describe, expect, it } from 'vitest';
import { exitOf } from '../../../../src/system/error-codes.ts';
import { CryptosyncError, type ErrorCode } from '../../../../src/system/errors.ts';
import { adviceByCode } from '../../../../src/terminal/advice/by-code.ts';
import { adviceFor, reportOf, wordsOf } from '../../../../src/terminal/advice/index.ts';

const codes = Object.keys(exitOf) as ErrorCode[];

describe('what the command line advises', () => {
  it.each(codes)('about %s without an advice of its own is what holds for the code', (code) => {
    expect(adviceFor(new CryptosyncError(code, 'x'))).toBe(adviceByCode[code] ?? undefined);
  });

  it.each(codes)('about %s with an advice of its own is that', (code) => {
    const error = new CryptosyncError(code, 'x', { advice: { to: 'allow-deletions', deletions: 60 } });
    expect(adviceFor(error)).toBe('Look at them with --dry-run. If they are meant to go: --max-delete 60');
  });

  it.each([
    [{ to: 'install-profile', client: 'a', profile: 'default' }, 'cryptosync install --client a'],
    [{ to: 'sync-profile', client: 'a', profile: 'b' }, 'cryptosync sync --client a --profile b'],
    [{ to: 'remove-path', path: "/a b/it's" }, String.raw`rm '/a b/it'\''s'`],
    [
      { to: 'install-tools', packages: ['x'], command: undefined },
      'Install x, or let install do it: --with-deps',
    ],
    [
      { to: 'install-tools', packages: ['x', 'y'], command: 'apk add x y' },
      'Install x, y: apk add x y, or let install do it: --with-deps',
    ],
    [{ to: 'follow-code', code: 'LOCKED' }, adviceByCode.LOCKED],
    [{ to: 'follow-code', code: 'MOUNT_FAILED' }, undefined],
  ] as const)('%j is said as %j', (advice, words) => {
    expect(wordsOf(advice)).toBe(words);
  });

  it('stands as hint in the report of --json, of an error and of what an operation reports of one', () => {
    const details = { deletions: 60 };
    const error = new CryptosyncError('DELETE_LIMIT', 'x', {
      advice: { to: 'allow-deletions', deletions: 60 },
      details,
    });
    const report = { code: 'DELETE_LIMIT', message: 'x', hint: adviceFor(error), exit: 15, details };
    expect(reportOf(error)).toEqual(report);
    expect(reportOf(error.toReport())).toEqual(report);
    expect(Object.keys(reportOf(new CryptosyncError('MOUNT_FAILED', 'x')))).toEqual([
      'code',
      'message',
      'exit',
    ]);
  });
});
