/**
 * A sync in both directions of one mapping: look → guard → plan → carry, until both sides are equal → commit. The
 * caller holds the locks, keeps a vault unmounted and has verified the key of a crypt layer. Whatever stops it, the
 * record and the journal let the next run go on: docs/bidirectional.md.
 */
import { randomUUID } from 'node:crypto';
import { writeAnnouncement } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { nothingTransferred } from '../../remotes/transfer.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { shownPath } from '../../system/names.ts';
import type { TransferContext } from '../context.ts';
import { pruneLocalTrash } from '../here/trash.ts';
import { defaultKeepDeleted, type Job } from '../job.ts';
import type { DirectionOutcome, DirectionPlan } from '../result.ts';
import type { RecordEntry } from '../tree/record.ts';
import { commit } from '../upload/commit.ts';
import { removeJournal } from './base.ts';
import { verifyPossible } from './footing.ts';
import { verifyKeyFilesSent } from './key-files.ts';
import { throwAway } from './losers.ts';
import { lookAhead, namesOf, type Outlook } from './outlook.ts';
import { remember } from './remember.ts';
import { beginJournal, carryUntilSettled, isOpen, lookClearly, type Run, type Settled } from './settle.ts';
import { isAlmostSame } from './trees/metadata.ts';
import { manifestChanges, treeOfBoth } from './trees/outcome.ts';

/** What a run would do. It changes nothing. @throws what the guard refuses, BISYNC_NEEDS_RESYNC */
export async function planBothWays(context: TransferContext, job: Job, place: Place): Promise<DirectionPlan> {
  verifyPossible(job);
  const outlook = await lookAhead(context, job, place);
  const { plan, footing, sides } = outlook;
  const nameOf = namesOf(sides);
  return {
    transfers: plan.copies.map(({ path, size, to }) => ({ path: nameOf(path), size, side: to })),
    deletions: plan.deletions.map(({ path, size, on }) => ({ path: nameOf(path), size, side: on })),
    renames: [],
    metadata: onlyDescribed(outlook).map(shownPath),
    notCarried: sides.notCarried,
    generation: footing.lineage.marker?.generation ?? null,
  };
}

/** What stays, and gets another mode, owner or time here or in what the place says of it. */
function onlyDescribed({ merged, moves, sides: { there } }: Outlook): string[] {
  const here = new Set(moves.coming.changes.map(({ path }) => path));
  const paths: string[] = [];
  for (const [path, { entry, from }] of merged) {
    const theirs = there.get(path);
    const isNews = from === 'both' && theirs?.isTold === true && !isAlmostSame(entry, theirs.entry);
    if (here.has(path) || (isNews && path !== '')) paths.push(path);
  }
  return paths;
}

/** @throws what the guard refuses, BISYNC_NEEDS_RESYNC, SYNC_FAILED, REMOTE_UNREACHABLE, INTERRUPTED, … */
export async function syncBothWays(
  context: TransferContext,
  job: Job,
  place: Place,
  establish: () => Promise<void>,
): Promise<DirectionOutcome> {
  verifyPossible(job);
  const first = await lookClearly(context, job, place);
  const announce = announcing(context, job, place, first);
  const run: Run = { context, job, place, generation: announce.generation, announce: announceOnce };
  let isAnnounced = false;
  const hasWork = isOpen(first, 0);
  if (hasWork) beginJournal(run, first);
  const settled = await carryUntilSettled(run, first);
  const entries = await treeOfBoth(job, settled.outlook, settled);
  const changes = manifestChanges(entries, first.footing.told ?? []);
  const isCommitted = first.footing.lineage.marker?.version === 2 && !first.footing.lineage.isUnfinished;
  if (changes.size > 0 || isAnnounced || !isCommitted) {
    await announceOnce();
    await commitBoth(run, settled, { entries, changes, id: announce.id });
  } else remember(context, job, settled.outlook, entries);
  removeJournal(job.bothWaysDirectory);
  if (job.settings.keepDeleted === 0)
    for (const one of settled.unwanted) await throwAway(context, place, one);
  pruneLocalTrash(job.localTrash, keptFor(job), context.clock.now().getTime());
  const generation = isAnnounced ? announce.generation : announce.generation - 1;
  return { ...outcomeOf(settled, first), generation, changed: settled.hasMoved || isAnnounced };

  async function announceOnce(): Promise<void> {
    if (isAnnounced) return;
    isAnnounced = true;
    if (!hasWork) beginJournal(run, first);
    // the key check object is the first thing that is written to an empty place
    if (first.footing.lineage.marker === undefined) await establish();
    await announce.write();
  }
}

interface Announcing {
  readonly generation: number;
  readonly id: string;
  write(): Promise<void>;
}

function announcing(context: TransferContext, job: Job, place: Place, { footing }: Outlook): Announcing {
  const { marker, begun, isMarkerLost } = footing.lineage;
  const generation = (marker?.generation ?? 0) + 1;
  const id = randomUUID();
  const { identity: vaultId, engine } = job.mapping.source;
  return {
    generation,
    id,
    write: async () => {
      const at = begun?.isOurs === true ? begun.at : toIsoSeconds(context.clock.now());
      const announcement = {
        vaultId,
        engine,
        machine: job.machine,
        generation,
        id,
        at,
        base: marker ?? null,
      };
      await writeAnnouncement(place, announcement, job.sealKey, isMarkerLost);
    },
  };
}

interface Outcome {
  readonly entries: readonly RecordEntry[];
  readonly changes: ReadonlyMap<string, RecordEntry | null>;
  readonly id: string;
}

async function commitBoth(
  { context, job, place, generation }: Run,
  { outlook, consistent }: Settled,
  { entries, changes, id }: Outcome,
): Promise<void> {
  const { footing, sides, plan } = outlook;
  verifyKeyFilesSent(job, plan, footing.proven);
  const { notCarried } = sides;
  const changed = {
    entries: changes,
    refreshed: new Map<string, RecordEntry | null>(),
    consistent: consistent && notCarried.length === 0,
    notCarried,
    unsettled: new Set<string>(),
  };
  const ground = {
    lineage: footing.lineage,
    record: footing.record,
    known: () => entries,
    isFull: true,
  };
  const lasting = { ...job, settings: { ...job.settings, keepDeleted: keptFor(job) } };
  await commit(context, lasting, place, { outlook: ground, changed, generation, id });
}

/** Milliseconds. The losers of conflicts are kept even where nothing else is. */
function keptFor({ settings: { keepDeleted } }: Job): number {
  return keepDeleted > 0 ? keepDeleted : defaultKeepDeleted;
}

function outcomeOf(settled: Settled, { sides }: Outlook): Omit<DirectionOutcome, 'changed' | 'generation'> {
  const { transferred, conflicts, consistent, hasMoved, outlook } = settled;
  const notCarried = hasMoved ? outlook.sides.notCarried : sides.notCarried;
  return {
    transferred: hasMoved ? transferred : nothingTransferred,
    consistent: consistent && notCarried.length === 0,
    strategy: 'full',
    notCarried,
    unreadable: outlook.sides.keyless,
    ...(conflicts.length === 0 ? {} : { conflicts }),
  };
}
