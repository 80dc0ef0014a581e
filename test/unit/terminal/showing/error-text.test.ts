import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CryptosyncError } from '../../../../src/system/errors.ts';
import { errorLines } from '../../../../src/terminal/showing/error-text.ts';
import { columnsOf, wrapped } from '../../../../src/terminal/showing/style.ts';

/** A stream without colours. */
const stream = (isTTY: boolean, columns?: number) =>
  Object.assign(new PassThrough(), {
    isTTY,
    columns,
    getColorDepth: () => 1,
  }) as unknown as NodeJS.WriteStream;

const told = (...given: Parameters<typeof errorLines>): string[] =>
  errorLines(...given).map(stripVTControlCharacters);

describe('how wide a stream is', () => {
  it.each([
    ['a terminal', true, 120, 120],
    ['a terminal that reports 0 columns', true, 0, 80],
    ['a terminal that reports nothing', true, undefined, 80],
    ['a pipe', false, undefined, undefined],
    ['a pipe with a width', false, 60, undefined],
  ] as const)('%s', (_name, isTTY, columns, wide) => {
    expect(columnsOf(stream(isTTY, columns))).toBe(wide);
  });
});

describe('a wrapped text', () => {
  const text = 'the quick brown fox jumps over the lazy dog';

  it.each([20, 24, 33, 80])('breaks between words at %i columns, and loses none', (columns) => {
    const lines = wrapped(text, columns, 0).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.join(' ')).toBe(text);
  });

  it('stands below its beginning, and keeps a word that is too long', () => {
    const path = `/${'long'.repeat(20)}`;
    expect(wrapped(`no ${path} there`, 40, 7)).toBe(`no\n       ${path}\n       there`);
  });

  it('breaks what is told of a program with its version', () => {
    const told = 'this machine: rclone 1.60.1 (an interrupted upload leaves a short file)';
    expect(
      Math.max(
        ...wrapped(told, 40, 0)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(40);
  });

  it('is one line where nobody looks', () => {
    expect(wrapped(text.repeat(9), undefined, 7)).toBe(text.repeat(9));
  });

  it.each([
    ['Set it up: cryptosync install --client client1. See --help.', 'cryptosync install --client client1'],
    ['Unmount that one first: fusermount3 -u /a/long/way/down', 'fusermount3 -u /a/long/way/down'],
    [
      'cryptosync sync --client a --profile some-long-name',
      'cryptosync sync --client a --profile some-long-name',
    ],
  ])('keeps a command whole: %s', (sentence, kept) => {
    expect(wrapped(sentence, 30, 7).split(/\n */)).toContainEqual(expect.stringContaining(kept));
  });
});

describe('an error for people', () => {
  const error = new CryptosyncError('DELETE_LIMIT', 'this would delete 60 of the 100 files in a:b/c', {
    advice: { to: 'allow-deletions', deletions: 60 },
    cause: 'first\x1b[2J\nsecond\x07\r',
  });

  it('is one line a part in a pipe', () => {
    expect(told(error, { subject: 'a/b', verbose: false }, stream(false))).toEqual([
      'error: a/b: this would delete 60 of the 100 files in a:b/c [DELETE_LIMIT]',
      'next:  Look at them with --dry-run. If they are meant to go: --max-delete 60',
    ]);
  });

  it('breaks between words on a terminal', () => {
    expect(told(error, { verbose: false }, stream(true, 40)).join('\n')).toBe(
      [
        'error: this would delete 60 of the 100',
        '       files in a:b/c [DELETE_LIMIT]',
        'next:  Look at them with --dry-run. If',
        '       they are meant to go:',
        '       --max-delete 60',
      ].join('\n'),
    );
  });

  it.each([
    ['a text', 'first\x1b[2J\nsecond\x07\r'],
    ['an error', new Error('first\x1b[2J\nsecond\x07\r')],
  ])('shows the cause with --verbose, and none of its control characters: %s', (_name, cause) => {
    const failed = new CryptosyncError('SYNC_FAILED', 'x', { cause });
    for (const isTTY of [true, false]) {
      const lines = told(failed, { verbose: true }, stream(isTTY, 80));
      expect(lines.slice(-2)).toEqual([String.raw`cause: first\x1b[2J`, String.raw`second\x07\x0d`]);
    }
  });

  it('shows the stack of a bug, a line a call', () => {
    const bug = new TypeError('oh\x1b');
    const lines = told(
      new CryptosyncError('UNEXPECTED', 'oh', { cause: bug }),
      { verbose: true },
      stream(false),
    );
    expect(lines).toContain(String.raw`cause: TypeError: oh\x1b`);
    expect(lines.filter((line) => /^ {4}at /.test(line)).length).toBeGreaterThan(1);
  });
});
