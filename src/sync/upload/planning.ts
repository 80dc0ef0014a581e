/** From what became of a source to the plan: what only has another path is found on the way. */
import type { PlaceFeatures } from '../../remotes/place.ts';
import { includes } from '../include.ts';
import type { Job } from '../job.ts';
import type { LookSettings } from '../tree/changes.ts';
import { type PlanFacts, planUpload, type UploadPlan } from './plan.ts';
import { findRenames, noRenames } from './renames.ts';

/** @throws SYNC_FAILED naming a file that can't be read, INTERRUPTED */
export async function planFor(
  { mapping: { mode }, settings: { include } }: Pick<Job, 'mapping' | 'settings'>,
  facts: Omit<PlanFacts, 'renames'>,
  features: PlaceFeatures,
  settings: LookSettings,
): Promise<UploadPlan> {
  const isCarried = includes(include);
  // what the patterns are no longer about stays where it is
  const movable = facts.changes.filter(({ kind, path }) => kind !== 'removed' || isCarried(path));
  const { movesDirectories } = features;
  const renames =
    mode === 'copy' ? noRenames : await findRenames(movable, settings, movesDirectories, facts.lost);
  return planUpload({ ...facts, renames }, { mode, features, isCarried });
}
