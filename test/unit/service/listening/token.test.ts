import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { admitByToken, admitEverybody } from '../../../../src/service/listening/token.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

function fileWith(content: string): string {
  const path = join(scratchDirectory(), 'token');
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

describe('a token', () => {
  it.each([
    ['Bearer 0123456789abcdef', 'admitted'],
    ['bearer 0123456789abcdef', 'admitted'],
    ['Bearer 0123456789abcdeg', 'wrong token'],
    ['Bearer 0123456789abcde', 'wrong token'],
    ['Bearer ', 'no token'],
    ['Basic 0123456789abcdef', 'no token'],
    ['0123456789abcdef', 'no token'],
    [undefined, 'no token'],
  ])('shown as %o is %s', (shown, expected) => {
    expect(admitByToken(fileWith('0123456789abcdef\n'))(shown)).toBe(expected);
  });

  it.each(['', 'short', `${'a'.repeat(20)} b`, `${'a'.repeat(20)}\n\n`])('%o is not usable', (content) => {
    expect(() => admitByToken(fileWith(content))).toThrow(/not usable/);
  });

  it('that is not there is an error, and not no token', () => {
    expect(() => admitByToken('/nowhere/token')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('is not asked for where the file system has asked', () => {
    expect(admitEverybody(undefined)).toBe('admitted');
  });
});
