/**
 * The ledger of a profile: one line when a run begins and one when it ends, appended and never changed. A run without
 * an end was killed. A line that a crash tore, or that is no entry, is passed over.
 */

import { closeSync, fstatSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { directoryMode, fileMode } from '../clients/layout.ts';
import { type Clock, toIsoSeconds } from '../system/clock.ts';
import { appendLine, ensureDirectory, isAbsence } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { openTrusted } from '../system/paths/trust.ts';
import type { HeldWay } from '../system/paths/walk.ts';
import type { Facts, Run } from './observer.ts';

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
  end(outcome: string, facts?: Facts): void;
}

/** Records that a run begins. @param facts stand in its first line and in its last. */
export function beginRun(
  path: string,
  { id, operation }: Pick<Run, 'id' | 'operation'>,
  clock: Clock,
  facts: Facts = {},
): LedgerRun {
  ensureDirectory(dirname(path), directoryMode);
  const append = (entry: Omit<LedgerEntry, 'run' | 'at' | 'operation'>): void => {
    const line: LedgerEntry = {
      run: id,
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

/** Mostly the last line is all that is asked for; who goes on wants much. */
const firstChunk = 4096;
const chunkSize = 65_536;
/** Bytes of a line that is looked at. */
const longestLine = 1024 * 1024;
/** Stands for the end of a longer one: no line with it is an entry. */
const overlong = Buffer.from('\0');

/**
 * The entries from the newest to the oldest, read from the end as far as the caller goes.
 * @param from a directory above it, from `holdTrusted`
 */
export function* readLedgerBackwards(path: string, from?: HeldWay): Generator<LedgerEntry> {
  for (const bytes of readLinesBackwards(path, { first: firstChunk, size: chunkSize, from }))
    yield* parseLinesBackwards(bytes);
}

interface Reading {
  /** Bytes that are read first, and after that at a time. */
  readonly first: number;
  readonly size: number;
  /** A directory above it, from `holdTrusted`. */
  readonly from?: HeldWay | undefined;
}

/** Some whole lines at a time, the last ones first; none where there is no ledger. */
export function* readLinesBackwards(path: string, { first, size: usual, from }: Reading): Generator<Buffer> {
  let descriptor: number;
  try {
    descriptor = openTrusted(path, undefined, from);
  } catch (error) {
    if (isAbsence(error)) return;
    throw error;
  }
  try {
    let position = fstatSync(descriptor).size;
    let next = first;
    let rest: Buffer = Buffer.alloc(0);
    while (position > 0) {
      const size = Math.min(next, position);
      next = usual;
      position -= size;
      const chunk = Buffer.allocUnsafe(size);
      const read = readSync(descriptor, chunk, 0, size, position);
      if (read < size) chunk.fill(0, read);
      const bytes = rest.length === 0 ? chunk : Buffer.concat([chunk, rest]);
      const firstBreak = position === 0 ? -1 : bytes.indexOf(0x0a);
      if (position > 0 && firstBreak < 0) {
        rest = bytes.length > longestLine ? overlong : bytes;
        continue;
      }
      rest = bytes.subarray(0, firstBreak + 1);
      yield bytes.subarray(firstBreak + 1);
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

/** Undefined for what is no entry. */
export function parseLine(line: string): LedgerEntry | undefined {
  try {
    const entry = parseStoredJson(line);
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
