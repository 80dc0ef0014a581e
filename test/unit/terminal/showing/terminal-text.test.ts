import { describe, expect, it } from 'vitest';
import { describeProgress } from '../../../../src/terminal/showing/progress/tasks.ts';
import {
  count,
  formatBytes,
  formatSeconds,
  paint,
  printable,
} from '../../../../src/terminal/showing/style.ts';
import { renderTable } from '../../../../src/terminal/showing/table.ts';

describe('amounts', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [102_400, '100 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [3.6 * 1024 ** 3, '3.6 GiB'],
    [5000 * 1024 ** 5, '5000 PiB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [-1, '0s'],
    [0.4, '0s'],
    [59.4, '59s'],
    [59.6, '1m00s'],
    [200, '3m20s'],
    [3599.9, '1h00m'],
    [3725, '1h02m'],
    [100 * 3600, '100h00m'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('have a noun of their number', () => {
    expect([0, 1, 2].map((amount) => count(amount, 'file'))).toEqual(['0 files', '1 file', '2 files']);
  });
});

describe('printable', () => {
  it('shows what would drive a terminal, and leaves the rest', () => {
    expect(printable('a\tb')).toBe('a b');
    expect(printable('a\x1b[2J\r\n\x07\x9b\u2028\u202eb')).toBe(
      'a\\x1b[2J\\x0d\\x0a\\x07\\x9b\\u2028\\u202eb',
    );
    expect(printable('ünï 鍵')).toBe('ünï 鍵');
  });
});

describe('paint', () => {
  it('colours nothing that is no terminal', () => {
    const stream = { isTTY: false } as NodeJS.WriteStream;
    expect(paint('red', 'text', stream)).toBe('text');
  });
});

describe('a table', () => {
  it('has columns as wide as their widest cell, colours not counted, and no spaces at its ends', () => {
    const rows = [
      ['CLIENT', 'STATE', 'REMOTE'],
      ['a', '\x1b[32mmounted\x1b[39m', 'x'],
      ['longer-client', '-', ''],
    ];
    expect(renderTable(rows).split('\n')).toEqual([
      'CLIENT         STATE    REMOTE',
      'a              \x1b[32mmounted\x1b[39m  x',
      'longer-client  -',
    ]);
  });
});

describe('progress', () => {
  const stats = { transfers: 0, totalTransfers: 1, checks: 0, deletes: 0, bytes: 0, totalBytes: 0, speed: 0 };
  it.each([
    [0, 0, undefined, '[------------------------] 0%  0 B / 0 B  0 B/s'],
    [512, 1024, 200, '[############------------] 50%  512 B / 1.0 KiB  0 B/s  ETA 3m20s'],
    [2048, 1024, 0, '[########################] 100%  2.0 KiB / 1.0 KiB  0 B/s  ETA 0s'],
  ])('of %i of %i bytes', (bytes, totalBytes, eta, text) => {
    expect(describeProgress({ ...stats, bytes, totalBytes, eta })).toBe(text);
  });
});
