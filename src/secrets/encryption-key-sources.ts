/** Where the key and the salt of a crypt layer come from. They are checked strictly and never stored. */
import type { SecretVariable } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { type KeyRole, validateEncryptionKey } from './encryption-key.ts';
import type { Secret } from './secret.ts';
import { readFromSources, type SecretDependencies, type SecretSources } from './sources.ts';

export type KeySources = Pick<
  SecretSources,
  'file' | 'command' | 'credential' | 'profileCommand' | 'prompt' | 'subject'
> & {
  /** The environment variable that may hold it; that of the key or salt in use when left out. */
  readonly variable?: SecretVariable | undefined;
};

/** @throws KEY_REQUIRED, INVALID_ENCRYPTION_KEY, CONFIG_INVALID */
export async function readEncryptionKey(
  sources: KeySources,
  dependencies: SecretDependencies,
): Promise<Secret> {
  const key = await findEncryptionKey(sources, dependencies);
  if (key !== undefined) return key;
  throw new CryptosyncError('KEY_REQUIRED', `the encryption key of ${sources.subject} is needed`);
}

/** The key, or undefined where no source gives one. @throws as readEncryptionKey */
export async function findEncryptionKey(
  sources: KeySources,
  dependencies: SecretDependencies,
): Promise<Secret | undefined> {
  return await read('key', 'CRYPTOSYNC_ENCRYPTION_KEY', sources, dependencies);
}

/** The salt, or undefined where none is given: a crypt layer may have none. */
export async function readEncryptionSalt(
  sources: KeySources,
  dependencies: SecretDependencies,
): Promise<Secret | undefined> {
  return await read('salt', 'CRYPTOSYNC_ENCRYPTION_SALT', sources, dependencies);
}

async function read(
  role: KeyRole,
  variable: SecretVariable,
  sources: KeySources,
  dependencies: SecretDependencies,
): Promise<Secret | undefined> {
  const given = await readFromSources(
    {
      ...sources,
      noun: `encryption ${role}`,
      variable: sources.variable ?? variable,
      missing: 'KEY_REQUIRED',
      invalid: 'INVALID_ENCRYPTION_KEY',
    },
    dependencies,
  );
  if (given === undefined) return undefined;
  try {
    return validateEncryptionKey(given.reveal(), role);
  } finally {
    given.wipe();
  }
}
