import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { CryptosyncError } from '../../src/system/errors.ts';

function refusalOf(text: string | Buffer, role?: 'key' | 'salt'): CryptosyncError {
  try {
    validateEncryptionKey(text, role);
  } catch (error) {
    expect(error).toBeInstanceOf(CryptosyncError);
    return error as CryptosyncError;
  }
  throw new Error('it was taken');
}

const good = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 7 + 0xf8) % 256)).toString(
  'base64',
);

describe('validateEncryptionKey', () => {
  it('takes canonical base64 of 32 bytes and gives the text as it stands', () => {
    expect(validateEncryptionKey(good).reveal().toString()).toBe(good);
    expect(validateEncryptionKey(Buffer.from(good)).reveal().toString()).toBe(good);
  });

  it('leaves a given Buffer to its owner', () => {
    const given = Buffer.from(good);
    const secret = validateEncryptionKey(given);
    given.fill(0);
    expect(secret.reveal().toString()).toBe(good);
  });

  const bytes = randomBytes(32);
  bytes[0] = 0xfb; // makes + and / certain: the first letter is +
  const withSymbols = bytes.toString('base64');
  const refused: [string, string, RegExp][] = [
    ['nothing', '', /empty/],
    ['the url-safe alphabet', bytes.toString('base64url'), /url-safe/],
    ['the url-safe alphabet with padding', withSymbols.replaceAll('+', '-').replaceAll('/', '_'), /url-safe/],
    ['no padding', good.replace('=', ''), /padding/],
    ['too much padding', `${good}=`, /padding|not base64/],
    ['a line feed at the end', `${good}\n`, /white space/],
    ['a space before', ` ${good}`, /white space/],
    ['a space within', `${good.slice(0, 20)} ${good.slice(20)}`, /white space/],
    ['31 bytes', randomBytes(31).toString('base64'), /31 bytes/],
    ['33 bytes', Buffer.alloc(33, 0x41).toString('base64'), /33 bytes/],
    ['hexadecimal', bytes.toString('hex'), /hexadecimal/],
    ['a passphrase', 'correct-horse battery!', /white space/],
    ['a passphrase without spaces', 'Tr0ub4dor&3', /not base64/],
    ['only zeros', Buffer.alloc(32).toString('base64'), /all zero/],
    ['spare bits in the last letter', `${good.slice(0, 42)}${nextLetter(good.charAt(42))}=`, /canonical/],
    ['a letter that is none', `${good.slice(0, 43)}é`, /not base64/],
    ['a NUL', `${good.slice(0, 43)}\0`, /not base64/],
  ];

  it.each(refused)('refuses %s, says why, and does not repeat it', (_, text, why) => {
    for (const given of [text, Buffer.from(text)]) {
      const error = refusalOf(given);
      expect(error.code).toBe('INVALID_ENCRYPTION_KEY');
      expect(error.exit).toBe(12);
      expect(error.message).toMatch(why);
      const shown = `${inspect(error)}${JSON.stringify(error.toReport())}`;
      for (let at = 0; at + 8 <= text.length; at += 1) expect(shown).not.toContain(text.slice(at, at + 8));
    }
  });

  it('says that it is the salt when it is', () => {
    expect(refusalOf('x', 'salt').message).toContain('salt');
    expect(refusalOf('x', 'salt').hint).toContain('--salt');
  });
});

describe('generateEncryptionKey', () => {
  it('makes keys that validate, and no two the same', () => {
    const keys = new Set(Array.from({ length: 200 }, () => generateEncryptionKey()));
    expect(keys.size).toBe(200);
    for (const key of keys) expect(validateEncryptionKey(key).reveal().toString()).toBe(key);
  });
});

function nextLetter(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet.charAt(alphabet.indexOf(letter) + 1);
}
