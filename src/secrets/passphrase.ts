/** The passphrase of an exported file: from the sources of a password, under names of its own. */
import { CryptosyncError } from '../system/errors.ts';
import { verifyOneLine } from './password.ts';
import type { Secret } from './secret.ts';
import { readFromSources, type SecretDependencies, type SecretSources } from './sources.ts';

export type PassphraseSources = Pick<SecretSources, 'file' | 'command' | 'prompt' | 'subject'>;

/** @throws PASSWORD_REQUIRED, INVALID_PASSWORD, CONFIG_INVALID */
export async function readPassphrase(
  sources: PassphraseSources,
  dependencies: SecretDependencies,
): Promise<Secret> {
  const passphrase = await readFromSources(
    {
      ...sources,
      noun: 'passphrase',
      variable: 'CRYPTOSYNC_PASSPHRASE',
      credential: 'cryptosync-passphrase',
      missing: 'PASSWORD_REQUIRED',
      invalid: 'INVALID_PASSWORD',
    },
    dependencies,
  );
  if (passphrase === undefined) {
    throw new CryptosyncError('PASSWORD_REQUIRED', `the passphrase of ${sources.subject} is needed`, {
      advice: { to: 'give-passphrase' },
    });
  }
  verifyOneLine(passphrase, 'the passphrase of an export');
  verifyText(passphrase);
  return passphrase;
}

/** age takes text; other bytes would become another passphrase. */
function verifyText(passphrase: Secret): void {
  const bytes = passphrase.reveal();
  if (Buffer.from(bytes.toString('utf8')).equals(bytes)) return;
  throw new CryptosyncError(
    'INVALID_PASSWORD',
    'the passphrase is not UTF-8 text, and age takes nothing else',
  );
}
