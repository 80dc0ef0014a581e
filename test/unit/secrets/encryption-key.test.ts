import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { generateEncryptionKey, validateEncryptionKey } from '../../../src/secrets/encryption-key.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';
import { hintOf } from '../../support/refusal.ts';

function refusalOf(text: unknown, role?: 'key' | 'salt'): CryptosyncError {
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

  it('takes bytes and wrapped secrets, and leaves them to their owner', () => {
    const wrapped = new Secret(good);
    const taken = validateEncryptionKey(wrapped);
    wrapped.wipe();
    expect(taken.reveal().toString()).toBe(good);
    expect(
      validateEncryptionKey(new Uint8Array(Buffer.from(good)))
        .reveal()
        .toString(),
    ).toBe(good);
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = (): never => {
    throw new TypeError('it was asked');
  };
  const values: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['NaN', Number.NaN],
    ['a bigint', 5n],
    ['a boolean', true],
    ['a symbol', Symbol('x')],
    ['a function', () => good],
    ['an object', {}],
    ['an object without a prototype', Object.create(null)],
    ['an object that reads like a key', { toString: () => good, valueOf: () => good, length: 44 }],
    ['an object that throws when it is asked', { toString: throwing, [Symbol.toPrimitive]: throwing }],
    ['a String object', new String(good)],
    ['an array', [good]],
    ['an array of bytes', [...Buffer.from(good)]],
    ['a Buffer as JSON', Buffer.from(good).toJSON()],
    ['other numbers', new Uint16Array(Buffer.from(good))],
    ['a view', new DataView(new ArrayBuffer(44))],
    ['a revoked proxy', revoked.proxy],
    ['a proxy of a key', new Proxy(Buffer.from(good), {})],
    ['a proxy that throws', new Proxy({}, { get: throwing, getPrototypeOf: throwing, has: throwing })],
    ['an object called Secret', { reveal: () => Buffer.from(good), constructor: Secret }],
    ['an object of its prototype', Object.create(Secret.prototype)],
    ['empty bytes', Buffer.alloc(0)],
    ['zeros', new Uint8Array(44)],
    ['a long text', 'A'.repeat(5_000_000)],
    ['long bytes', Buffer.alloc(5_000_000, 'A')],
    ['a text with half a sign', `${good.slice(0, 43)}\ud800`],
  ];
  it.each(values)('refuses %s with the one code, for a key and for a salt', (_, value) => {
    for (const role of ['key', 'salt'] as const) {
      expect(refusalOf(value, role)).toMatchObject({ code: 'INVALID_ENCRYPTION_KEY', exit: 12 });
    }
  });

  it('says that it is the salt when it is', () => {
    expect(refusalOf('x', 'salt').message).toContain('salt');
    expect(hintOf(refusalOf('x', 'salt'))).toContain('--salt');
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
