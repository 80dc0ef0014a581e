/**
 * Where a secret comes from: files, commands, the environment, systemd's credentials, a prompt. Nothing of it is ever
 * written to disk.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Warn } from '../system/advice/index.ts';
import { findExecutable } from '../system/dependencies.ts';
import { operatorEnvironment, type SecretVariable } from '../system/environment.ts';
import { CryptosyncError, errnoOf, MisplacedFile } from '../system/errors.ts';
import { kindOf, readIfPresent } from '../system/files.ts';
import { verifyTrustedTarget } from '../system/paths/trust.ts';
import { forbidCoreDumps } from '../system/process/core-dumps.ts';
import { verifyTrustedWords } from '../system/process/own-program.ts';
import { lastLines, run } from '../system/process.ts';
import { bytesOfArgument, bytesOfVariable, replacement } from '../system/true-bytes.ts';
import { readPatiently } from '../system/waiting.ts';
import { Secret } from './secret.ts';

export interface SecretSources {
  /** What it is, for messages: `password`. */
  readonly noun: string;
  /** A flag's file; `-` is stdin. */
  readonly file?: string | undefined;
  /** A flag's command, run by sh. */
  readonly command?: string | undefined;
  /** The environment variable that may hold it. */
  readonly variable: SecretVariable;
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
  /** What is thrown when its bytes can't be known. */
  readonly invalid: 'INVALID_PASSWORD' | 'INVALID_ENCRYPTION_KEY';
  /** What the secret is of, for messages: `client1/default`. */
  readonly subject: string;
}

export interface SecretDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly warn: Warn;
  /** Reads all of stdin; called at most once per secret. */
  readonly readStdin: () => Promise<Buffer>;
}

/** Milliseconds: a password manager may ask its user first. */
const commandDeadline = 120_000;
/** Bytes: more than any password or key, and an end to /dev/zero. */
const longestFile = 1024 * 1024;

/**
 * The secret from the first source that is given, or undefined when none is. A source that is given and fails is an
 * error: the next one is not tried in its place.
 */
export async function readFromSources(
  sources: SecretSources,
  dependencies: SecretDependencies,
): Promise<Secret | undefined> {
  const { environment, warn } = dependencies;
  await forbidCoreDumps(environment);
  if (sources.file !== undefined) return await fromFile(sources, sources.file, dependencies);
  if (sources.command !== undefined) return await fromCommand(sources, sources.command, dependencies);
  const variable = environment[sources.variable];
  if (variable !== undefined) {
    return exactOr(bytesOfVariable(sources.variable, variable), sources, sources.variable);
  }
  const credential = fromCredential(sources.credential, environment);
  if (credential !== undefined) return credential;
  if (sources.profileFile !== undefined) {
    // it is believed whenever the profile is: nobody else may put another secret there
    if (kindOf(sources.profileFile) !== 'none') verifyTrustedTarget(sources.profileFile);
    return await fromFile(sources, sources.profileFile, dependencies);
  }
  if (sources.profileCommand !== undefined) {
    verifyProgram(sources.profileCommand, environment);
    return await fromCommand(sources, sources.profileCommand, dependencies);
  }
  if (sources.argument !== undefined) {
    warn(`the ${sources.noun} in the arguments is unsafe: every user of this machine can read it.`, {
      to: 'use-password-file',
    });
    return exactOr(bytesOfArgument(sources.argument), sources, 'the arguments');
  }
  const answer = await sources.prompt?.();
  // a terminal's bytes are gone when node has decoded them
  if (answer?.reveal().includes(replacement)) throw inexact(sources, 'what was typed');
  return answer;
}

/** Bytes that were lost on their way would be another secret, and open another vault. */
function exactOr(bytes: Buffer | undefined, sources: SecretSources, from: string): Secret {
  if (bytes === undefined) throw inexact(sources, from);
  return new Secret(bytes);
}

function inexact({ noun, invalid }: SecretSources, from: string): CryptosyncError {
  return new CryptosyncError(
    invalid,
    `the ${noun} is not UTF-8 text, and its bytes can't be read from ${from}`,
    {
      advice: { to: 'give-secret-in-file', noun },
    },
  );
}

/** One newline at the end belongs to the file, not to the password. */
function withoutFinalNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}

/** A FIFO is a file too: `--password-file <(pass show client1)`. */
async function fromFile(
  { noun }: SecretSources,
  path: string,
  { readStdin, warn, signal }: SecretDependencies,
): Promise<Secret> {
  if (path === '-') return new Secret(withoutFinalNewline(await readStdin()));
  try {
    const bytes = await readPatiently(path, { longest: longestFile, deadline: commandDeadline, signal });
    const stats = statSync(path);
    if (stats.isFile() && (stats.mode & 0o077) !== 0) {
      warn(`the ${noun} file ${path} can be read by others: chmod 600 ${path}`);
    }
    return new Secret(withoutFinalNewline(bytes));
  } catch (error) {
    if (error instanceof CryptosyncError) throw error;
    const why = error instanceof MisplacedFile ? `it ${error.why}` : (errnoOf(error) ?? error);
    throw new CryptosyncError('CONFIG_INVALID', `the ${noun} file ${path} can't be read: ${why}`, {
      advice: { to: 'check-path-and-permissions' },
      cause: error,
    });
  }
}

/**
 * A profile's command is run whenever the profile is used: its program, and the files that it names, are nobody
 * else's. @throws CONFIG_INVALID
 */
function verifyProgram(command: string, environment: NodeJS.ProcessEnv): void {
  const words = command.split(/\s+/).filter((word) => /^[\w@%+=:,./-]+$/.test(word));
  const program = words[0] === undefined ? undefined : findExecutable(words[0], environment);
  verifyTrustedWords([...(program === undefined ? [] : [program]), ...words]);
}

async function fromCommand(
  { noun, missing }: SecretSources,
  command: string,
  { environment, signal }: SecretDependencies,
): Promise<Secret> {
  const finished = await run({
    file: findExecutable('sh', environment) ?? '/bin/sh',
    args: ['-c', command],
    environment: operatorEnvironment(environment),
    deadline: commandDeadline,
    printsBytes: true,
    signal,
  });
  if (finished.exitCode !== 0) {
    const why = finished.timedOut
      ? 'it did not end in time'
      : lastLines(finished.stderr, 2) || `exit ${finished.exitCode}`;
    throw new CryptosyncError(missing, `the ${noun} command failed: ${why}`, {
      advice: { to: 'run-secret-command', noun },
    });
  }
  return new Secret(withoutFinalNewline(Buffer.from(finished.stdout, 'latin1')));
}

function fromCredential(name: string, environment: NodeJS.ProcessEnv): Secret | undefined {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined) return undefined;
  const bytes = readIfPresent(join(directory, name));
  return bytes === undefined ? undefined : new Secret(withoutFinalNewline(bytes));
}
