/**
 * Keys and salts of a crypt layer: 32 random bytes, written in base64.
 *
 * What rclone gets as crypt's `password` (a salt: `password2`) is this base64 text as it stands, not the 32 bytes
 * that it spells: so any other rclone that is told the same text opens the same data.
 */
import { randomBytes } from 'node:crypto';
import { CryptosyncError } from '../system/errors.ts';
import { Secret } from './secret.ts';

/** Bytes that a key or a salt spells. */
const keyLength = 32;

/** What the text is for; it is named in the error. */
export type KeyRole = 'key' | 'salt';

/** Makes a key, or a salt: 32 bytes of the system's random generator, as base64 text of 44 characters. */
export function generateEncryptionKey(): string {
  const bytes = randomBytes(keyLength);
  const text = bytes.toString('base64');
  bytes.fill(0);
  return text;
}

/**
 * Checks a key or a salt strictly: canonical base64 (RFC 4648 section 4, padded) of exactly 32 bytes that are not
 * all zero. Nothing is trimmed: the line feed at the end of a file is its reader's business.
 * @param text the base64 text; a Buffer is copied and stays the caller's to wipe.
 * @returns the base64 text, wrapped: the password that rclone is given.
 * @throws INVALID_ENCRYPTION_KEY saying what is wrong, never with any part of the text.
 */
export function validateEncryptionKey(text: string | Buffer, role: KeyRole = 'key'): Secret {
  const characters = typeof text === 'string' ? text : text.toString('latin1');
  const problem = problemOf(characters);
  if (problem !== undefined) {
    throw new CryptosyncError('INVALID_ENCRYPTION_KEY', `the encryption ${role} is not usable: ${problem}`, {
      hint:
        role === 'salt'
          ? 'A salt is 32 random bytes in base64, 44 characters. Make one with: cryptosync key generate --salt'
          : 'A key is 32 random bytes in base64, 44 characters. Make one with: cryptosync key generate',
    });
  }
  return new Secret(Buffer.from(characters, 'latin1'));
}

/** What is wrong with a text, in words that hold nothing of it; undefined when it is good. */
function problemOf(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (/\s/.test(text)) return 'it holds white space or a line break';
  if (/^[0-9a-fA-F]{64}$/.test(text)) return 'it is written in hexadecimal, not in base64';
  if (/^[A-Za-z0-9_-]+={0,2}$/.test(text) && /[_-]/.test(text)) {
    return 'it uses the url-safe alphabet (- and _), and the standard one (+ and /) is needed';
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'it is not base64 (a passphrase is not a key)';
  const bytes = Buffer.from(text, 'base64');
  try {
    if (bytes.length !== keyLength) return `it spells ${bytes.length} bytes, and ${keyLength} are needed`;
    if (text.length % 4 !== 0) return 'its padding (=) at the end is missing or wrong';
    if (bytes.toString('base64') !== text)
      return 'it is not canonical base64: its last character has spare bits set';
    if (bytes.every((byte) => byte === 0)) return 'it is all zero';
    return undefined;
  } finally {
    bytes.fill(0);
  }
}
