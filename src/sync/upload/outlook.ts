/** Looking before an upload: at the place, at what is recorded, at the source; and what follows from it. */
import { dirname } from 'node:path';
import { readState } from '../../remotes/control/state.ts';
import type { Place, PlaceFeatures } from '../../remotes/place.ts';
import { placeOf } from '../../remotes/remote.ts';
import { isRecent } from '../../system/clock.ts';
import type { TransferContext } from '../context.ts';
import { deletionsIn, verifyPlanned, verifySource, verifyUntorn } from '../guard.ts';
import { verifyOneState } from '../here/incoming.ts';
import { includes } from '../include.ts';
import type { Job } from '../job.ts';
import { type Lineage, lineageFor, unknownTo } from '../lineage.ts';
import { verifyKnownThere } from '../proof.ts';
import type { Proven } from '../source.ts';
import { type Change, changesAmong, type LookSettings, type TreeChanges } from '../tree/changes.ts';
import type { Entry } from '../tree/entry.ts';
import { objectOf } from '../tree/objects.ts';
import { type OpenRecord, openRecord, publishRecord, type RecordEntry } from '../tree/record.ts';
import { removeIfThere } from '../tree/record-file.ts';
import type { Refusals } from './carrying/refusals.ts';
import { readTree } from './chain.ts';
import { withBlocking } from './full-pass/blocking.ts';
import { seenThere } from './full-pass/full-look.ts';
import { type Mended, readListing } from './full-pass/listing.ts';
import { verifyApart, verifyNotNested, verifyUnmarked } from './guard.ts';
import { lookEarly, lookHere, lookSettings, ownRecord } from './look.ts';
import { type NamesHere, withoutUncarried } from './naming/carriable.ts';
import { spellingOf } from './naming/spelling.ts';
import { pathsIn, siftTwins } from './naming/twins.ts';
import type { UploadPlan } from './plan.ts';
import { planFor } from './planning.ts';

export interface Outlook {
  readonly lineage: Lineage;
  readonly features: PlaceFeatures;
  readonly record: OpenRecord | undefined;
  /** What was known of the tree at the place, in the order of trees; each call gives it anew. */
  readonly known: () => Iterable<RecordEntry>;
  /** The record that `known` reads, where it reads one. */
  readonly knownRecord: OpenRecord | undefined;
  readonly tree: TreeChanges;
  readonly plan: UploadPlan;
  /** What the source's files are opened with, when the plan was made. */
  readonly proven: Proven;
  /** The whole place was looked at. */
  readonly isFull: boolean;
  /** There was nothing at all. */
  readonly isEmpty: boolean;
  /** Differences by which the place keeps names apart, as the run learns them. */
  readonly apart: Set<string>;
  /** What the place has refused, as the run learns it. */
  readonly refused: Refusals;
  /** Directories of a vault that can't be read as they are. */
  readonly keyless: readonly string[];
  /** What somebody else did there, for people. */
  readonly behindOurBack: readonly string[];
}

/** Looks at both sides and decides. It changes nothing. @throws what the guard refuses */
export async function lookAhead(context: TransferContext, job: Job, place: Place): Promise<Outlook> {
  const { source, raw } = job.mapping;
  verifyApart(source, raw);
  verifySource({ kind: source.kind, directory: source.directory, state: source.inspect() });
  const proven = source.verifyProven();
  verifyOneState(dirname(job.recordFile), source);
  verifyUntorn(source.directory, source.findTornFiles());
  const reading = readState(place);
  const asking = place.features();
  for (const answer of [reading, asking]) answer.catch(() => {}); // told where they are awaited
  const early = await lookEarly(context, job);
  const features = await asking;
  const state = await reading;
  // before the lineage, which would call a place empty that holds something else
  const isEmpty = state.kind !== 'present' && (await verifyUnmarked(source, place));
  const record = recordOf(job, state.kind === 'present' ? state.committed : undefined);
  const lineage = lineageFor(job, { state, record, takeOver: job.request.takeOver === true });
  await verifyKnownThere(source, proven, place);
  const isDue = needsListing(context, job, lineage, record);
  if (isDue) await verifyNotNested(job, place);
  const knownRecord = lineage.footing.kind === 'recorded' ? record : undefined;
  const known = await knownTree(job, place, lineage, knownRecord);
  const settings = lookSettings(context, job);
  const isWaiting = lineage.footing.kind === 'recorded' && early?.isOf(features, record) === true;
  const compared = { entries: known(), record: knownRecord };
  const looked = isWaiting ? early.looked() : await lookHere(job, features, compared, settings);
  const { look, names, keyless } = looked;
  const tree = await changesAmong(look, settings);
  const isFull = isDue && !isEmpty;
  const apart = new Set<string>();
  const seen = {
    lineage,
    features,
    record,
    known,
    knownRecord,
    tree,
    isFull,
    isEmpty,
    names,
    keyless,
    proven,
    apart,
    refused: new Map(),
  };
  return { ...seen, ...(await planned(job, place, seen, settings)) };
}

type Marker = Lineage['marker'];

/** The record of this place; one that a killed run had written before it committed counts when it did commit. */
export function recordOf(job: Job, marker: Marker): OpenRecord | undefined {
  const next = openRecord(`${job.recordFile}.next`);
  if (next !== undefined) {
    if (marker?.version === 2 && next.head.id === marker.id)
      publishRecord(`${job.recordFile}.next`, job.recordFile);
    else removeIfThere(`${job.recordFile}.next`);
  }
  return ownRecord(job);
}

async function knownTree(
  job: Job,
  place: Place,
  { footing, marker }: Lineage,
  record: OpenRecord | undefined,
): Promise<() => Iterable<RecordEntry>> {
  if (record !== undefined) return () => record.entries();
  if (footing.kind !== 'told' || marker?.version !== 2) return () => [];
  const entries = await readTree(place, marker, job.sealKey);
  return () => entries;
}

function needsListing(
  context: TransferContext,
  job: Job,
  lineage: Lineage,
  record: OpenRecord | undefined,
): boolean {
  if (job.request.full === true || lineage.isUnfinished || lineage.footing.kind !== 'recorded') return true;
  const age = context.clock.now().getTime() - Date.parse(record?.head.fullAt ?? '');
  return !isRecent(age, job.settings.fullEvery - 1);
}

type Looked = Omit<Outlook, 'plan' | 'behindOurBack'> & { readonly names: NamesHere };

async function planned(
  job: Job,
  place: Place,
  looked: Looked,
  settings: LookSettings,
): Promise<Pick<Outlook, 'plan' | 'behindOurBack'>> {
  const { lineage, features, tree, isFull, names, known, apart } = looked;
  const { mode, raw, source } = job.mapping;
  const sifting = { root: source.directory, there: () => pathsIn(known()), apart };
  const { kept, notCarried } = await siftTwins(place, withoutUncarried(tree, features, names), sifting);
  verifyKnown(job, lineage, kept);
  const listing = isFull
    ? await readListing(place, spellingOf(objectsOf(known(), kept), features))
    : undefined;
  const seen =
    listing === undefined
      ? unseen(kept)
      : await seenThere(kept, { ...looked, place, listing, indexFile: job.indexFile }, settings);
  const standing = withBlocking(seen.changes, seen.foreign, listing?.directories ?? new Set());
  const isCarried = includes(job.settings.include);
  // what the patterns are not about, and what a copy finds there, is left alone
  const foreign = standing.foreign.filter(
    ({ why, path }) => why === 'replaced' || (mode === 'sync' && isCarried(path)),
  );
  const facts = { ...seen, foreign, notCarried, blocking: standing.directories };
  const plan = await planFor(job, facts, features, settings);
  const knownFiles = listing?.objects.size ?? tree.knownFiles;
  const counts = { deletions: deletionsIn(plan.trash), sourceFiles: tree.files, knownFiles };
  verifyPlanned(source, placeOf(raw), counts, job.settings.deleteLimit);
  return { plan, behindOurBack: seen.behindOurBack };
}

/** All that is known to lie there, or is about to. */
export function* objectsOf(known: Iterable<Entry>, changes: readonly Change[]): Generator<string> {
  for (const entry of known) {
    const object = objectOf(entry);
    if (object !== undefined) yield object;
  }
  for (const { now } of changes) {
    const object = now === undefined ? undefined : objectOf(now);
    if (object !== undefined) yield object;
  }
}

/** Nothing was listed: what was recorded is there. */
function unseen(changes: readonly Change[]): Mended {
  return { changes, foreign: [], lost: new Set(), behindOurBack: [] };
}

/** Without a record only a source that is what the place says goes on from it. @throws REMOTE_AHEAD */
function verifyKnown(job: Job, { footing, marker }: Lineage, changes: readonly Change[]): void {
  if (footing.kind !== 'told' || marker?.version !== 2 || job.request.takeOver === true) return;
  const different = changes.filter(
    ({ kind, path }) => (kind === 'content' || kind === 'removed') && path !== '',
  ).length;
  if (different > 0) throw unknownTo(placeOf(job.mapping.raw), marker, different);
}
