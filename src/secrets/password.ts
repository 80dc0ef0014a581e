/**
 * The password of a vault: where it comes from, in the order of docs/secrets.md, and what is refused as one.
 */
import type { Advice } from '../system/advice/index.ts';
import type { SecretVariable } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { Secret } from './secret.ts';
import { readFromSources, type SecretDependencies, type SecretSources } from './sources.ts';

export type PasswordSources = Omit<SecretSources, 'noun' | 'variable' | 'missing' | 'invalid'> & {
  /** The environment variable that may hold it; that of a vault's password when left out. */
  readonly variable?: SecretVariable;
  /** How to give it, when nothing does; the usual ways when left out. */
  readonly advice?: Advice;
};
export type PasswordDependencies = SecretDependencies;

/** gocryptfs takes no more (hazards.md G6); the same holds for both engines. */
const longestPassword = 2048;
/** @throws INVALID_PASSWORD when an engine would refuse or change it. The password is not in the message. */
export function verifyPassword(password: Secret): void {
  verifyOneLine(password, "a vault's password");
}

/** @param what it is to be, for the message. @throws INVALID_PASSWORD; the secret is not in the message */
export function verifyOneLine(password: Secret, what: string): void {
  const bytes = password.reveal();
  const problem =
    bytes.length === 0
      ? 'it is empty'
      : bytes.length > longestPassword
        ? `it has more than ${longestPassword} bytes`
        : bytes.includes(0x0d)
          ? 'it holds a carriage return (a file with DOS line ends?)'
          : bytes.includes(0x0a)
            ? 'it holds a line feed'
            : bytes.includes(0)
              ? 'it holds a NUL'
              : undefined;
  if (problem !== undefined) {
    throw new CryptosyncError('INVALID_PASSWORD', `this can't be ${what}: ${problem}`);
  }
}

/**
 * The password from the first source that is given. A source that is given and fails is an error: the next one is
 * not tried in its place.
 * @throws PASSWORD_REQUIRED, INVALID_PASSWORD, CONFIG_INVALID
 */
export async function readPassword(
  sources: PasswordSources,
  dependencies: PasswordDependencies,
): Promise<Secret> {
  const password = await readFromSources(
    {
      variable: 'CRYPTOSYNC_PASSWORD',
      ...sources,
      noun: 'password',
      missing: 'PASSWORD_REQUIRED',
      invalid: 'INVALID_PASSWORD',
    },
    dependencies,
  );
  if (password === undefined) {
    throw new CryptosyncError('PASSWORD_REQUIRED', `the password of ${sources.subject} is needed`, {
      advice: sources.advice,
    });
  }
  verifyPassword(password);
  return password;
}
