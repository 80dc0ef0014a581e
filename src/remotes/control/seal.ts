/**
 * The seal: an HMAC-SHA-256 (RFC 2104) under a key that only the vault holds. Who can write to a remote can change
 * what lies there, and not seal it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A document with its seal as the last field; `null` where there is no key. */
export function sealed<Document extends object>(
  document: Document,
  key: Buffer | undefined,
): Document & { seal: string | null } {
  return { ...document, seal: key === undefined ? null : sealOf(JSON.stringify(document), key) };
}

/** Whether the seal of a document that was read is the one of all its other fields, in the order that they stand. */
export function isSealed(document: object, key: Buffer): boolean {
  const { seal, ...rest } = document as { seal?: unknown };
  return typeof seal === 'string' && isEqual(seal, sealOf(JSON.stringify(rest), key));
}

/** @param text what is sealed. @returns `hmac-sha256:` and 64 hexadecimal digits */
export function sealOf(text: string | Buffer, key: Buffer): string {
  return `hmac-sha256:${createHmac('sha256', key).update(text).digest('hex')}`;
}

export function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
