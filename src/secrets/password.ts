/**
 * Where the password of a vault comes from, in the order of DESIGN section 5, and what is refused as a password.
 * Nothing of it is ever written to disk.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../system/dependencies.ts';
import { operatorEnvironment } from '../system/environment.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { lastLines, run } from '../system/process.ts';
import { Secret } from './secret.ts';

export interface PasswordSources {
  /** `--password-file`; `-` is stdin. */
  readonly file?: string | undefined;
  /** `--password-command`, run by sh. */
  readonly command?: string | undefined;
  /** The name of the systemd credential: `cryptosync-<client>-<profile>`. */
  readonly credential: string;
  /** `passwordFile` and `passwordCommand` of the profile. */
  readonly profileFile?: string | undefined;
  readonly profileCommand?: string | undefined;
  /** `--vault-password`, which everyone on the machine can read. */
  readonly argument?: string | undefined;
  /** Asks on the terminal; undefined where there is none. */
  readonly prompt?: (() => Promise<Secret>) | undefined;
  /** What the password is of, for messages: `client1/default`. */
  readonly subject: string;
}

export interface PasswordDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly warn: (message: string) => void;
  /** Reads all of stdin; called at most once per password. */
  readonly readStdin: () => Buffer;
}

/** gocryptfs takes no more (TOOLS.md G6); the same holds for both engines. */
const longestPassword = 2048;
/** Milliseconds: a password manager may ask its user first. */
const commandDeadline = 120_000;

/** @throws INVALID_PASSWORD when an engine would refuse or change it. The password is not in the message. */
export function verifyPassword(password: Secret): void {
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
    throw new CryptosyncError('INVALID_PASSWORD', `this can't be a vault's password: ${problem}`);
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
  const password = await firstOf(sources, dependencies);
  verifyPassword(password);
  return password;
}

async function firstOf(sources: PasswordSources, dependencies: PasswordDependencies): Promise<Secret> {
  const { environment, warn } = dependencies;
  if (sources.file !== undefined) return fromFile(sources.file, dependencies);
  if (sources.command !== undefined) return await fromCommand(sources.command, dependencies);
  const variable = environment['CRYPTOSYNC_PASSWORD'];
  if (variable !== undefined) return new Secret(variable);
  const credential = fromCredential(sources.credential, environment);
  if (credential !== undefined) return credential;
  if (sources.profileFile !== undefined) return fromFile(sources.profileFile, dependencies);
  if (sources.profileCommand !== undefined) return await fromCommand(sources.profileCommand, dependencies);
  if (sources.argument !== undefined) {
    warn('--vault-password is unsafe: every user of this machine can read it. Use --password-file.');
    return new Secret(sources.argument);
  }
  if (sources.prompt !== undefined) return await sources.prompt();
  throw new CryptosyncError('PASSWORD_REQUIRED', `the password of ${sources.subject} is needed`);
}

/** One newline at the end belongs to the file, not to the password. */
function withoutFinalNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}

function fromFile(path: string, { readStdin, warn }: PasswordDependencies): Secret {
  if (path === '-') return new Secret(withoutFinalNewline(readStdin()));
  try {
    const bytes = readFileSync(path);
    const stats = statSync(path);
    if (stats.isFile() && (stats.mode & 0o077) !== 0) {
      warn(`the password file ${path} can be read by others: chmod 600 ${path}`);
    }
    return new Secret(withoutFinalNewline(bytes));
  } catch (error) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the password file ${path} can't be read: ${errnoOf(error) ?? error}`,
      {
        hint: 'Check its path and permissions.',
        cause: error,
      },
    );
  }
}

async function fromCommand(command: string, { environment, signal }: PasswordDependencies): Promise<Secret> {
  const finished = await run({
    file: findExecutable('sh', environment) ?? '/bin/sh',
    args: ['-c', command],
    environment: operatorEnvironment(environment),
    deadline: commandDeadline,
    signal,
  });
  if (finished.exitCode !== 0) {
    const why = finished.timedOut
      ? 'it did not end in time'
      : lastLines(finished.stderr, 2) || `exit ${finished.exitCode}`;
    throw new CryptosyncError('PASSWORD_REQUIRED', `the password command failed: ${why}`, {
      hint: 'Run it by hand as this user: it must print the password and exit 0.',
    });
  }
  // the runner reads text: bytes that are none would become another password than the command printed
  if (finished.stdout.includes('\ufffd')) {
    throw new CryptosyncError('INVALID_PASSWORD', 'what the password command printed is not UTF-8 text', {
      hint: 'Let it print text, or write the bytes to a file: --password-file.',
    });
  }
  return new Secret(withoutFinalNewline(Buffer.from(finished.stdout)));
}

function fromCredential(name: string, environment: NodeJS.ProcessEnv): Secret | undefined {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined) return undefined;
  try {
    return new Secret(withoutFinalNewline(readFileSync(join(directory, name))));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
