/**
 * Who is told that a run began and how it ended: the log, the ledger, hooks, pings, metrics. One interface; in which
 * order they are told stands in `recorded`.
 */
import type { ProfileLayout } from '../clients/layout.ts';
import type { WatchConfig } from '../clients/watching/schema.ts';
import { type ErrorCode, exitOf } from '../system/error-codes.ts';
import type { CryptosyncError } from '../system/errors.ts';

export type Facts = Readonly<Record<string, unknown>>;

/** Whose run it is: a profile's, or that of a tenant's sessions. */
export type RecordedLayout =
  | ProfileLayout
  | (Pick<ProfileLayout, 'client' | 'directory' | 'ledger'> & { readonly profile: 'session' });

/** A run, as it is known when it begins. */
export interface Run {
  /** Twelve hexadecimal digits, the same in the ledger, hooks and pings. */
  readonly id: string;
  /** Whom it is about: `client1/default`, or a file for what belongs to no client. */
  readonly subject: string;
  /** Undefined for what has no ledger, or takes it away. */
  readonly layout?: RecordedLayout | undefined;
  /** `sync`, `mount`, `install`, … */
  readonly operation: string;
  /** What it sets out to do, for people: `upload to r:path`. */
  readonly intent?: string | undefined;
  /** For the ledger's first line: places, how closely a check looks. */
  readonly facts: Facts;
}

/** `skipped` is what shall be tried later (exit 75), `refused` what was refused for safety (exit 15). */
export type RunResult = 'ok' | 'failed' | 'refused' | 'interrupted' | 'skipped' | 'unexpected';

/** How an operation says that it ended. */
export interface Ending {
  /** One word, such as `mounted` or `synced`. */
  readonly outcome: string;
  /** What was done, for the log: `upload to r:path: 3 files, …`. */
  readonly did?: string | undefined;
  /** For the ledger: `filesTransferred`, `bytesTransferred`, `deleted`, `generation`, `remote`, `direction`, … */
  readonly facts?: Facts;
  /** For a failure that is reported as a result instead of thrown. */
  readonly error?: CryptosyncError | undefined;
}

/** The end of a run. */
export interface RunEnd extends Ending {
  readonly result: RunResult;
  /** The exit status that the command has for this run alone. */
  readonly exitCode: number;
  /** From its beginning, waiting for locks included. */
  readonly durationMs: number;
}

/** What is told of one run. Whoever fails to hear an end changes nothing of it. */
export interface RunObserver {
  /** Waited for before the work begins. @throws what the run shall end with instead */
  began?(run: Run): Promise<void> | void;
  ended?(run: Run, end: RunEnd): Promise<void> | void;
  /** After `ended`: this one is in order, and the one before it of this kind was not. */
  recovered?(run: Run, end: RunEnd): Promise<void> | void;
}

/** Who is told besides the log and the ledger, and of what surroundings. */
export interface Watching {
  /** What holds for all clients. */
  readonly config: WatchConfig;
  readonly root: string;
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Observers of a face or of another floor, told last. */
  readonly further: readonly RunObserver[];
}

/** Set for the programs that a hook starts. */
export const hookVariable = 'CRYPTOSYNC_HOOK';

/** Whether this process was started by a hook: what it does itself starts none, or there would be no end to it. */
export function runsWithinHook(environment: NodeJS.ProcessEnv): boolean {
  return environment[hookVariable] !== undefined;
}

/** It is to be another than those beside it, not to be a secret, for which node:crypto would be loaded. */
export function newRunId(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}

/** What an error, or none, makes of a run. */
export function resultOf(error: Pick<CryptosyncError, 'code'> | undefined): RunResult {
  return error === undefined ? 'ok' : resultOfCode(error.code);
}

/** The same of a code as a ledger has it, which may be another version's. */
export function resultOfCode(code: string): Exclude<RunResult, 'ok'> {
  if (code === 'UNEXPECTED') return 'unexpected';
  const byExit: Readonly<Record<number, 'refused' | 'skipped' | 'interrupted'>> = {
    15: 'refused',
    75: 'skipped',
    130: 'interrupted',
  };
  const exit = exitOfCode(code);
  return (exit === undefined ? undefined : byExit[exit]) ?? 'failed';
}

/** The exit status of a code that a ledger has; undefined for one that this version does not know. */
export function exitOfCode(code: string): number | undefined {
  return Object.hasOwn(exitOf, code) ? exitOf[code as ErrorCode] : undefined;
}
