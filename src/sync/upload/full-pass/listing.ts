/** A full pass: what is really at a place against what was recorded of it, and against what is here. */
import type { HowListed, Place, PlaceEntry, PlaceFeatures } from '../../../remotes/place.ts';
import { CryptosyncError } from '../../../system/errors.ts';
import { comparePaths, directoryOf, shownPath } from '../../../system/names.ts';
import { type Change, hashesAt, type LookSettings } from '../../tree/changes.ts';
import { isSignOfPlace, objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import type { Spelling } from '../naming/spelling.ts';
import type { Leaving } from '../plan.ts';

export interface Listing {
  /** By path: files, and what is neither file nor directory. */
  readonly objects: Map<string, PlaceEntry>;
  readonly directories: Set<string>;
  readonly spelling: Spelling;
}

/** @throws VAULT_FOREIGN when another place of ours lies inside; what the place fails with */
export async function readListing(place: Place, spelling: Spelling): Promise<Listing> {
  return await listingOf(place, await entriesAt(place), spelling);
}

/** All that a place lists, as it spells it. @throws what the place fails with */
export async function entriesAt(place: Place, how: HowListed = {}): Promise<readonly PlaceEntry[]> {
  const entries: PlaceEntry[] = [];
  await place.list((entry) => void entries.push(entry), how);
  return entries;
}

/** @throws VAULT_FOREIGN when another place of ours lies inside; what the place fails with */
export async function listingOf(
  place: Place,
  entries: readonly PlaceEntry[],
  spelling: Spelling,
): Promise<Listing> {
  const listing: Listing = { objects: new Map(), directories: new Set(), spelling };
  let nested: string | undefined;
  for (const entry of entries) {
    const path = spelling.spelled(entry.path);
    if (entry.kind === 'directory') listing.directories.add(path);
    else listing.objects.set(path, path === entry.path ? entry : { ...entry, path });
    if (isSignOfPlace(path)) nested ??= directoryOf(directoryOf(path));
  }
  for (const path of spelling.garbled) {
    const there = await place.look(path);
    if (there === undefined) listing.objects.delete(path);
    else listing.objects.set(path, there);
  }
  if (nested === undefined) return listing;
  throw new CryptosyncError(
    'VAULT_FOREIGN',
    `${place.name} holds another place of cryptosync's inside, at ${shownPath(nested)}`,
    { advice: { to: 'separate-mappings' } },
  );
}

/** Nanoseconds that two times may differ in which a place has one for the other. */
export interface TimeTolerance {
  readonly precision: number | undefined;
  /** Objects of which neither size nor time says that they are what was recorded. */
  readonly suspect?: ReadonlySet<string> | undefined;
}

/** What a full pass adds to a plan. */
export interface Mended {
  readonly changes: readonly Change[];
  readonly foreign: readonly Leaving[];
  readonly lost: ReadonlySet<string>;
  /** What somebody else added, changed or removed there, for people. */
  readonly behindOurBack: readonly string[];
}

/**
 * Holds what was recorded against what is there. Whatever is not as it was is put again; what nobody here knows leaves.
 * @param known what was recorded, in the order of trees
 */
export function mended(
  changes: readonly Change[],
  known: Iterable<RecordEntry>,
  listing: Listing,
  tolerance: TimeTolerance,
): Mended {
  const byPath = new Map(changes.map((change) => [change.path, change]));
  const objects = new Map(listing.objects);
  const lost = new Set<string>();
  const foreign: Leaving[] = [];
  const behindOurBack: string[] = [];
  for (const entry of known) {
    const object = objectOf(entry);
    if (object === undefined) continue;
    const there = objects.get(object);
    objects.delete(object);
    if (there !== undefined && isAsRecorded(entry, there, tolerance)) continue;
    behindOurBack.push(`${shownPath(object)} ${there === undefined ? 'is gone' : 'was changed'}`);
    if (there === undefined) lost.add(object);
    if (entry.isGone === true) continue;
    const change = byPath.get(entry.path);
    if (change?.kind === 'removed' || change?.kind === 'content') continue;
    byPath.set(entry.path, { path: entry.path, kind: 'content', known: entry, now: change?.now ?? entry });
  }
  for (const { path, size } of objects.values()) {
    foreign.push({ path, size, why: 'foreign' });
    behindOurBack.push(`${shownPath(path)} was added`);
  }
  const all = [...byPath.values()].sort((a, b) => comparePaths(a.path, b.path));
  return { changes: all, foreign, lost, behindOurBack };
}

/** Whether an object is what was recorded, as far as size and time tell. */
export function isAsRecorded(
  entry: RecordEntry,
  there: PlaceEntry,
  { precision, suspect }: TimeTolerance,
): boolean {
  if (there.kind !== 'file' || suspect?.has(there.path) === true) return false;
  if (entry.kind === 'link') return true;
  return there.size === entry.size && isSameTime(entry.there ?? entry.mtime, there.mtime, precision);
}

export function isSameTime(a: bigint, b: bigint | undefined, precision: number | undefined): boolean {
  if (precision === undefined || b === undefined) return true;
  const difference = a > b ? a - b : b - a;
  return difference <= BigInt(Math.max(precision, 1));
}

/** What is known of files that 0.1 sent to a place that keeps no times. */
export type FormerIndex = ReadonlyMap<string, string> | undefined;

/**
 * A place without a manifest, such as 0.1 left it: what lies there in the same size, and the same time where it keeps
 * times, is what is here, and is not sent again.
 */
export async function adopted(
  changes: readonly Change[],
  listing: Listing,
  features: PlaceFeatures,
  settings: LookSettings & { readonly former: FormerIndex; readonly begunAt: bigint | undefined },
): Promise<Mended> {
  const objects = new Map(listing.objects);
  const taken: Change[] = [];
  const foreign: Leaving[] = [];
  for (const change of changes) {
    const object = change.now === undefined ? undefined : objectOf(change.now);
    const there = object === undefined ? undefined : objects.get(object);
    if (object !== undefined) objects.delete(object);
    if (there === undefined || change.now === undefined) {
      taken.push(change);
      continue;
    }
    // what was touched since a first run began that did not end may only look like what that run has put
    const isOlder = settings.begunAt === undefined || change.now.ctime < settings.begunAt;
    if (change.now.kind === 'file' && isOlder && isTheSame(change.now, there, features, settings.former)) {
      const hashes = await hashesAt(settings, change.path, features.listedHash);
      if (hashes !== 'vanished')
        taken.push({ ...change, kind: 'metadata', now: { ...change.now, ...hashes } });
      continue;
    }
    foreign.push({ path: there.path, size: there.size, why: 'replaced' });
    taken.push(change);
  }
  for (const { path, size } of objects.values()) foreign.push({ path, size, why: 'deleted' });
  return { changes: taken, foreign, lost: new Set(), behindOurBack: [] };
}

function isTheSame(
  now: RecordEntry,
  there: PlaceEntry,
  features: PlaceFeatures,
  former: FormerIndex,
): boolean {
  if (there.kind !== 'file' || there.size !== now.size) return false;
  if (features.timePrecision !== undefined && there.mtime !== undefined) {
    return isSameTime(now.mtime, there.mtime, features.timePrecision);
  }
  return former?.get(now.path) === `${now.size} ${now.mtime}.${now.ctime}.${now.inode}`;
}
