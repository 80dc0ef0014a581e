/**
 * A bidirectional sync of one mapping: look → guard → plan → keep aside → bisync → look again, until both sides are
 * equal → commit. The caller holds the locks, keeps a vault unmounted and has verified the key of a crypt layer.
 * Whatever stops it, the base and the journal let the next run go on: docs/bidirectional.md.
 */
import { bisyncWorkDirectory, carryCopies } from '../../remotes/bisync.ts';
import { journalled, removeJournal, writeBase, writeJournal } from '../../remotes/bisync-base.ts';
import { carryLinks } from '../../remotes/bisync-links.ts';
import { isSameEntry, type Look, sides } from '../../remotes/bisync-look.ts';
import { baseAfter, isNothingToDo } from '../../remotes/bisync-plan.ts';
import { pruneLocalTrash } from '../../remotes/bisync-trash.ts';
import { type ControlFiles, controlFiles } from '../../remotes/control-files.ts';
import { stoppedMidway } from '../../remotes/guard.ts';
import { writeMarker } from '../../remotes/marker.ts';
import { placeOf } from '../../remotes/remote.ts';
import { type SourceScan, scanSource } from '../../remotes/source-scan.ts';
import { writeSyncBase } from '../../remotes/sync-base.ts';
import { addResults, nothingTransferred, type TransferResult } from '../../remotes/transfer.ts';
import { trashName } from '../../remotes/trash.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import type { TransferContext } from '../context.ts';
import { lookAhead, type Outlook, pairOf, verifyPossible } from './bidirectional-outlook.ts';
import { findPairs, findPartials, removePartials, resolvePairs } from './bidirectional-pairs.ts';
import { describeConflict, keepAside, localTrashOf, whileWritable } from './bidirectional-trash.ts';
import { establishLayer } from './crypt-layer.ts';
import { defaultKeepDeleted, type Job } from './sync-job.ts';
import type { DirectionOutcome, DirectionPlan, SyncConflict } from './sync-result.ts';
import { markerOf, prune } from './upload.ts';

/** How often sides that keep changing are brought together before the result is called inconsistent. */
const settlePasses = 3;

/** What a run would do. It changes nothing. @throws what the guard refuses, BISYNC_NEEDS_RESYNC */
export async function planBothWays(context: TransferContext, job: Job): Promise<DirectionPlan> {
  verifyPossible(job);
  const {
    plan,
    footing: { marker },
  } = await lookAhead(context, job);
  return {
    uploads: plan.copies.map(({ path, size, to }) => ({ path, size, side: to })),
    deletions: plan.deletions.map(({ path, size, on }) => ({ path, size, side: on })),
    generation: marker.kind === 'present' ? marker.marker.generation : null,
  };
}

/** Both sides at one moment, with no names of rclone's own making in them. */
interface Sight {
  readonly outlook: Outlook;
  /** What the source looked like just before. */
  readonly scan: SourceScan;
  /** Of the pairs that were there. */
  readonly conflicts: readonly SyncConflict[];
  /** When the run began: names its trash. */
  readonly start: Date;
}

interface Settled extends Sight {
  readonly transferred: TransferResult;
}

/** @throws what the guard refuses, BISYNC_NEEDS_RESYNC, SYNC_FAILED, REMOTE_UNREACHABLE, INTERRUPTED, … */
export async function syncBothWays(context: TransferContext, job: Job): Promise<DirectionOutcome> {
  const { mapping, view } = job;
  const first = await lookClearly(context, job);
  const { outlook, start } = first;
  const reading = outlook.footing.marker;
  const marker = reading.kind === 'present' ? reading.marker : undefined;
  const generation = marker?.generation ?? 0;
  if (marker?.state === 'committed' && isNothingToDo(outlook.plan)) {
    remember(job, first, generation);
    return { changed: false, transferred: nothingTransferred, consistent: true, generation };
  }
  // a remote with a marker has its key check already
  if (marker === undefined) await establishLayer(context, mapping, view, first.scan);
  const files = controlFiles(view, context);
  // before the marker: an unfinished run without a journal counts as another machine's
  beginJournal(job, first);
  await writeMarker(files, markerOf(mapping.source, generation, 'in-progress', start));
  const settled = await carryUntilSettled(context, job, first);
  const consistent = isNothingToDo(settled.outlook.plan);
  const committed = markerOf(mapping.source, generation + 1, 'committed', context.clock.now());
  await writeMarker(files, consistent ? committed : { ...committed, consistent: false });
  remember(job, settled, consistent ? generation + 1 : undefined);
  await pruneBoth(context, job, files);
  const { transferred, conflicts } = settled;
  return {
    changed: true,
    transferred,
    consistent,
    generation: generation + 1,
    ...(conflicts.length === 0 ? {} : { conflicts }),
  };
}

/** Looks at both sides, and puts in order what rclone has left there under names of its own. */
async function lookClearly(
  context: TransferContext,
  job: Job,
  before?: Outlook,
  begun?: Date,
): Promise<Sight> {
  verifyPossible(job);
  let scan = scanSource(job.mapping.source.directory);
  let outlook = await lookAhead(context, job, before);
  const start = begun ?? startOf(context, outlook);
  const pairs = findPairs(outlook);
  const partials = findPartials(outlook);
  if (pairs.length === 0 && partials.length === 0) return { outlook, scan, conflicts: [], start };
  await removePartials(context, job, partials);
  const conflicts = await resolvePairs(context, job, outlook.now, pairs, start);
  scan = scanSource(job.mapping.source.directory);
  outlook = await lookAhead(context, job, outlook);
  return { outlook, scan, conflicts, start };
}

/** What the guard says now is no refusal any more: both sides have changed. */
async function lookAgain(context: TransferContext, job: Job, before: Outlook, start: Date): Promise<Sight> {
  try {
    return await lookClearly(context, job, before, start);
  } catch (thrown) {
    throw stoppedMidway(toCryptosyncError(thrown));
  }
}

/** No two runs share a trash, even within a second. */
function startOf({ clock }: TransferContext, { base, journal }: Outlook): Date {
  const earlier = [base?.at, journal?.at].map((at) => (at === undefined ? 0 : Date.parse(at) + 1000));
  return new Date(Math.max(clock.now().getTime(), ...earlier));
}

function beginJournal(job: Job, { outlook, start }: Sight): void {
  const { subject, situation, plan } = outlook;
  const { isAnew, preference } = situation;
  const copies = journalled(plan, situation);
  writeJournal(job.bisyncDirectory, { subject, at: toIsoSeconds(start), isAnew, preference, copies });
}

async function carryUntilSettled(context: TransferContext, job: Job, first: Sight): Promise<Settled> {
  let sight = first;
  let transferred = nothingTransferred;
  let conflicts = first.conflicts;
  for (let pass = 1; !isNothingToDo(sight.outlook.plan) && pass <= settlePasses; pass += 1) {
    // the trash of each pass is its own: the same file may be replaced again
    const start = new Date(first.start.getTime() + (pass - 1) * 1000);
    if (pass > 1) beginJournal(job, sight);
    transferred = addResults(transferred, await carryOut(context, job, sight.outlook, start));
    const decided = sight.outlook.plan.conflicts.map((conflict) => describeConflict(job, conflict, start));
    sight = await lookAgain(context, job, sight.outlook, start);
    conflicts = [...conflicts, ...decided, ...sight.conflicts];
  }
  return { ...sight, transferred, conflicts };
}

async function carryOut(
  context: TransferContext,
  job: Job,
  outlook: Outlook,
  start: Date,
): Promise<TransferResult> {
  const { plan, situation } = outlook;
  const { bandwidthLimit } = job.settings;
  const workDirectory = bisyncWorkDirectory(job.bisyncDirectory);
  const bisync = { ...pairOf(job), workDirectory, bandwidthLimit };
  const left = await keepAside(context, job, outlook, start);
  for (const path of [...situation.torn.local, ...situation.torn.remote]) {
    context.warn(
      `${path} was half written by a sync that did not end; what stood there is in the trash of ${trashName(start)}`,
    );
  }
  const carried = await whileWritable(bisync.directory, plan, async () =>
    addResults(
      await carryLinks(bisync, plan.copies, context),
      await carryCopies(bisync, plan.copies, left, context, job.request.onProgress),
    ),
  );
  return addResults(carried, { ...nothingTransferred, deleted: plan.deletions.length });
}

/** @param generation undefined when the sides were not brought together. */
function remember(job: Job, { outlook, scan, start }: Sight, generation: number | undefined): void {
  const { subject, situation, plan, base, journal } = outlook;
  const looks = baseAfter(situation, plan);
  if (
    journal === undefined &&
    base !== undefined &&
    sides.every((side) => isSameLook(base.looks[side], looks[side]))
  )
    return;
  ensureDirectory(job.bisyncDirectory, 0o700);
  writeBase(job.bisyncDirectory, { subject, at: toIsoSeconds(start), looks });
  if (generation !== undefined) writeSyncBase(job.baseFile, placeOf(job.mapping.raw), generation, scan);
  removeJournal(job.bisyncDirectory);
}

function isSameLook(one: Look, other: Look): boolean {
  return one.size === other.size && [...one].every(([path, entry]) => isSameEntry(entry, other.get(path)));
}

/** The losers of conflicts are kept for the usual time even where nothing else is. */
async function pruneBoth(context: TransferContext, job: Job, files: ControlFiles): Promise<void> {
  const keep = job.settings.keepDeleted || defaultKeepDeleted;
  await prune(context, files, keep);
  pruneLocalTrash(localTrashOf(job), keep, context.clock.now());
}
