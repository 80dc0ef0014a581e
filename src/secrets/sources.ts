/**
 * Where a secret comes from: files, commands, the environment, systemd's credentials, a prompt. Nothing of it is ever
 * written to disk.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../system/dependencies.ts';
import { operatorEnvironment } from '../system/environment.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { lastLines, run } from '../system/process.ts';
import { Secret } from './secret.ts';

export interface SecretSources {
  /** What it is, for messages: `password`. */
  readonly noun: string;
  /** A flag's file; `-` is stdin. */
  readonly file?: string | undefined;
  /** A flag's command, run by sh. */
  readonly command?: string | undefined;
  /** The environment variable that may hold it. */
  readonly variable: string;
  /** The name of the systemd credential. */
  readonly credential: string;
  /** The profile's file and command. */
  readonly profileFile?: string | undefined;
  readonly profileCommand?: string | undefined;
  /** Given on the command line, which everyone on the machine can read. */
  readonly argument?: string | undefined;
  /** Asks on the terminal; undefined where there is none. */
  readonly prompt?: (() => Promise<Secret>) | undefined;
  /** What is thrown when nothing gives it, or a command that should fails. */
  readonly missing: 'PASSWORD_REQUIRED' | 'KEY_REQUIRED';
  /** What is thrown when a command prints something else than text. */
  readonly invalid: 'INVALID_PASSWORD' | 'INVALID_ENCRYPTION_KEY';
  /** What the secret is of, for messages: `client1/default`. */
  readonly subject: string;
}

export interface SecretDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly warn: (message: string) => void;
  /** Reads all of stdin; called at most once per secret. */
  readonly readStdin: () => Buffer;
}

/** Milliseconds: a password manager may ask its user first. */
const commandDeadline = 120_000;

/**
 * The secret from the first source that is given, or undefined when none is. A source that is given and fails is an
 * error: the next one is not tried in its place.
 */
export async function readFromSources(
  sources: SecretSources,
  dependencies: SecretDependencies,
): Promise<Secret | undefined> {
  const { environment, warn } = dependencies;
  if (sources.file !== undefined) return fromFile(sources, sources.file, dependencies);
  if (sources.command !== undefined) return await fromCommand(sources, sources.command, dependencies);
  const variable = environment[sources.variable];
  if (variable !== undefined) return new Secret(variable);
  const credential = fromCredential(sources.credential, environment);
  if (credential !== undefined) return credential;
  if (sources.profileFile !== undefined) return fromFile(sources, sources.profileFile, dependencies);
  if (sources.profileCommand !== undefined) {
    return await fromCommand(sources, sources.profileCommand, dependencies);
  }
  if (sources.argument !== undefined) {
    warn('--vault-password is unsafe: every user of this machine can read it. Use --password-file.');
    return new Secret(sources.argument);
  }
  return await sources.prompt?.();
}

/** One newline at the end belongs to the file, not to the password. */
function withoutFinalNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}

function fromFile({ noun }: SecretSources, path: string, { readStdin, warn }: SecretDependencies): Secret {
  if (path === '-') return new Secret(withoutFinalNewline(readStdin()));
  try {
    const bytes = readFileSync(path);
    const stats = statSync(path);
    if (stats.isFile() && (stats.mode & 0o077) !== 0) {
      warn(`the ${noun} file ${path} can be read by others: chmod 600 ${path}`);
    }
    return new Secret(withoutFinalNewline(bytes));
  } catch (error) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the ${noun} file ${path} can't be read: ${errnoOf(error) ?? error}`,
      {
        hint: 'Check its path and permissions.',
        cause: error,
      },
    );
  }
}

async function fromCommand(
  { noun, missing, invalid }: SecretSources,
  command: string,
  { environment, signal }: SecretDependencies,
): Promise<Secret> {
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
    throw new CryptosyncError(missing, `the ${noun} command failed: ${why}`, {
      hint: `Run it by hand as this user: it must print the ${noun} and exit 0.`,
    });
  }
  // the runner reads text: bytes that are none would become another password than the command printed
  if (finished.stdout.includes('\ufffd')) {
    throw new CryptosyncError(invalid, `what the ${noun} command printed is not UTF-8 text`, {
      hint: 'Let it print text, or write the bytes to a file.',
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
