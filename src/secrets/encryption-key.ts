/**
 * Keys and salts of a crypt layer: 32 random bytes, written in base64.
 *
 * What rclone gets as crypt's `password` (a salt: `password2`) is this base64 text as it stands, not the 32 bytes
 * that it spells: so any other rclone that is told the same text opens the same data.
 */
import { randomBytes } from 'node:crypto';
import { types } from 'node:util';
import { CryptosyncError } from '../system/errors.ts';
import { outsideHeap } from './outside-heap.ts';
import { Secret } from './secret.ts';

/** Bytes that a key or a salt spells. */
const keyLength = 32;
/** Bytes beyond which a text is not looked at. */
const longest = 1024;

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
 * @param value the base64 text; bytes and a Secret are copied and stay the caller's to wipe. Anything else is refused
 * like a wrong text, whatever it is.
 * @returns the base64 text, wrapped: the password that rclone is given.
 * @throws INVALID_ENCRYPTION_KEY saying what is wrong, never with any part of the text.
 */
export function validateEncryptionKey(value: unknown, role: KeyRole = 'key'): Secret {
  const bytes = bytesOf(value);
  const problem = bytes === undefined ? 'it is no text' : problemOf(bytes);
  if (bytes !== undefined && problem === undefined) return new Secret(bytes);
  bytes?.fill(0);
  throw new CryptosyncError('INVALID_ENCRYPTION_KEY', `the encryption ${role} is not usable: ${problem}`, {
    advice: { to: role === 'salt' ? 'make-salt' : 'make-key' },
  });
}

/** A copy of what a value says; undefined for a value that has no text. It calls nothing of the value. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return outsideHeap(Buffer.from(value.slice(0, longest + 1)));
  if (Secret.is(value)) return outsideHeap(value.reveal());
  return types.isUint8Array(value) ? outsideHeap(value) : undefined;
}

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const isHexDigit = (byte: number): boolean => /[0-9a-fA-F]/.test(String.fromCharCode(byte));
const isUrlSafe = (byte: number): boolean => byte === 0x2d || byte === 0x5f;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/**
 * What is wrong with a text, in words that hold nothing of it; undefined when it is good. It is looked at byte by byte:
 * a string of it would stay in the heap.
 */
function problemOf(text: Buffer): string | undefined {
  if (text.length === 0) return 'it is empty';
  if (text.length > longest) return 'it is far too long';
  if (text.some(isSpace)) return 'it holds white space or a line break';
  if (text.length === 64 && text.every(isHexDigit)) return 'it is written in hexadecimal, not in base64';
  const padding = text.at(-1) !== 0x3d ? 0 : text.at(-2) !== 0x3d ? 1 : 2;
  const digits = text.subarray(0, text.length - padding);
  if (digits.length === 0) return notBase64;
  if (digits.every((byte) => alphabet.includes(byte) || isUrlSafe(byte)) && digits.some(isUrlSafe)) {
    return 'it uses the url-safe alphabet (- and _), and the standard one (+ and /) is needed';
  }
  if (!digits.every((byte) => alphabet.includes(byte))) return notBase64;
  const length = Math.floor((digits.length * 6) / 8);
  if (length !== keyLength) return `it spells ${length} bytes, and ${keyLength} are needed`;
  if (text.length % 4 !== 0) return 'its padding (=) at the end is missing or wrong';
  if (alphabet.indexOf(digits.at(-1) ?? 0) % 4 !== 0)
    return 'it is not canonical base64: its last character has spare bits set';
  if (digits.every((byte) => byte === alphabet[0])) return 'it is all zero';
  return undefined;
}

const notBase64 = 'it is not base64 (a passphrase is not a key)';
