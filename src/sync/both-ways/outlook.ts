/**
 * Looking before a sync in both directions moves anything: how both sides are, what became of each since they were last
 * equal, and what follows from it. It changes nothing; what may not be done is refused here.
 */
import { keepsDirectory, type Place } from '../../remotes/place.ts';
import { linkSuffix } from '../../remotes/remote.ts';
import { ancestorsOf } from '../../system/names.ts';
import type { TransferContext } from '../context.ts';
import { withFormerLinks } from '../former/links.ts';
import { includes } from '../include.ts';
import type { Job } from '../job.ts';
import { keysHere } from '../keyless.ts';
import type { NotCarried } from '../result.ts';
import { changesOf, isCounted, type TreeChanges } from '../tree/changes.ts';
import type { StampedEntry } from '../tree/entry.ts';
import { withOwnGroups } from '../tree/groups.ts';
import type { RecordEntry } from '../tree/record.ts';
import { type Listing, readListing } from '../upload/full-pass/listing.ts';
import { carriedOnly, lookSettings, seenBy } from '../upload/look.ts';
import { namesHere, withoutUncarried } from '../upload/naming/carriable.ts';
import { spellingOf } from '../upload/naming/spelling.ts';
import { siftTwins } from '../upload/naming/twins.ts';
import { objectsOf } from '../upload/outlook.ts';
import { type Journal, recover, sentBy } from './base.ts';
import { beginningOf, formerBase, journalOf, verifyComplete } from './beginning.ts';
import { type Footing, footingOf, isUntimed } from './footing.ts';
import { emptiedBy, verifyNotVanished, verifyPlan } from './guard.ts';
import { doubtfulIn, findIdentical } from './identical.ts';
import { verifyKeyFiles } from './key-files.ts';
import { type BothSides, type Look, localLook, remoteLook } from './look.ts';
import { type BothWaysPlan, keepCompanions, planBothSides, type Situation } from './plan.ts';
import { type MergedTree, mergeTrees } from './trees/merge.ts';
import { type Moves, planMoves } from './trees/moves.ts';
import { recordedLooks } from './trees/recorded-looks.ts';
import { type EntryThere, treeThere } from './trees/there.ts';
import { timedAsTold } from './trees/untimed.ts';

export interface Outlook {
  readonly footing: Footing;
  readonly now: BothSides<Look>;
  /** The base, with what an interrupted run finished; empty where the run begins anew. */
  readonly situation: Situation;
  readonly plan: BothWaysPlan;
  readonly journal: Journal | undefined;
  readonly sides: Sides;
  /** What both sides become, and what has to be done for it. */
  readonly merged: MergedTree;
  readonly moves: Moves;
  /** By path: the hash of what this very run has sent or brought by now. */
  readonly carried?: ReadonlyMap<string, string> | undefined;
}

/** Both sides as trees, by path. */
export interface Sides {
  readonly here: ReadonlyMap<string, StampedEntry>;
  readonly there: ReadonlyMap<string, EntryThere>;
  readonly tree: TreeChanges;
  readonly listing: Listing;
  /** Paths here that the place can't hold, and why. */
  readonly left: ReadonlySet<string>;
  readonly notCarried: readonly NotCarried[];
  /** Directories of a vault that can't be read as they are here. */
  readonly keyless: readonly string[];
}

/**
 * @param before an earlier look of the same run.
 * @throws what the guard refuses; BISYNC_NEEDS_RESYNC when it does not know how the sides came to differ
 */
export async function lookAhead(
  context: TransferContext,
  job: Job,
  place: Place,
  before?: Outlook,
): Promise<Outlook> {
  const footing = before?.footing ?? (await footingOf(job, place));
  const { precision, known, features } = footing;
  const former = footing.record === undefined ? formerBase(job) : undefined;
  const journal = journalOf(job, footing.record);
  if (before === undefined) verifyComplete(job, footing, journal);
  const sides = await lookAtSides(context, job, place, footing);
  const { here, there, left, listing } = sides;
  const carried = [...here.values()].filter(({ path }) => !left.has(path));
  const now = { local: localLook(carried), remote: remoteLook(listing) };
  const hasBase = known.length > 0 || former !== undefined;
  // what held no files at its last sync has lost none
  const hadFiles = known.some(isCounted) || former !== undefined;
  const wasSynced = hadFiles || (known.length === 0 && journal?.isAnew === false);
  const uncarried = [...here.values()].filter((entry) => left.has(entry.path) && isCounted(entry)).length;
  const standing = { wasSynced, emptiedHere: await emptiedBy(journal, job, place, now), uncarried };
  verifyNotVanished(job, now, standing);
  const beginning = beginningOf(job, now, { hasBase, journal, footing });
  const looks = former ?? recordedLooks({ known, tree: sides.tree, now, there });
  const base = beginning.isAnew ? { local: new Map(), remote: new Map() } : looks;
  const isSent = sentBy(journal, here, before?.carried);
  const recovered = recover(journal ?? { copies: [] }, base, now, { precision, isSent });
  const situation: Situation = { now, base: recovered.looks, torn: recovered.torn, precision, ...beginning };
  const doubtful = doubtfulIn(situation, there);
  const identical = await findIdentical(context, job, place, doubtful);
  const decided = planBothSides(situation, identical, new Set(doubtful.keys()));
  const plan = keepCompanions(decided, now, job.mapping.source.companionsOf);
  const recorded = byPath(beginning.isAnew ? [] : known);
  const shape = { nameOf: namesOf(sides), newDirectories: newDirectories(sides, recorded) };
  verifyPlan(job, { now, plan, isAnew: beginning.isAnew, standing, shape });
  await verifyKeyFiles(place, job, plan, footing.proven);
  const merged = mergeTrees({ here, there, base: recorded, plan, left, arrived: arrivedBy(journal) });
  const moves = planMoves({ merged, here, there, left, keepsDirectory: keepsDirectory(features) });
  return { footing, now, situation, plan, journal, sides, merged, moves, carried: before?.carried };
}

async function lookAtSides(
  context: TransferContext,
  job: Job,
  place: Place,
  { features, known, told, precision, apart, refused }: Footing,
): Promise<Sides> {
  const names = namesHere(features, job.mapping);
  const keys = keysHere(job.mapping.source);
  const entries = [...carriedOnly(job)];
  const settings = { ...lookSettings(context, job), onEntry: seenBy(names, keys) };
  const tree = await changesOf(known.values(), entries.values(), settings);
  const carriable = withoutUncarried(tree, features, names, refused);
  const spelling = spellingOf(objectsOf([...known, ...(told ?? [])], carriable.kept), features);
  const found = includedListing(job, await readListing(place, spelling));
  const sifting = { root: job.mapping.source.directory, there: () => pathsThere(found), apart };
  const { kept, notCarried } = await siftTwins(place, carriable, sifting);
  const carried = new Set(kept.map(({ path }) => path));
  const left = new Set(tree.changes.flatMap(({ path }) => (carried.has(path) ? [] : [path])));
  const seen = told === undefined ? { ...found, objects: withFormerLinks(found.objects) } : found;
  const listing = isUntimed(job, features) ? timedAsTold(seen, told ?? []) : seen;
  const here = withCarriedGroups(hereWith(entries, known, tree), left);
  const there = treeThere({
    here,
    listing,
    told,
    known,
    precision,
    keepsDirectory: keepsDirectory(features),
  });
  return { here, there, tree, listing, left, notCarried, keyless: keys.keyless() };
}

/** What lies there, by the paths that it has here. */
function pathsThere({ objects, directories }: Listing): Set<string> {
  const paths = new Set(directories);
  for (const object of objects.keys()) {
    paths.add(object);
    if (object.endsWith(linkSuffix)) paths.add(object.slice(0, -linkSuffix.length));
  }
  return paths;
}

function arrivedBy(journal: Journal | undefined): ReadonlySet<string> | undefined {
  if (journal === undefined) return undefined;
  return new Set(journal.copies.flatMap(({ path, to }) => (to === 'local' ? [path] : [])));
}

/** What is here, with what is known of its contents. */
function hereWith(
  entries: readonly StampedEntry[],
  known: readonly RecordEntry[],
  { changes }: TreeChanges,
): Map<string, StampedEntry> {
  const changed = byPath(changes);
  const recorded = byPath(known);
  const here = new Map<string, StampedEntry>();
  for (const entry of entries) {
    const change = changed.get(entry.path);
    const before = recorded.get(entry.path);
    if (change !== undefined) here.set(entry.path, change.now ?? entry);
    else here.set(entry.path, { ...entry, hash: before?.hash, attributes: before?.attributes });
  }
  return here;
}

/** A hard link whose first path stays here alone has the first that is carried for it. */
function withCarriedGroups(
  here: Map<string, StampedEntry>,
  left: ReadonlySet<string>,
): Map<string, StampedEntry> {
  if (left.size === 0) return here;
  const carried = withOwnGroups([...here.values()].filter(({ path }) => !left.has(path)));
  for (const entry of carried) here.set(entry.path, entry);
  return here;
}

function byPath<One extends { readonly path: string }>(items: readonly One[]): Map<string, One> {
  return new Map(items.map((item) => [item.path, item]));
}

/** A link's object has another name than the link; a file may be called as such an object is. */
export function namesOf({ here, there }: Sides): (object: string) => string {
  const files = new Set<string>();
  for (const { path, kind } of here.values()) if (kind === 'file') files.add(path);
  for (const { entry } of there.values()) if (entry.kind === 'file') files.add(entry.path);
  return (object) =>
    object.endsWith(linkSuffix) && !files.has(object) ? object.slice(0, -linkSuffix.length) : object;
}

function newDirectories({ here, there }: Sides, base: ReadonlyMap<string, RecordEntry>): string[] {
  const all = [...here.values(), ...[...there.values()].map(({ entry }) => entry)];
  return all
    .filter(({ kind, path }) => kind === 'directory' && base.get(path)?.kind !== 'directory')
    .map(({ path }) => path);
}

/** With patterns only what they include, and the directories above it. */
function includedListing({ settings: { include } }: Job, listing: Listing): Listing {
  if (include.length === 0) return listing;
  const isIncluded = includes(include);
  const isLink = (path: string): boolean =>
    path.endsWith(linkSuffix) && isIncluded(path.slice(0, -linkSuffix.length));
  const objects = new Map([...listing.objects].filter(([path]) => isIncluded(path) || isLink(path)));
  return { ...listing, objects, directories: new Set([...objects.keys()].flatMap(ancestorsOf)) };
}
