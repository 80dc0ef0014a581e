/**
 * Short digests that tell names and places apart, of which every status and every lock needs one. node:crypto takes
 * 4 ms to load, a seventh of a bare start; where something is kept secret or proven, it is what is used.
 */
import { sha256 } from '@noble/hashes/sha2.js';

/** The first digits of a text's SHA-256, in hexadecimal. @param digits at most 64 */
export function shortDigest(text: string, digits: number): string {
  return Buffer.from(sha256(Buffer.from(text)))
    .toString('hex')
    .slice(0, digits);
}
