/**
 * What every command has in common: where it runs, whom it tells, how it fails. With --json stdout is exactly one
 * document, of an error too; everything else goes to stderr. The exit code follows from the results, here.
 */
import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { Command } from '@oclif/core/command';
import { defaultRoot } from '../clients/layout.ts';
import { readSettings, type Settings, settingsFile } from '../clients/settings.ts';
import type { Context } from '../operations/context.ts';
import { parseDuration, systemClock } from '../system/clock.ts';
import { CryptosyncError, type ErrorReport, toCryptosyncError } from '../system/errors.ts';
import { createFileLog, logPath, silentLog } from '../system/log.ts';
import { commonFlags } from './flags.ts';
import { unanswered } from './question.ts';
import { verifyStdinUse } from './stdin-use.ts';
import { paint, printable } from './style.ts';

export interface CommonFlags {
  readonly root?: string | undefined;
  readonly 'log-file'?: string | undefined;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly 'no-input'?: boolean;
}

/** Whether and how a command may talk while it works. */
export interface Manner {
  /** A person watches stderr: animations and prompts are welcome. */
  readonly isInteractive: boolean;
  /** Progress in plain lines is welcome. */
  readonly isTalkative: boolean;
  readonly mayPrompt: boolean;
}

/** What the presenters of results need of a command. */
export interface Reporter {
  /** A line for people on stdout; nothing with --quiet or --json. */
  say(line: string): void;
  /** An error for people on stderr; nothing with --json. */
  tell(error: CryptosyncError, subject: string): void;
  /** Sets the exit code by the error that the run ends with, and gives the document back. */
  finish<Document extends object>(document: Document, error: CryptosyncError | undefined): Document;
}

export abstract class CryptosyncCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = commonFlags;

  readonly #interruption = new AbortController();
  #flags: CommonFlags = {};
  #settings: Settings = {};

  protected override async init(): Promise<void> {
    await super.init();
    // of two flags that exclude each other, one given by hand is above one that the environment gives
    if (this.argv.some((word) => word === '--all-profiles' || word === '--global' || word === '-g'))
      delete process.env['CRYPTOSYNC_PROFILE'];
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        // the reader went away (`| head`): not our failure
        if (error.code !== 'EPIPE') throw error;
      });
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => this.#interrupt(name));
  }

  #interrupt(name: string): void {
    this.#interruption.abort(new CryptosyncError('INTERRUPTED', `interrupted by ${name}`));
  }

  protected get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /** Makes the context of the operations out of the common flags. */
  protected contextFor(flags: CommonFlags, userId = process.getuid?.() ?? 0): Context {
    this.#flags = flags;
    verifyStdinUse(flags);
    verifyNotEmpty(flags);
    const warn = (message: string): void => this.warnOnce(message);
    this.#settings = readSettings(settingsFile(process.env, userId));
    const path = logPath(process.env, userId, flags['log-file'] ?? this.#settings.logFile);
    return {
      root: resolve(flags.root ?? this.#settings.root ?? defaultRoot),
      environment: process.env,
      userId,
      clock: systemClock,
      log: path === undefined ? silentLog : createFileLog(path, systemClock, warn),
      signal: this.signal,
      version: this.config.version,
      warn,
    };
  }

  /** The client when none is named: the settings' or `default`. Known after `contextFor`. */
  protected get defaultClient(): string {
    return this.#settings.client ?? 'default';
  }

  protected mannerFor(flags: CommonFlags): Manner {
    const isSilent = flags.quiet === true || this.jsonEnabled();
    const mayPrompt =
      // not process.stdin.isTTY: to look at process.stdin makes a pipe non-blocking, also for others who share it
      isatty(0) && process.stderr.isTTY === true && flags['no-input'] !== true && !process.env['CI'];
    return {
      isInteractive: !isSilent && process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
      isTalkative: !isSilent,
      mayPrompt,
    };
  }

  readonly #warned = new Set<string>();

  protected warnOnce(message: string): void {
    if (this.#flags.quiet === true || this.#warned.has(message)) return;
    this.#warned.add(message);
    process.stderr.write(`${paint('yellow', 'warning:', process.stderr)} ${printable(message)}\n`);
  }

  /** oclif's own colours the document token by token, even for a pipe: 50 ms for a thousand vaults. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** A line of the result, on stdout; nothing with --quiet or --json. */
  protected say(line: string): void {
    if (this.#flags.quiet !== true) this.log(line);
  }

  /** Prints an error for people: what happened, the next step, and with --verbose what lies behind it. */
  protected tell(error: CryptosyncError, subject?: string): void {
    const write = (text: string): boolean => process.stderr.write(`${text}\n`);
    const message = withSubject(error.message, subject);
    write(`${paint(['red', 'bold'], 'error:', process.stderr)} ${printable(message)} [${error.code}]`);
    if (error.hint !== undefined)
      write(`${paint('cyan', 'next:', process.stderr)}  ${printable(error.hint)}`);
    if (this.#flags.verbose !== true || error.cause === undefined) return;
    const cause = error.cause instanceof Error && error.exit === 1 ? error.cause.stack : error.cause;
    write(`cause: ${cause instanceof Error ? cause.message : String(cause)}`);
  }

  protected reporter(): Reporter {
    return {
      say: (line) => this.say(line),
      tell: (error, subject) => {
        if (!this.jsonEnabled()) this.tell(error, subject);
      },
      finish: (document, error) => {
        if (error !== undefined) process.exitCode = error.exit;
        return document;
      },
    };
  }

  override async catch(thrown: Error & { exitCode?: number }): Promise<void> {
    if (isPlainExit(thrown)) throw thrown;
    const error = translate(thrown);
    // flags were not parsed when they are what is wrong
    if (this.argv.includes('--verbose') || this.argv.includes('-v'))
      this.#flags = { ...this.#flags, verbose: true };
    if (this.jsonEnabled()) this.logJson({ error: error.toReport() });
    else this.tell(error);
    process.exitCode = error.exit;
  }

  protected override toErrorJson(thrown: unknown): { error: ErrorReport } {
    return { error: translate(thrown).toReport() };
  }
}

/** `client1/default: the message`, unless the message names it already. */
function withSubject(message: string, subject: string | undefined): string {
  return subject === undefined || message.includes(subject) ? message : `${subject}: ${message}`;
}

/** `--help` and `--version` leave by an error of oclif's with exit 0. */
function isPlainExit(thrown: unknown): boolean {
  const { oclif, code } = thrown as { oclif?: { exit?: number }; code?: string };
  return code === 'EEXIT' && oclif?.exit === 0;
}

/** oclif's parse errors become USAGE; a prompt that was left by Ctrl-C is an interruption. */
function translate(thrown: unknown): CryptosyncError {
  const { oclif, message } = thrown as { oclif?: { exit?: number }; message?: string };
  const interrupted = unanswered(thrown);
  if (interrupted !== undefined) return interrupted;
  if (!(thrown instanceof CryptosyncError) && oclif?.exit === 2) {
    return new CryptosyncError(
      'USAGE',
      (message ?? 'wrong usage')
        .split('\n')
        .slice(0, 3)
        .join(' ')
        .replace(/\s*See more help with --help\s*$/, '')
        .trim(),
    );
  }
  return toCryptosyncError(thrown);
}

/** Flags whose empty value has a meaning or an error of its own. */
const mayBeEmpty: ReadonlySet<string> = new Set([
  'client',
  'profile',
  'vault-password',
  'remote-options',
  'remote-path',
]);

/** An empty path would be the directory that the command happens to run in: `--root "$UNSET"`. @throws USAGE */
function verifyNotEmpty(flags: object): void {
  for (const [name, value] of Object.entries(flags)) {
    const isEmpty = value === '' || (Array.isArray(value) && value.includes(''));
    if (!isEmpty || mayBeEmpty.has(name)) continue;
    throw new CryptosyncError('USAGE', `--${name} is empty`, { hint: 'Give it a value, or leave it out.' });
  }
}

/** `--wait 10m` in milliseconds; 0 when it was not given. @throws USAGE */
export function waitOf(text: string | undefined): number {
  return text === undefined ? 0 : durationOf('--wait', text);
}

/** A flag's duration in milliseconds. @throws USAGE */
export function durationOf(flag: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new CryptosyncError('USAGE', `${flag} ${JSON.stringify(text)} is not a duration`, {
    hint: 'Write it like 90s, 10m, 1h30m or 30d.',
  });
}
