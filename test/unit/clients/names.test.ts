import { describe, expect, it } from 'vitest';
import { isClientId, isProfileName, parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import { hintOf, refusalOf } from '../../support/refusal.ts';

const good = ['a', 'A0', '0', 'client1', 'a.b_c-d', 'x'.repeat(64), 'default', 'encrypted.'];
const bad = [
  '',
  '../../etc',
  'a/b',
  'a b',
  '-x',
  '.hidden',
  '..',
  '_x',
  'x'.repeat(65),
  'a\n',
  'a\0',
  'é',
  'a\\b',
  '$(id)',
];

describe('names of clients', () => {
  it.each(good)('%s is one', (text) => {
    expect(parseClientId(text)).toBe(text);
  });

  it.each(bad)('%j is none', (text) => {
    expect(isClientId(text)).toBe(false);
    expect(refusalOf(() => parseClientId(text))).toMatchObject({
      code: 'INVALID_CLIENT_ID',
      exit: 2,
      message: expect.stringContaining(JSON.stringify(text)),
    });
  });
});

describe('names of profiles', () => {
  it.each(good)('%s is one', (text) => {
    expect(parseProfileName(text)).toBe(text);
  });

  it.each([...bad, 'encrypted', 'decrypted'])('%j is none', (text) => {
    expect(isProfileName(text)).toBe(false);
    expect(refusalOf(() => parseProfileName(text))).toMatchObject({ code: 'USAGE', exit: 2 });
  });

  it('says why a reserved one is reserved', () => {
    expect(hintOf(refusalOf(() => parseProfileName('encrypted')))).toContain('default profile');
  });
});
