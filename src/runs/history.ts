/**
 * What a ledger says of each run, from the newest beginning to the oldest. A ledger is only appended to and never cut,
 * so this goes back to the first run; it is read as a stream from its end, as far as the caller goes.
 */
import { type LedgerEntry, readLedgerBackwards } from './ledger.ts';
import { type Place, placesIn } from './place.ts';

export interface RecordedRun {
  readonly run: string;
  /** `sync`, `mount`, … */
  readonly operation: string;
  /** ISO 8601; null where the line of it is lost. */
  readonly startedAt: string | null;
  /** Null for a run that was killed, or is at work. */
  readonly endedAt: string | null;
  /** `unfinished` where it has no end. */
  readonly outcome: string;
  readonly durationMs: number | null;
  readonly places: readonly Place[];
  readonly files: number | null;
  readonly bytes: number | null;
  readonly deleted: number | null;
  readonly generation: number | null;
  /** What the sources held; lines of before 1.0 do not say. */
  readonly heldFiles: number | null;
  readonly heldBytes: number | null;
  /** A code of the catalogue. */
  readonly error: string | null;
}

export function* readRuns(path: string): Generator<RecordedRun> {
  const ended = new Map<string, LedgerEntry>();
  for (const entry of readLedgerBackwards(path)) {
    if (entry.event === 'ended') ended.set(entry.run, entry);
    else {
      yield runOf(entry, ended.get(entry.run));
      ended.delete(entry.run);
    }
  }
  // a crash may have torn the line of a beginning
  for (const end of ended.values()) yield runOf(undefined, end);
}

function runOf(begin: LedgerEntry | undefined, end: LedgerEntry | undefined): RecordedRun {
  const told: Readonly<Record<string, unknown>> = { ...begin, ...end };
  const number = (name: string): number | null => {
    const value = told[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  };
  const text = (name: string): string | null => (typeof told[name] === 'string' ? told[name] : null);
  return {
    run: text('run') ?? '',
    operation: text('operation') ?? '',
    startedAt: begin?.at ?? null,
    endedAt: end?.at ?? null,
    outcome: end === undefined ? 'unfinished' : (end.outcome ?? 'unknown'),
    durationMs: number('durationMs') ?? between(begin?.at, end?.at),
    places: placesIn(told),
    files: number('filesTransferred'),
    bytes: number('bytesTransferred'),
    deleted: number('deleted'),
    generation: number('generation'),
    heldFiles: number('heldFiles'),
    heldBytes: number('heldBytes'),
    error: text('error'),
  };
}

/** In milliseconds; a clock that was set back says nothing. */
function between(begin: string | undefined, end: string | undefined): number | null {
  const time = Date.parse(end ?? '') - Date.parse(begin ?? '');
  return time >= 0 ? time : null;
}
