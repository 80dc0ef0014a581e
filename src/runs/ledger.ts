/**
 * The ledger of a profile: one line when a run begins and one when it ends, appended and never changed. A run without
 * an end was killed. A line that a crash tore, or that is no entry, is passed over.
 */

import { closeSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { directoryMode, fileMode } from '../clients/layout.ts';
import { type Clock, toIsoSeconds } from '../system/clock.ts';
import { appendLine, ensureDirectory } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { openTrusted } from '../system/paths/trust.ts';
import type { TrustedTree } from '../system/paths/trusted-tree.ts';
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
  /** Fulfilled when its first line is durable. */
  readonly begun: Promise<void>;
  end(outcome: string, facts?: Facts): Promise<void>;
}

/** Records that a run begins. @param facts stand in its first line and in its last. */
export function beginRun(
  path: string,
  { id, operation }: Pick<Run, 'id' | 'operation'>,
  clock: Clock,
  facts: Facts = {},
): LedgerRun {
  ensureDirectory(dirname(path), directoryMode);
  const append = (entry: Omit<LedgerEntry, 'run' | 'at' | 'operation'>): Promise<void> => {
    const line: LedgerEntry = {
      run: id,
      at: toIsoSeconds(clock.now()),
      operation,
      ...facts,
      ...entry,
    } as LedgerEntry;
    return appendLine(path, JSON.stringify(line), fileMode);
  };
  return {
    begun: append({ event: 'started', pid: process.pid }),
    end: (outcome, more = {}) => append({ event: 'ended', outcome, ...more }),
  };
}

/** Mostly the last line is all that is asked for; who goes on wants much. Below half of what node has ready at hand. */
const firstChunk = 4000;
const chunkSize = 65_536;
/** Bytes of a line that is looked at. */
const longestLine = 1024 * 1024;
/** Stands for the end of a longer one: no line with it is an entry. */
const overlong: Buffer = Buffer.from('\0');
const nothing: Buffer = Buffer.alloc(0);

/**
 * The entries from the newest to the oldest, read from the end as far as the caller goes.
 * @param from a directory above it, from `trustedTree`
 */
export function* readLedgerBackwards(path: string, from?: TrustedTree): Generator<LedgerEntry> {
  for (const bytes of readLinesBackwards(path, { first: firstChunk, size: chunkSize, from }))
    yield* parseLinesBackwards(bytes);
}

interface Reading {
  /** Bytes that are read first, and after that at a time. */
  readonly first: number;
  readonly size: number;
  /** A directory above it, from `trustedTree`. */
  readonly from?: TrustedTree | undefined;
}

/** Some whole lines at a time, the last ones first; none where there is no ledger. */
export function* readLinesBackwards(path: string, { first, size: usual, from }: Reading): Generator<Buffer> {
  const ledger = openTrusted(path, undefined, from);
  if (ledger === undefined) return;
  const { descriptor } = ledger;
  try {
    let position = ledger.size;
    let next = first;
    let rest = nothing;
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
  for (let end = bytes.length; end > 0; ) {
    const start = bytes.lastIndexOf(0x0a, end - 1) + 1;
    const entry = start === end ? undefined : parseLine(bytes.toString('utf8', start, end));
    if (entry !== undefined) yield entry;
    end = start - 1;
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
