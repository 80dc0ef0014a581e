/**
 * What a ledger says of the syncs of a profile's own places. Each outcome counts for the place that it was about: a
 * sync to another path or in another direction, and one of before the profile was given another remote, is told as
 * elsewhere, and moves nothing.
 *
 * A line names its places since 0.2 (`places`); one of 0.1 names the remote and direction of its worst mapping, or
 * nothing when it did not come so far. What names nothing is a failure of the whole profile, and no success.
 */
import type { TrustedTree } from '../system/paths/trusted-tree.ts';
import { type LedgerEntry, readLedgerBackwards } from './ledger.ts';
import { isSamePlace, type Place, parsePlace, partsOf } from './place.ts';

export interface LastRun {
  readonly at: string;
  /** How it ended; `unfinished` when it never did. */
  readonly outcome: string;
  /** `name:path`, where it came so far. */
  readonly remote?: string;
  readonly direction?: string;
  readonly generation?: number;
  readonly error?: string;
  readonly filesTransferred?: number;
  readonly bytesTransferred?: number;
  readonly deleted?: number;
  readonly durationMs?: number;
}

/** Of one place. */
export interface PlaceHistory {
  readonly source: string | null;
  readonly remote: string;
  readonly direction: string;
  readonly lastSync: LastRun | null;
  /** When it was last brought to what was here, or confirmed to be that. */
  readonly lastSuccess: string | null;
}

export interface SyncHistory {
  /** The last sync of the profile's own places: of several the newest that went wrong, else the newest. */
  readonly lastSync: LastRun | null;
  /** The same among those that have ended: what is known while the last one is at work. */
  readonly lastEnded: LastRun | null;
  /** The oldest of its places' last successes; null while one of them has none. */
  readonly lastSuccess: string | null;
  /** The newest sync with another place or in another direction, if it came after the last success. */
  readonly lastElsewhere: LastRun | null;
  readonly places: readonly PlaceHistory[];
}

const successes: ReadonlySet<string> = new Set(['synced', 'unchanged', 'rekeyed']);

/** Whether an outcome leaves a place as it should be. */
export function isSuccess(outcome: string): boolean {
  return successes.has(outcome);
}

/** What a line says of one place; of the whole profile when it names none. */
interface Told {
  readonly place: Place | undefined;
  readonly run: LastRun;
}

/** What was found out of a place so far. */
interface Trail {
  readonly place: Place | undefined;
  /** The newest is 0. */
  age: number;
  lastSync: LastRun | null;
  lastEnded: LastRun | null;
  lastSuccess: string | null;
}

/**
 * @param own the places that the profile has now. Without any, what a line says of the whole profile is its last sync.
 * @param from a directory above the ledger, from `trustedTree`
 */
export function readSyncHistory(path: string, own: readonly Place[], from?: TrustedTree): SyncHistory {
  const trails: Trail[] = (own.length === 0 ? [undefined] : own).map((place) => ({
    place,
    age: 0,
    lastSync: null,
    lastEnded: null,
    lastSuccess: null,
  }));
  let lastElsewhere: LastRun | null = null;
  let age = 0;
  for (const told of readSyncs(path, from)) {
    age += 1;
    const found = trails.filter((trail) => note(trail, told, age)).length > 0;
    const elsewhere = told.find(({ place }) => place !== undefined);
    if (!found && elsewhere !== undefined) lastElsewhere ??= elsewhere.run;
    if (trails.every(({ lastSuccess }) => lastSuccess !== null)) break;
  }
  return { ...overall(trails), lastElsewhere, places: trails.flatMap(toHistory) };
}

/** @returns true when the line is about the trail's place. */
function note(trail: Trail, told: readonly Told[], age: number): boolean {
  const { place: own } = trail;
  const about = told.find(
    ({ place }) => place === undefined || (own !== undefined && isSamePlace(own, place)),
  );
  if (about === undefined) return false;
  if (trail.lastSync === null) Object.assign(trail, { lastSync: about.run, age });
  if (about.run.outcome !== 'unfinished') trail.lastEnded ??= about.run;
  if (about.place !== undefined && isSuccess(about.run.outcome)) trail.lastSuccess ??= about.run.at;
  return true;
}

function overall(trails: readonly Trail[]): Pick<SyncHistory, 'lastSync' | 'lastEnded' | 'lastSuccess'> {
  const newestFirst = [...trails].sort((one, other) => one.age - other.age);
  const worst = (name: 'lastSync' | 'lastEnded'): LastRun | null => {
    const known = newestFirst.flatMap(({ [name]: run }) => run ?? []);
    return known.find(({ outcome }) => !isSuccess(outcome)) ?? known[0] ?? null;
  };
  const oldestFirst = trails.map(({ lastSuccess }) => lastSuccess).sort();
  return {
    lastSync: worst('lastSync'),
    lastEnded: worst('lastEnded'),
    lastSuccess: oldestFirst.includes(null) ? null : (oldestFirst[0] ?? null),
  };
}

function toHistory({ place, lastSync, lastSuccess }: Trail): PlaceHistory[] {
  if (place === undefined) return [];
  const { source = null, remote, direction } = place;
  return [{ source, remote, direction, lastSync, lastSuccess }];
}

/** What each sync's last line says, from the newest; a beginning counts only when no end came after it. */
function* readSyncs(path: string, from: TrustedTree | undefined): Generator<readonly Told[]> {
  const ended = new Set<string>();
  for (const entry of readLedgerBackwards(path, from)) {
    if (entry.operation !== 'sync' && entry.operation !== 'rekey') continue;
    if (entry.event === 'ended') ended.add(entry.run);
    else if (ended.has(entry.run)) continue;
    // one that was put off says nothing of a place
    if (entry.error === 'SKIPPED') continue;
    yield toldBy(entry);
  }
}

function toldBy(entry: LedgerEntry): Told[] {
  return partsOf(entry).map((part) => {
    const place = parsePlace(part);
    return { place, run: toLastRun(entry, part as Readonly<Record<string, unknown>>, place) };
  });
}

const toldFacts = [
  ['generation', 'number'],
  ['filesTransferred', 'number'],
  ['bytesTransferred', 'number'],
  ['deleted', 'number'],
  ['durationMs', 'number'],
  ['error', 'string'],
] as const;

function toLastRun(
  entry: LedgerEntry,
  part: Readonly<Record<string, unknown>>,
  place: Place | undefined,
): LastRun {
  const isTold = typeof part?.['outcome'] === 'string';
  // a run that did not come so far as to tell of each place says the same of all
  const from: Readonly<Record<string, unknown>> = isTold ? part : { ...entry, ...part };
  const facts: Record<string, unknown> = {};
  for (const [name, type] of toldFacts) if (typeof from[name] === type) facts[name] = from[name];
  const outcome = isTold ? (part['outcome'] as string) : entry.outcome;
  return {
    at: entry.at,
    outcome: entry.event === 'ended' ? (outcome ?? 'unknown') : 'unfinished',
    ...(place === undefined ? {} : { remote: place.remote, direction: place.direction }),
    ...facts,
  };
}
