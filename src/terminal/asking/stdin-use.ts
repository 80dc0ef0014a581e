/** stdin can be read once: what shares it must be made for that. */
import { CryptosyncError } from '../../system/errors.ts';

/** Flags that may come from stdin together, one line each. */
const groups: readonly (readonly string[])[] = [
  ['password-file', 'new-password-file'],
  ['encryption-key-file', 'encryption-salt-file'],
  ['new-encryption-key-file', 'new-encryption-salt-file'],
  ['remote-options-file'],
  ['passphrase-file'],
  ['identity'],
];

/** @throws USAGE when stdin (`-`) is to be read for two things */
export function verifyStdinUse(flags: object): void {
  const given = Object.entries(flags).flatMap(([name, value]) => (value === '-' ? [name] : []));
  const used = groups.filter((group) => group.some((name) => given.includes(name)));
  if (used.length < 2) return;
  throw new CryptosyncError(
    'USAGE',
    `stdin can't be read for ${given.map((name) => `--${name}`).join(' and ')}`,
    {
      advice: { to: 'share-stdin' },
    },
  );
}
