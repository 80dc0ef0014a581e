/** A seal key for data that has no vault to keep one in: made of the encryption key, so that whoever can read can check. */
import { hkdfSync } from 'node:crypto';
import type { Secret } from './secret.ts';

/** It stands for the algorithm and its use: another one must never give the same key. */
const purpose = 'cryptosync seal key, version 1';

/**
 * HKDF-SHA-256 (RFC 5869) of an encryption key, with the salt where there is one. It tells nothing of the key.
 * @param key, salt base64 texts that `validateEncryptionKey` has passed.
 * @returns 32 bytes; the caller wipes them
 */
export function derivedSealKey({
  key,
  salt,
}: {
  readonly key: Secret;
  readonly salt?: Secret | undefined;
}): Buffer {
  const [input, extra] = [bytesOf(key), bytesOf(salt)];
  try {
    return Buffer.from(hkdfSync('sha256', input, extra, purpose, 32));
  } finally {
    input.fill(0);
    extra.fill(0);
  }
}

function bytesOf(secret: Secret | undefined): Buffer {
  return secret === undefined ? Buffer.alloc(0) : Buffer.from(secret.reveal().toString('latin1'), 'base64');
}
