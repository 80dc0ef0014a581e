/**
 * What every command has in common: where it runs, whom it tells, how it fails. With --json stdout is exactly one
 * document, of an error too; everything else goes to stderr. The exit code follows from the results, here.
 */
import { isatty } from 'node:tty';
import { Command } from '@oclif/core/command';
import { readSettings, type Settings, settingsFile } from '../clients/settings.ts';
import type { Context } from '../operations/context.ts';
import { makeContext } from '../operations/make-context.ts';
import type { Advice } from '../system/advice/index.ts';
import { parseDuration } from '../system/clock.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import { logKinds } from '../system/logs/choose.ts';
import { type CommandReport, reportOf, wordsOf } from './advice/index.ts';
import { worded } from './advice/worded.ts';
import { unanswered } from './asking/question.ts';
import { verifyStdinUse } from './asking/stdin-use.ts';
import { logOfFailedStart, subjectIn, withoutValues } from './command-line.ts';
import { commonFlags } from './flags.ts';
import { verifyText } from './given-bytes.ts';
import { errorLines } from './showing/error-text.ts';
import { columnsOf, onLines, paint, printable, wrapped } from './showing/style.ts';
import { prepareStreams, writeOut } from './streams.ts';

export interface CommonFlags {
  readonly root?: string | undefined;
  readonly log?: string | undefined;
  readonly 'log-file'?: string | undefined;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly 'no-input'?: boolean;
  /** Of the commands that have it. */
  readonly progress?: 'json' | undefined;
}

/** Whether and how a command may talk while it works. */
export interface Manner {
  /** A person watches stderr: animations and prompts are welcome. */
  readonly isInteractive: boolean;
  /** Progress in plain lines is welcome. */
  readonly isTalkative: boolean;
  /** Progress is read by a program: `--progress json`. */
  readonly isForPrograms?: boolean;
  readonly mayPrompt: boolean;
  /** Gives a question the terminal for itself; where there is none, nothing else uses it. */
  readonly asking?: (<Answer>(ask: () => Promise<Answer>) => Promise<Answer>) | undefined;
}

/** What the presenters of results need of a command. */
export interface Reporter {
  /** Whether `say` says anything. */
  readonly isTalkative: boolean;
  /** A line for people on stdout; nothing with --quiet or --json. */
  say(line: string): void;
  /** An error for people on stderr; nothing with --json. */
  tell(error: CryptosyncError, subject: string): void;
  /** Sets the exit code by the error that the document ends with, and gives it back as it is printed. */
  finish(document: Parameters<typeof worded>[0]): object;
}

export abstract class CryptosyncCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = commonFlags;
  /** Flags that `--help` only names; `--help-all` explains them. */
  static rareFlags: readonly string[] = [];

  readonly #interruption = new AbortController();
  #flags: CommonFlags = {};
  #settings: Settings = {};
  #log: Log | undefined;

  protected override async init(): Promise<void> {
    await super.init();
    // of two flags that exclude each other, one given by hand is above one that the environment gives
    if (this.argv.some((word) => word === '--all-profiles' || word === '--global' || word === '-g'))
      delete process.env['CRYPTOSYNC_PROFILE'];
    prepareStreams();
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
    verifyOneLine(flags);
    const environment = process.env;
    verifyText(flags, this.argv, environment);
    this.#settings = readSettings(settingsFile(environment, userId));
    const context = makeContext({
      version: this.config.version,
      root: flags.root,
      environment,
      userId,
      settings: this.#settings,
      logKind: logKinds.find((kind) => kind === flags.log),
      logFile: flags['log-file'],
      signal: this.signal,
      warn: (message, advice) => this.warnOnce(withAdvice(message, advice)),
    });
    this.#log = context.log;
    return context;
  }

  /** The client when none is named: the settings' or `default`. Known after `contextFor`. */
  protected get defaultClient(): string {
    return this.#settings.client ?? 'default';
  }

  protected get isDefaultClientNamed(): boolean {
    return this.#settings.client !== undefined;
  }

  protected mannerFor(flags: CommonFlags): Manner {
    const isForPrograms = flags.progress === 'json';
    const isSilent = flags.quiet === true || this.jsonEnabled() || isForPrograms;
    const mayPrompt =
      // not process.stdin.isTTY: to look at process.stdin makes a pipe non-blocking, also for others who share it
      isatty(0) && process.stderr.isTTY === true && flags['no-input'] !== true && !process.env['CI'];
    return {
      isInteractive: !isSilent && process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
      isTalkative: !isSilent,
      isForPrograms,
      mayPrompt,
    };
  }

  readonly #warned = new Set<string>();

  protected warnOnce(message: string): void {
    if (this.#flags.quiet === true || this.#warned.has(message)) return;
    this.#warned.add(message);
    const text = wrapped(printable(message), columnsOf(process.stderr), 'warning: '.length);
    process.stderr.write(`${paint('yellow', 'warning:', process.stderr)} ${text}\n`);
  }

  /** oclif's own colours the document token by token, even for a pipe: 50 ms for a thousand vaults. */
  override logJson(json: unknown): void {
    writeOut(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** Whether lines for people are printed at all. */
  #isHeard(): boolean {
    return this.#flags.quiet !== true && !this.jsonEnabled();
  }

  /** A line of the result, on stdout, broken between words on a terminal; nothing with --quiet or --json. */
  protected say(line: string): void {
    // node makes a stream of stdout when it is looked at
    if (!this.#isHeard()) return;
    // what has lines or columns of its own is left as it is
    const hasOwn = line.includes('\n') || /\S {2}/.test(line);
    const text = line.trimStart();
    const indent = line.length - text.length;
    this.print(hasOwn ? line : `${' '.repeat(indent)}${onLines(text, process.stdout, Math.max(indent, 2))}`);
  }

  /** What is to be copied or read on by a program, as it is; nothing with --quiet or --json. */
  protected print(text: string): void {
    if (this.#flags.quiet !== true) this.log(text);
  }

  /** Prints an error for people: what happened, the next step, and with --verbose what lies behind it. */
  protected tell(error: CryptosyncError, subject?: string): void {
    // nothing is wrong: no line for cron to mail
    if (error.code === 'SKIPPED') {
      this.say(subject === undefined ? error.message : `${subject}: ${error.message}`);
      return;
    }
    const verbose = this.#flags.verbose === true;
    for (const line of errorLines(error, { subject, verbose }, process.stderr))
      process.stderr.write(`${line}\n`);
  }

  protected reporter(): Reporter {
    return {
      isTalkative: this.#isHeard(),
      say: (line) => this.say(line),
      tell: (error, subject) => {
        this.#logFailure(error, error.message, subject);
        if (!this.jsonEnabled()) this.tell(error, subject);
      },
      finish: (document) => {
        if (document.error !== undefined) process.exitCode = document.error.exit;
        return worded(document);
      },
    };
  }

  override async catch(thrown: Error & { exitCode?: number }): Promise<void> {
    if (isPlainExit(thrown)) throw thrown;
    const error = await this.#withNearestFlag(translate(thrown), thrown);
    const wording =
      thrown instanceof CryptosyncError ? error.message : withoutValues(error.message, this.argv);
    this.#logFailure(error, wording, subjectIn(this.argv));
    // flags were not parsed when they are what is wrong
    if (this.argv.includes('--verbose') || this.argv.includes('-v'))
      this.#flags = { ...this.#flags, verbose: true };
    if (this.jsonEnabled()) this.logJson({ error: reportOf(error) });
    else this.tell(error);
    process.exitCode = error.exit;
  }

  /** A flag that does not exist may be another one, mistyped. */
  async #withNearestFlag(error: CryptosyncError, thrown: object): Promise<CryptosyncError> {
    if (!('flags' in thrown && Array.isArray(thrown.flags))) return error;
    const { nearestFlags } = await import('./guidance/did-you-mean.ts');
    const known = { ...this.ctor.baseFlags, ...this.ctor.flags, json: {}, help: {} };
    const nearest = nearestFlags(thrown.flags, known);
    if (nearest.length === 0) return error;
    return new CryptosyncError(error.code, error.message, { advice: { to: 'did-you-mean-flag', nearest } });
  }

  /** A failure of before anything began, and so not told yet, leaves a line as well. */
  #logFailure(error: CryptosyncError, message: string, subject: string | undefined): void {
    this.#log ??= logOfFailedStart(this.argv);
    if (this.#log.hasTold(error)) return;
    const whose = subject === undefined ? '' : `${subject}: `;
    const command = this.id?.replaceAll(':', ' ');
    this.#log.write('ERROR', `${whose}${command} failed: ${error.code} ${message}`, error);
  }

  protected override toErrorJson(thrown: unknown): { error: CommandReport } {
    return { error: reportOf(translate(thrown)) };
  }
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

/** A warning and what to do about it: behind a sentence a sentence, behind a phrase a command. */
function withAdvice(message: string, advice: Advice | undefined): string {
  const words = advice && wordsOf(advice);
  return words === undefined ? message : `${message}${message.endsWith('.') ? '' : ':'} ${words}`;
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
    throw new CryptosyncError('USAGE', `--${name} is empty`, { advice: { to: 'give-value' } });
  }
}

/** Flags that may hold several lines, or have an error of their own for them. */
const mayHoldLines: ReadonlySet<string> = new Set([
  'client',
  'profile',
  'vault-password',
  'password-command',
  'passphrase-command',
  'remote-option',
  'remote-options',
]);

/** A path with a line feed in it would stand in scripts, units and lists of lines. @throws USAGE */
function verifyOneLine(flags: object): void {
  for (const [name, value] of Object.entries(flags)) {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    const isBroken = texts.some((text) => typeof text === 'string' && /\p{Cc}/u.test(text));
    if (!isBroken || mayHoldLines.has(name)) continue;
    throw new CryptosyncError('USAGE', `--${name} holds a control character such as a line feed`, {
      advice: { to: 'give-one-line' },
    });
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
    advice: { to: 'write-duration' },
  });
}
