import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { derivedSealKey } from '../../../src/secrets/derived-seal.ts';
import { generateEncryptionKey } from '../../../src/secrets/encryption-key.ts';
import { Secret } from '../../../src/secrets/secret.ts';

/** RFC 5869 for one block of output, by hand. */
function byHand(key: string, salt: string, info: string): Buffer {
  const extracted = createHmac('sha256', Buffer.from(salt, 'base64'))
    .update(Buffer.from(key, 'base64'))
    .digest();
  return createHmac('sha256', extracted).update(`${info}\u0001`).digest();
}

describe('the seal key of data without a vault', () => {
  const [key, salt] = [generateEncryptionKey(), generateEncryptionKey()];
  const derived = (texts: { key: string; salt?: string }): string =>
    derivedSealKey({
      key: new Secret(texts.key),
      ...(texts.salt === undefined ? {} : { salt: new Secret(texts.salt) }),
    }).toString('base64');

  it('is what the documentation says, so that others can check a seal', () => {
    const info = 'cryptosync seal key, version 1';
    expect(derived({ key, salt })).toBe(byHand(key, salt, info).toString('base64'));
    expect(derived({ key })).toBe(byHand(key, '', info).toString('base64'));
  });

  it('is another one for another key or salt, and leaves the key as it is', () => {
    const all = [{ key }, { key, salt }, { key: salt }, { key: salt, salt: key }].map(derived);
    expect(new Set([...all, key, salt]).size).toBe(6);
    const secret = new Secret(key);
    derivedSealKey({ key: secret });
    expect(secret.reveal().toString()).toBe(key);
  });
});
