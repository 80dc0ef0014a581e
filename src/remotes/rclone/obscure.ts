/**
 * rclone's "obscured" form, in which its passwords have to stand in a configuration or environment. It hides nothing:
 * AES-256-CTR with a key that rclone publishes (fs/config/obscure/obscure.go), the initialisation vector in front,
 * all in unpadded url-safe base64. Made here and not by `rclone obscure`, which would see the secret in argv (R3).
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';

/** `cryptKey` of rclone's fs/config/obscure/obscure.go: public, the same for everyone. */
const publishedKey = Buffer.from('9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638', 'hex');
/** Bytes of an AES block. */
const blockLength = 16;
/** A fixed label: another use of the same secret with HMAC can't meet this one. */
const vectorLabel = 'cryptosync rclone obscure 1';

/**
 * Obscures a secret for rclone. The same secret always gives the same text: rclone derives an environment-defined
 * remote's name from these values, and bisync its state from that name (R4).
 * @returns text that `rclone reveal` turns back. It is as confidential as the secret itself.
 * @throws INVALID_PASSWORD for an empty secret, which rclone would take and encrypt with a fixed key (R3).
 */
export function obscure(secret: Secret): string {
  const plain = secret.reveal();
  if (plain.length === 0) {
    throw new CryptosyncError('INVALID_PASSWORD', 'an empty password can not be given to rclone');
  }
  const vector = createHmac('sha256', plain).update(vectorLabel).digest().subarray(0, blockLength);
  const cipher = createCipheriv('aes-256-ctr', publishedKey, vector);
  return Buffer.concat([vector, cipher.update(plain), cipher.final()]).toString('base64url');
}

/** What an obscured text says; undefined when it is none. */
export function reveal(obscured: string): string | undefined {
  const bytes = Buffer.from(obscured, 'base64url');
  if (bytes.length <= blockLength || bytes.toString('base64url') !== obscured) return undefined;
  const decipher = createDecipheriv('aes-256-ctr', publishedKey, bytes.subarray(0, blockLength));
  return Buffer.concat([decipher.update(bytes.subarray(blockLength)), decipher.final()]).toString('utf8');
}
