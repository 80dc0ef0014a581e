import { describe, expect, it } from 'vitest';
import { verifyStdinUse } from '../../../../src/terminal/asking/stdin-use.ts';

describe('stdin', () => {
  it.each([
    [{ 'password-file': '-', 'encryption-key-file': '-' }],
    [{ 'remote-options-file': '-', 'password-file': '-' }],
    [{ 'encryption-key-file': '-', 'new-encryption-key-file': '-' }],
  ])('is refused for two things: %j', (flags) => {
    expect(() => verifyStdinUse(flags)).toThrow(/stdin can't be read for --/);
  });

  it.each([
    [{ 'password-file': '-', 'new-password-file': '-' }],
    [{ 'encryption-key-file': '-', 'encryption-salt-file': '-' }],
    [{ 'password-file': '-', 'encryption-key-file': '/root/key' }],
    [{ 'password-file': '/root/-', path: '-' }],
  ])('may be read for what comes line by line, and for one thing: %j', (flags) => {
    expect(() => verifyStdinUse(flags)).not.toThrow();
  });
});
