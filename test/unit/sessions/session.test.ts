import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { generateEncryptionKey } from '../../../src/secrets/encryption-key.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { delayAfter } from '../../../src/sessions/backoff.ts';
import { limitTo } from '../../../src/sessions/limit.ts';
import { clearEncryptionConfig, holdEncryption } from '../../../src/sessions/session.ts';

const minute = 60_000;

describe('the next sync', () => {
  it.for<[string, number, number, number]>([
    ['comes at the interval', minute, 0, minute],
    ['comes later after a failure', minute, 1, 2 * minute],
    ['doubles with each', minute, 3, 8 * minute],
    ['never waits longer than a quarter of an hour', minute, 99, 15 * minute],
    ['or than its own interval', 60 * minute, 5, 60 * minute],
  ])('%s', ([, interval, failures, wait]) => {
    expect(delayAfter(interval, failures, 0.5)).toBe(wait);
    expect([delayAfter(interval, failures, 0), delayAfter(interval, failures, 1)]).toEqual([
      wait * 0.75,
      wait * 1.25,
    ]);
  });
});

describe('a limit', () => {
  it('lets so many work at a time, and goes on after a failure', async () => {
    const limit = limitTo(2);
    let atWork = 0;
    let most = 0;
    const work = async (isBroken: boolean): Promise<void> => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise((resolve) => setTimeout(resolve, 1));
      atWork -= 1;
      if (isBroken) throw new Error('broken');
    };
    const all = [false, true, false, true, false].map((isBroken) => limit.run(() => work(isBroken)));
    const ends = (await Promise.allSettled(all)).map(({ status }) => status);
    expect(ends).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(most).toBe(2);
  });
});

describe('the encryption of a session', () => {
  it('is a copy outside of the heap, and gone when it is cleared', () => {
    const given = { key: Buffer.from(generateEncryptionKey()), salt: Buffer.from(generateEncryptionKey()) };
    const encryption = holdEncryption(given);
    const bytes = [encryption.key.reveal(), encryption.salt?.reveal() ?? Buffer.alloc(1)];
    expect(bytes).toEqual([given.key, given.salt]);
    given.key.fill(0);
    expect(bytes[0]?.every((byte) => byte === 0)).toBe(false);
    // one of its own: no pool, and nothing that V8 would move
    expect(bytes.map((one) => one.buffer.byteLength)).toEqual([44, 44]);
    const session = { encryption };
    clearEncryptionConfig(session);
    expect(session).toEqual({});
    expect(bytes.every((one) => one.every((byte) => byte === 0))).toBe(true);
  });

  it.for<[object, string]>([
    [{}, 'standard'],
    [{ encryptFilenames: false }, 'off'],
    [{ encryptFilenames: true, filenameEncryption: 'obfuscate' }, 'obfuscate'],
    [{ encryptFilenames: false, filenameEncryption: 'off' }, 'off'],
  ])('%o hides names as %s', ([names, mode]) => {
    expect(holdEncryption({ key: generateEncryptionKey(), ...names }).filenameEncryption).toBe(mode);
  });

  it.each([
    [undefined, undefined],
    [true, undefined],
    [false, false],
  ])('leaves directory names in the clear only where that was said: %s', (said, held) => {
    const given = { key: generateEncryptionKey(), directoryNameEncryption: said };
    expect(holdEncryption(given).directoryNameEncryption).toBe(held);
  });

  it('leaves no key behind when its salt is refused', () => {
    const wipe = vi.spyOn(Secret.prototype, 'wipe');
    onTestFinished(() => wipe.mockRestore());
    expect(() => holdEncryption({ key: generateEncryptionKey(), salt: 'no salt' })).toThrowError(
      expect.objectContaining({ code: 'INVALID_ENCRYPTION_KEY' }),
    );
    const wiped = wipe.mock.contexts.map((one) => (one as Secret).reveal());
    expect(wiped).toEqual([Buffer.alloc(44)]);
  });

  it('does not contradict itself', () => {
    const key = generateEncryptionKey();
    for (const names of [
      { encryptFilenames: true, filenameEncryption: 'off' },
      { encryptFilenames: false, filenameEncryption: 'standard' },
    ] as const) {
      expect(() => holdEncryption({ key, ...names })).toThrowError(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining(key) }),
      );
    }
  });
});
