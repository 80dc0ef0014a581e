/** Carrying until both sides are equal: a pass, another look, and again while somebody changes something meanwhile. */
import { trashDirectory, unusedTrash } from '../../remotes/control/generations.ts';
import type { Place } from '../../remotes/place.ts';
import { addResults, nothingTransferred, type TransferResult } from '../../remotes/transfer.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { TransferContext } from '../context.ts';
import { stoppedMidway } from '../guard.ts';
import { openLocalTrash } from '../here/trash.ts';
import type { Job } from '../job.ts';
import { tellKeyless } from '../keyless.ts';
import type { SyncConflict } from '../result.ts';
import { journalled, writeJournal } from './base.ts';
import { subjectOf } from './beginning.ts';
import { carryBoth } from './carry.ts';
import { describeConflict, trashName } from './conflict.ts';
import { isUntimed } from './footing.ts';
import { type Unwanted, unwantedIn } from './losers.ts';
import { lookAhead, namesOf, type Outlook } from './outlook.ts';
import { removePartials } from './partials.ts';
import { isNothingToMove, isNothingToSend } from './trees/moves.ts';
import { type ListedByContent, listedIn } from './trees/outcome.ts';
import { toldAfter } from './trees/untimed.ts';

/** How often sides that keep changing are brought together before the result is called inconsistent. */
const settlePasses = 3;

export interface Run {
  readonly context: TransferContext;
  readonly job: Job;
  readonly place: Place;
  /** That it makes when it changes the place. */
  readonly generation: number;
  /** Says at the place that a run has begun, once. */
  readonly announce: () => Promise<void>;
}

export interface Settled {
  readonly outlook: Outlook;
  readonly transferred: TransferResult;
  readonly conflicts: readonly SyncConflict[];
  readonly consistent: boolean;
  /** By path, of what was sent or came. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly listed: ListedByContent;
  /** In the trash of its passes. */
  readonly unwanted: readonly Unwanted[];
  /** Something was done on a side. */
  readonly hasMoved: boolean;
}

/** Looks at both sides, and puts in order what a killed rclone has left there under names of its own. */
export async function lookClearly(
  context: TransferContext,
  job: Job,
  place: Place,
  before?: Outlook,
): Promise<Outlook> {
  const outlook = await lookAhead(context, job, place, before);
  if (!(await removePartials(place, outlook))) return outlook;
  return await lookAhead(context, job, place, outlook);
}

/** Before the announcement: an unfinished run without a journal counts as another one's. */
export function beginJournal({ context, job }: Run, { situation, plan, journal }: Outlook): void {
  const { isAnew, preference } = situation;
  const copies = journalled(plan, situation, journal);
  // as long as none has ended, it is the first that says since when something may lie there
  const at = journal?.at ?? toIsoSeconds(context.clock.now());
  writeJournal(job.bothWaysDirectory, { subject: subjectOf(job), at, isAnew, preference, copies });
}

export async function carryUntilSettled(run: Run, first: Outlook): Promise<Settled> {
  const { context, job, place, generation } = run;
  let outlook = first;
  let transferred = nothingTransferred;
  const conflicts: SyncConflict[] = [];
  const hashes = new Map<string, string>();
  const listed = new Map(listedIn(first.footing.told ?? []));
  const unwanted: Unwanted[] = [];
  let taken: string[] | undefined;
  let pass = 0;
  while (isOpen(outlook, pass) && pass < settlePasses) {
    pass += 1;
    if (pass > 1) beginJournal(run, outlook);
    if (!isNothingToSend(outlook.moves)) await run.announce();
    taken ??= (await place.names(trashDirectory)).map((name) => name.replace(/\/$/, ''));
    const trashThere = unusedTrash(generation, taken);
    taken.push(trashName(trashThere));
    // the trash of each pass is its own: the same file may be replaced again
    const start = new Date(context.clock.now().getTime() + (pass - 1) * 1000);
    const trashHere = openLocalTrash(job.localTrash, start);
    warnOfTorn(context, outlook, trashHere.path);
    try {
      const carried = await carryBoth(context, outlook, { job, place, trashThere, trashHere });
      transferred = addResults(transferred, carried.transferred);
      for (const [path, hash] of carried.hashes) hashes.set(path, hash);
      for (const [hash, other] of carried.listed) listed.set(hash, other);
    } finally {
      trashHere.close();
    }
    const nameOf = namesOf(outlook.sides);
    unwanted.push(unwantedIn(outlook, trashThere, trashHere, nameOf));
    const kept = { trashThere, trashHere, nameOf };
    conflicts.push(...outlook.plan.conflicts.map((one) => describeConflict(job, one, kept)));
    outlook = await lookAgain(context, job, place, {
      ...(isUntimed(job, outlook.footing.features) ? carriedOut(outlook, hashes) : outlook),
      carried: hashes,
    });
  }
  const { keyless } = outlook.sides;
  tellKeyless(context, keyless);
  const consistent = isNothingToMove(outlook.moves) && keyless.length === 0;
  return { outlook, transferred, conflicts, consistent, hashes, listed, unwanted, hasMoved: pass > 0 };
}

/** The same look, with what the place's manifest would say now. */
function carriedOut(outlook: Outlook, hashes: ReadonlyMap<string, string>): Outlook {
  const { footing, merged } = outlook;
  return { ...outlook, footing: { ...footing, told: toldAfter(merged, hashes) } };
}

/** What could not be set here the first time (another owner, when this is not root) is not tried again. */
export function isOpen({ moves }: Outlook, pass: number): boolean {
  if (!isNothingToMove(moves)) return true;
  return pass === 0 && moves.coming.changes.length + moves.coming.makes.length > 0;
}

function warnOfTorn(context: TransferContext, { situation: { torn } }: Outlook, trash: string): void {
  for (const path of [...torn.local, ...torn.remote]) {
    context.warn(
      `${path} was half written by a sync that did not end; what stood there is in the trash, here ${trash}`,
    );
  }
}

/** What the guard says now is no refusal any more: both sides have changed. */
async function lookAgain(
  context: TransferContext,
  job: Job,
  place: Place,
  before: Outlook,
): Promise<Outlook> {
  try {
    return await lookClearly(context, job, place, before);
  } catch (thrown) {
    throw stoppedMidway(toCryptosyncError(thrown));
  }
}
