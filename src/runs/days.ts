/**
 * The syncs of a profile's own places by days, for who looks at many profiles over a year. Of a line as `beginRun` writes
 * it only the fields that count are looked for; any other is parsed.
 */
import { isSuccess } from './last-sync.ts';
import { type LedgerEntry, parseLine, readLinesBackwards } from './ledger.ts';
import { FieldFinder, isAt, type Lines, numberAt, textAt } from './line-fields.ts';
import { isSamePlace, type Place, placesIn } from './place.ts';

/** A value a day, the oldest first; the last day is the one that it is now. Days are UTC's. */
export interface Days {
  /** `g`: a sync ended well. `b`: some ended, and none of them well. `-`: none ended. */
  readonly outcomes: string;
  /** Milliseconds that the longest sync that ended well took. */
  readonly took: readonly (number | null)[];
  /** Bytes that the sources held at the last one. */
  readonly held: readonly (number | null)[];
}

export interface DaysRequest {
  /** The places that the profile has now. What was done with others is not told. */
  readonly own: readonly Place[];
  readonly days: number;
  readonly now: Date;
}

const dayLength = 86_400_000;
/** Bytes of a ledger that are read at a time, and at the most: a sync every five minutes for half a year. */
const chunk = 512 * 1024;
const mostBytes = 64 * 1024 * 1024;

export function readDays(path: string, { own, days, now }: DaysRequest): Days {
  const first = Math.floor(now.getTime() / dayLength) - days + 1;
  const outcomes: ('g' | 'b' | '-')[] = new Array(days).fill('-');
  const took: (number | null)[] = new Array(days).fill(null);
  const held: (number | null)[] = new Array(days).fill(null);
  const syncIn = lineReader(own);
  let read = 0;
  for (const bytes of readLinesBackwards(path, { first: chunk, size: chunk })) {
    let isOver = false;
    for (const lines of backwards(bytes)) {
      const sync = syncIn(lines);
      if (sync === undefined) continue;
      const day = sync.day - first;
      if (day < 0) isOver = true;
      if (!(day >= 0 && day < days)) continue;
      if (isSuccess(sync.outcome)) {
        outcomes[day] = 'g';
        if (sync.took !== null) took[day] = Math.max(took[day] ?? 0, sync.took);
        held[day] ??= sync.held;
      } else if (outcomes[day] === '-') outcomes[day] = 'b';
    }
    read += bytes.length;
    if (isOver || read >= mostBytes) break;
  }
  return { outcomes: outcomes.join(''), took, held };
}

/** Each line in turn, from the last; it is the same object each time. */
function* backwards(bytes: Buffer): Generator<Lines> {
  const lines: Lines = { bytes, begin: 0, end: bytes.length };
  while (lines.end > 0) {
    lines.begin = bytes.lastIndexOf(0x0a, lines.end - 1) + 1;
    if (lines.end > lines.begin) yield lines;
    lines.end = lines.begin - 1;
  }
}

interface Sync {
  /** Since 1970. */
  readonly day: number;
  readonly outcome: string;
  readonly took: number | null;
  readonly held: number | null;
}

/** What a line says of a sync that has ended, of one of the places; undefined for all others. */
function lineReader(own: readonly Place[]): (lines: Lines) => Sync | undefined {
  const outcome = new FieldFinder('"event":"ended","outcome":"');
  const took = new FieldFinder('"durationMs":');
  const held = new FieldFinder('"heldBytes":');
  const isOwn = ownPlaces(own);
  const dayOf = dayReader();
  return (lines) => {
    if (isBeginning(lines)) return undefined;
    const outcomeAt = isUsual(lines) ? outcome.find(lines) : -1;
    const ownness = outcomeAt < 0 ? undefined : isOwn(lines);
    if (ownness === undefined) return parsed(lines, own);
    if (!ownness) return undefined;
    const [tookAt, heldAt] = [took.find(lines), held.find(lines)];
    return {
      day: dayOf(lines),
      outcome: textAt(lines, outcomeAt),
      took: tookAt < 0 ? null : numberAt(lines, tookAt),
      held: heldAt < 0 ? null : numberAt(lines, heldAt),
    };
  };
}

// {"run":"0123456789ab","at":"2026-01-31T02:00:00Z","operation":"sync",…
const usual = {
  run: Buffer.from('{"run":"'),
  at: Buffer.from('","at":"'),
  sync: Buffer.from('Z","operation":"sync",'),
};
const timeAt = 28;
const started = Buffer.from('"event":"started","pid":');

function isUsual({ bytes, begin }: Lines): boolean {
  return (
    isAt(bytes, begin, usual.run) &&
    isAt(bytes, begin + 20, usual.at) &&
    isAt(bytes, begin + timeAt + 19, usual.sync)
  );
}

/** A line that ends as that of a beginning does says nothing of an end. */
function isBeginning({ bytes, begin, end }: Lines): boolean {
  let at = end - 2;
  while (at > begin && (bytes[at] ?? 0) >= 48 && (bytes[at] ?? 0) <= 57) at -= 1;
  return isAt(bytes, at + 1 - started.length, started);
}

/** Mostly it is another day in each line, but the same month. */
function dayReader(): (lines: Lines) => number {
  const months = new Map<number, number>();
  return ({ bytes, begin }) => {
    const digits = (from: number, length: number): number => {
      let value = 0;
      for (let at = begin + timeAt + from; at < begin + timeAt + from + length; at += 1)
        value = value * 10 + (bytes[at] ?? 0) - 48;
      return value;
    };
    const month = digits(0, 4) * 100 + digits(5, 2);
    let first = months.get(month);
    if (first === undefined) {
      first = Date.UTC(Math.floor(month / 100), (month % 100) - 1, 1) / dayLength;
      months.set(month, first);
    }
    return first + digits(8, 2) - 1;
  };
}

/** Whether a usual line is about one of the places: undefined where it has to be parsed to know. */
function ownPlaces(own: readonly Place[]): (lines: Lines) => boolean | undefined {
  const finder = new FieldFinder('"places":[{');
  let known: Buffer = Buffer.alloc(0);
  let isKnown = false;
  return (lines) => {
    const from = finder.find(lines);
    if (from < 0) return undefined;
    if (known.length > 0 && isAt(lines.bytes, from, known)) {
      // behind one that is not the profile's another may stand that is
      return isKnown || onlyPlace(lines, from) !== undefined ? isKnown : undefined;
    }
    const key = onlyPlace(lines, from);
    if (key === undefined) return undefined;
    const entry = entryOf(lines);
    if (entry === undefined) return undefined;
    [known, isKnown] = [Buffer.from(key), isAbout(entry, own)];
    return isKnown;
  };
}

/** What says which place it is, where there is one alone: what stands before its outcome. */
function onlyPlace({ bytes, end }: Lines, from: number): Buffer | undefined {
  const line = bytes.subarray(from, end);
  const to = line.indexOf('"outcome":');
  return to < 0 || line.includes('},{') || line.subarray(0, to).includes('}')
    ? undefined
    : line.subarray(0, to);
}

function parsed(lines: Lines, own: readonly Place[]): Sync | undefined {
  const entry = entryOf(lines);
  if (entry?.event !== 'ended' || !['sync', 'rekey'].includes(entry.operation)) return undefined;
  // one that was put off says nothing of a place
  if (entry.error === 'SKIPPED' || !isAbout(entry, own)) return undefined;
  const number = (name: string): number | null =>
    typeof entry[name] === 'number' ? (entry[name] as number) : null;
  const day = Math.floor(Date.parse(entry.at) / dayLength);
  return { day, outcome: entry.outcome ?? '', took: number('durationMs'), held: number('heldBytes') };
}

function entryOf({ bytes, begin, end }: Lines): LedgerEntry | undefined {
  return parseLine(bytes.toString('utf8', begin, end));
}

/** What names no place is about the whole profile when it failed. */
function isAbout(entry: LedgerEntry, own: readonly Place[]): boolean {
  const named = placesIn(entry);
  if (named.length === 0) return !isSuccess(entry.outcome ?? '');
  return named.some((place) => own.some((mine) => isSamePlace(mine, place)));
}
