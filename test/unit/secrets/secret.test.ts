import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../../src/secrets/secret.ts';

it('prints as [redacted] however it is turned into text', () => {
  const secret = new Secret('hunter2');
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    Object.values(secret).join(),
  ];
  for (const text of printed) {
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(Buffer.from('hunter2').toString('hex').slice(0, 6));
  }
  expect(printed[0]).toBe('[redacted]');
});

it('compares by its bytes, and is zero after a wipe', () => {
  const bytes = Buffer.from('hunter2');
  const secret = new Secret(bytes);
  expect(secret.equals(new Secret('hunter2'))).toBe(true);
  expect(secret.equals(new Secret('hunter3'))).toBe(false);
  secret.wipe();
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
