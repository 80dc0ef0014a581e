/**
 * The ledger of a profile: one line when a run begins and one when it ends, appended and never changed. A run without
 * an end was killed. A line that a crash tore, or that is no entry, is passed over.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, toIsoSeconds } from '../system/clock.ts';
import { appendLine, ensureDirectory, isAbsence } from '../system/files.ts';
import { directoryMode, fileMode } from './layout.ts';

export interface LedgerEntry {
  /** Names one run; the line of its beginning and that of its end share it. */
  readonly run: string;
  readonly at: string;
  readonly event: 'started' | 'ended';
  /** `sync`, `mount`, `unmount`, `install`, … */
  readonly operation: string;
  readonly outcome?: string;
  /** The error's code. */
  readonly error?: string;
  readonly [fact: string]: unknown;
}

export interface LedgerRun {
  end(outcome: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** Records that a run begins. */
export function beginRun(
  path: string,
  operation: string,
  clock: Clock,
  facts: Readonly<Record<string, unknown>> = {},
): LedgerRun {
  ensureDirectory(dirname(path), directoryMode);
  const run = randomBytes(6).toString('hex');
  const append = (entry: Omit<LedgerEntry, 'run' | 'at' | 'operation'>): void => {
    const line: LedgerEntry = {
      run,
      at: toIsoSeconds(clock.now()),
      operation,
      ...facts,
      ...entry,
    } as LedgerEntry;
    appendLine(path, JSON.stringify(line), fileMode);
  };
  append({ event: 'started', pid: process.pid });
  return {
    end: (outcome, more = {}) => append({ event: 'ended', outcome, ...more }),
  };
}

const chunkSize = 65_536;

/** The entries from the newest to the oldest, read from the end as far as the caller goes. */
export function* readLedgerBackwards(path: string): Generator<LedgerEntry> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (isAbsence(error)) return;
    throw error;
  }
  try {
    let position = fstatSync(descriptor).size;
    let rest: Buffer = Buffer.alloc(0);
    while (position > 0) {
      const size = Math.min(chunkSize, position);
      position -= size;
      const chunk = Buffer.alloc(size);
      readSync(descriptor, chunk, 0, size, position);
      const bytes = Buffer.concat([chunk, rest]);
      const firstBreak = position === 0 ? -1 : bytes.indexOf(0x0a);
      if (position > 0 && firstBreak < 0) {
        rest = bytes;
        continue;
      }
      rest = bytes.subarray(0, firstBreak + 1);
      yield* parseLinesBackwards(bytes.subarray(firstBreak + 1));
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Parses a line only when it is asked for: the last sync is mostly the last line. */
function* parseLinesBackwards(bytes: Buffer): Generator<LedgerEntry> {
  for (const line of bytes.toString('utf8').split('\n').reverse()) {
    const entry = line === '' ? undefined : parseLine(line);
    if (entry !== undefined) yield entry;
  }
}

function parseLine(line: string): LedgerEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined; // torn by a crash
  }
}

function isEntry(value: unknown): value is LedgerEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { run, at, event, operation, outcome = '' } = value as Record<string, unknown>;
  return [run, at, event, operation, outcome].every((field) => typeof field === 'string');
}

export interface LastRun {
  readonly at: string;
  /** How it ended; `unfinished` when it never did. */
  readonly outcome: string;
  readonly generation?: number;
  readonly error?: string;
  readonly filesTransferred?: number;
  readonly bytesTransferred?: number;
}

const successes: ReadonlySet<unknown> = new Set(['synced', 'unchanged']);

/** The last sync of a profile and the time of the last one that succeeded. */
export function readLastSync(path: string): { lastSync: LastRun | null; lastSuccess: string | null } {
  let lastSync: LastRun | null = null;
  for (const entry of readLedgerBackwards(path)) {
    if (entry.operation !== 'sync') continue;
    lastSync ??= toLastRun(entry);
    if (entry.event === 'ended' && successes.has(entry.outcome)) return { lastSync, lastSuccess: entry.at };
  }
  return { lastSync, lastSuccess: null };
}

function toLastRun(entry: LedgerEntry): LastRun {
  const number = (name: string): Record<string, number> =>
    typeof entry[name] === 'number' ? { [name]: entry[name] } : {};
  return {
    at: entry.at,
    outcome: entry.event === 'ended' ? (entry.outcome ?? 'unknown') : 'unfinished',
    ...number('generation'),
    ...number('filesTransferred'),
    ...number('bytesTransferred'),
    ...(entry.error === undefined ? {} : { error: entry.error }),
  };
}
