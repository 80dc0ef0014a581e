import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { shortDigest } from '../../../src/system/digest.ts';

it.each(['', 'abc', '/srv/clients/client1/vault/encrypted', 'ü\n\u{1f512}', 'x'.repeat(1000)])(
  'is what node:crypto makes of a text, so that a lock keeps its name: %j',
  (text) => {
    const digest = createHash('sha256').update(text).digest('hex');
    expect(shortDigest(text, 64)).toBe(digest);
    expect(shortDigest(text, 16)).toBe(digest.slice(0, 16));
  },
);
