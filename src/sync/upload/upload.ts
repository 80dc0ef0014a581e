/**
 * One upload: look → guard → announce → carry out → settle → commit. The caller holds the locks and records the run.
 * Whatever stops it, the last committed generation can be put together, and the next run goes on.
 */
import { randomUUID } from 'node:crypto';
import { trashDirectory, unusedTrash } from '../../remotes/control/generations.ts';
import { writeAnnouncement } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { addResults, nothingTransferred, type TransferResult } from '../../remotes/transfer.ts';
import type { TransferContext } from '../context.ts';
import { deletionsIn } from '../guard.ts';
import type { Job } from '../job.ts';
import { tellKeyless } from '../keyless.ts';
import { verifySent } from '../proof.ts';
import type { DirectionOutcome, Held } from '../result.ts';
import { recordable } from '../tree/changes.ts';
import { patched } from '../tree/difference.ts';
import type { RecordEntry } from '../tree/record.ts';
import { lookAgain } from './again.ts';
import { type Ahead, readAhead } from './ahead.ts';
import { type Carried, carryOut } from './carrying/carry-out.ts';
import { tellLeft } from './carrying/leave.ts';
import type { Refusals } from './carrying/refusals.ts';
import { tellStrangers } from './carrying/strangers.ts';
import { type Changed, commit, pruneAfter, refreshRecord } from './commit.ts';
import type { Outlook } from './outlook.ts';
import { isNothing, type UploadPlan } from './plan.ts';
import { bytesIn, progressOf } from './progress.ts';

/** How often a source that moves is transferred again before it is called inconsistent. */
const settlePasses = 3;
/** The same where names wait for others that are there first: each pass lets one more of them go. */
const namingPasses = 12;

/** Carries out what `lookAhead` decided. @throws SYNC_FAILED, REMOTE_UNREACHABLE, DISK_FULL, INTERRUPTED, … */
export async function executeUpload(
  context: TransferContext,
  job: Job,
  place: Place,
  outlook: Outlook,
): Promise<DirectionOutcome> {
  const { plan, lineage, behindOurBack } = outlook;
  tellStrangers(context, place, behindOurBack);
  const isCommitted = lineage.marker?.version === 2 && !lineage.isUnfinished;
  if (isNothing(plan) && plan.trash.length === 0 && isCommitted) {
    return await nothingToSend(context, job, place, outlook);
  }
  const settled = await sendAll(context, job, place, outlook);
  tellStrangers(context, place, settled.strangers);
  return {
    changed: true,
    transferred: settled.transferred,
    consistent: settled.consistent,
    generation: settled.generation,
    held: heldIn(outlook),
    // the first one sends all there is
    strategy: outlook.isFull || outlook.record === undefined ? 'full' : 'incremental',
    notCarried: settled.notCarried,
    unreadable: settled.keyless,
    behindOurBack: [...behindOurBack, ...settled.strangers],
  };
}

async function nothingToSend(
  context: TransferContext,
  job: Job,
  place: Place,
  outlook: Outlook,
): Promise<DirectionOutcome> {
  tellKeyless(context, outlook.keyless);
  await refreshRecord(context, job, outlook);
  await pruneAfter(context, job, place, outlook);
  return {
    changed: false,
    transferred: nothingTransferred,
    consistent: outlook.plan.notCarried.length === 0 && outlook.keyless.length === 0,
    generation: outlook.lineage.marker?.generation ?? null,
    held: heldIn(outlook),
    strategy: outlook.isFull ? 'full' : 'none',
    notCarried: outlook.plan.notCarried,
    unreadable: outlook.keyless,
    behindOurBack: outlook.behindOurBack,
  };
}

function heldIn({ tree: { files, bytes } }: Outlook): Held {
  return { files, bytes };
}

interface Settled {
  readonly transferred: TransferResult;
  readonly consistent: boolean;
  readonly generation: number;
  readonly notCarried: UploadPlan['notCarried'];
  /** Directories of a vault that could not be read when all was sent. */
  readonly keyless: readonly string[];
  /** What somebody else put there while this run was at work. */
  readonly strangers: readonly string[];
}

async function sendAll(context: TransferContext, job: Job, place: Place, outlook: Outlook): Promise<Settled> {
  const { marker } = outlook.lineage;
  const { source } = job.mapping;
  const generation = (marker?.generation ?? 0) + 1;
  const id = randomUUID();
  const begin = context.clock.now();
  const owner = { vaultId: source.identity, engine: source.engine, machine: job.machine };
  // as long as none has ended, it is the first that says since when something may lie there
  const { begun } = outlook.lineage;
  const at = begun?.isOurs === true ? begun.at : begin.toISOString();
  const announced = { ...owner, generation, id, at, base: marker ?? null };
  // only asked for, so that it may go beside the announcement
  const names = place.names(trashDirectory);
  names.catch(() => {}); // told where it is awaited
  await writeAnnouncement(place, announced, job.sealKey, outlook.lineage.isMarkerLost);
  const { puts, links, trash } = outlook.plan;
  const amount = { bytes: bytesIn(puts), transfers: puts.length + links.length, deletes: trash.length };
  const progress = progressOf(job, place, amount);
  try {
    const { onCarried } = progress;
    const run = { outlook, onCarried, generation, taken: await names };
    const settled = await carryUntilSettled(context, job, place, run);
    verifySent(source, outlook.proven);
    await commit(context, job, place, { outlook, changed: settled, generation, id });
    return { ...settled, generation };
  } finally {
    progress.end();
  }
}

type Passes = Changed & Omit<Settled, 'generation'>;

interface Sending {
  readonly outlook: Outlook;
  readonly onCarried: (bytes: number) => void;
  readonly generation: number;
  /** The names in the trash. */
  readonly taken: readonly string[];
}

/** Entries of the record that are read for the second look while the place is at work. */
const mostAhead = 65_536;

/** Transfers, looks at the source again, and goes on while it moves. */
async function carryUntilSettled(
  context: TransferContext,
  job: Job,
  place: Place,
  sending: Sending,
): Promise<Passes> {
  const { outlook } = sending;
  const ahead = outlook.knownRecord && readAhead(outlook.known(), mostAhead);
  try {
    return await carryPasses(context, job, place, { ...sending, ahead });
  } finally {
    ahead?.drop();
  }
}

async function carryPasses(
  context: TransferContext,
  job: Job,
  place: Place,
  { outlook, onCarried, generation, ...sending }: Sending & { ahead: Ahead<RecordEntry> | undefined },
): Promise<Passes> {
  let { ahead } = sending;
  const { source } = job.mapping;
  const entries = new Map<string, RecordEntry | null>();
  let { plan } = outlook;
  let { lookedAt } = outlook.tree;
  let transferred: TransferResult = nothingTransferred;
  const strangers: string[] = [];
  let { taken } = sending;
  const refreshed = new Map<string, RecordEntry | null>(plan.refreshed);
  for (let pass = 1; ; pass += 1) {
    const trash = unusedTrash(
      generation,
      taken.map((name) => name.replace(/\/$/, '')),
    );
    taken = [...taken, `${trash.slice(trashDirectory.length + 1)}/`];
    const isEmpty = outlook.isEmpty && pass === 1;
    const { refused } = outlook;
    const { signal } = context;
    const settings = { source, trash, signal, isEmpty, refused, onCarried };
    const carried = await carryOut(place, plan, settings);
    strangers.push(...carried.strangers);
    tellLeft(context, carried);
    note(entries, plan, { ...carried, refused }, lookedAt);
    const { files, bytes } = carried;
    transferred = addResults(transferred, { files, bytes, deleted: deletionsIn(plan.trash) });
    const known = (): Iterable<RecordEntry> => {
      const recorded = ahead?.take() ?? outlook.known();
      ahead = undefined; // it can be taken once
      return patched(patched(recorded, refreshed), entries);
    };
    const after = await lookAgain(context, job, place, { outlook, known });
    lookedAt = after.lookedAt;
    for (const [path, entry] of after.plan.refreshed) refreshed.set(path, entry);
    const isStill = isNothing(after.plan) && carried.restless.size === 0;
    const notCarried = after.plan.notCarried;
    // names that are there now tell whether others may come; what moved besides is looked at no longer than usual
    if (isStill || pass >= (after.isWaiting ? namingPasses : settlePasses)) {
      const unsettled = isStill
        ? new Set<string>()
        : new Set([...carried.restless, ...after.plan.entries.keys()]);
      const { keyless } = after;
      tellKeyless(context, keyless);
      const consistent = isStill && notCarried.length === 0 && keyless.length === 0;
      return { entries, refreshed, transferred, consistent, notCarried, keyless, unsettled, strangers };
    }
    plan = after.plan;
  }
}

/** What a pass left: what was put as it was read, everything else as it was planned. */
function note(
  entries: Map<string, RecordEntry | null>,
  plan: UploadPlan,
  { refused, ...carried }: Carried & { readonly refused: Refusals },
  lookedAt: bigint,
): void {
  for (const [path, planned] of plan.entries) {
    const entry = carried.entries.get(path) ?? planned;
    // a file that was gone when it was to be read is not there
    const isThere =
      entry === null || (!refused.has(path) && (entry.kind !== 'file' || entry.hash !== undefined));
    entries.set(path, entry === null || !isThere ? null : recordable(entry, lookedAt));
  }
}
