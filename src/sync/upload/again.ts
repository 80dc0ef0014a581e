/** Looking at the source once more, after a pass: what moved meanwhile is for the next one. */
import type { Place } from '../../remotes/place.ts';
import { placeOf } from '../../remotes/remote.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { TransferContext } from '../context.ts';
import { deletionsIn, stoppedMidway, verifyPlanned, verifySource } from '../guard.ts';
import type { Job } from '../job.ts';
import { keysHere } from '../keyless.ts';
import { changesOf } from '../tree/changes.ts';
import type { RecordEntry } from '../tree/record.ts';
import { carriedOnly, lookSettings, seenBy } from './look.ts';
import { namesHere, withoutUncarried } from './naming/carriable.ts';
import { pathsIn, siftTwins } from './naming/twins.ts';
import type { Outlook } from './outlook.ts';
import { isNothing, type UploadPlan } from './plan.ts';
import { planFor } from './planning.ts';

export interface Again {
  readonly plan: UploadPlan;
  /** Something is kept back until the place holds what is to be put now. */
  readonly isWaiting: boolean;
  readonly lookedAt: bigint;
  /** Directories of a vault that can't be read as they are. */
  readonly keyless: readonly string[];
}

/** What the guard would refuse now has begun already: the remote is marked as in progress. */
export async function lookAgain(
  context: TransferContext,
  job: Job,
  place: Place,
  { outlook, known }: { readonly outlook: Outlook; readonly known: () => Iterable<RecordEntry> },
): Promise<Again> {
  const { features, apart, refused } = outlook;
  const { mode, source, raw } = job.mapping;
  const names = namesHere(features, job.mapping);
  const keys = keysHere(source);
  const settings = lookSettings(context, job);
  try {
    verifySource({ kind: source.kind, directory: source.directory, state: source.inspect() });
    const tree = await changesOf(known()[Symbol.iterator](), carriedOnly(job, outlook.knownRecord), {
      ...settings,
      onEntry: seenBy(names, keys),
      takesGone: mode === 'sync',
    });
    const sifting = { root: source.directory, there: () => pathsIn(known()), apart };
    const sifted = await siftTwins(place, withoutUncarried(tree, features, names, refused), sifting);
    const { kept, notCarried } = sifted;
    const facts = { changes: kept, notCarried, foreign: [], lost: new Set<string>() };
    const plan = await planFor(job, facts, features, settings);
    // a source that vanished meanwhile would look like one that was emptied
    const counts = {
      deletions: deletionsIn(plan.trash),
      sourceFiles: tree.files,
      knownFiles: tree.knownFiles,
    };
    verifyPlanned(source, placeOf(raw), counts, job.settings.deleteLimit);
    const isWaiting = sifted.isWaiting && !isNothing(plan);
    return { plan, isWaiting, lookedAt: tree.lookedAt, keyless: keys.keyless() };
  } catch (error) {
    throw stoppedMidway(toCryptosyncError(error));
  }
}
