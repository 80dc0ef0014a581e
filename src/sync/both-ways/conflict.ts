/** What a result says of a file that was changed on both sides. */
import { trashDirectory } from '../../remotes/control/generations.ts';
import { placeOf, rclonePath } from '../../remotes/remote.ts';
import type { LocalTrash } from '../here/trash.ts';
import type { Job } from '../job.ts';
import type { SyncConflict } from '../result.ts';
import type { PlannedConflict } from './plan.ts';

export interface KeptAt {
  /** Below the place, of the pass that decided it. */
  readonly trashThere: string;
  readonly trashHere: LocalTrash;
  readonly nameOf: (object: string) => string;
}

/** @returns which version kept the name, and where the other one is */
export function describeConflict(
  { mapping: { crypt, raw }, view }: Job,
  { path, winner }: PlannedConflict,
  { trashThere, trashHere, nameOf }: KeptAt,
): SyncConflict {
  const name = nameOf(path);
  if (winner === 'remote') return { path: name, winner, trash: `${trashHere.path}/${name}` };
  const kept = `${trashThere}/${path}`;
  return {
    path: name,
    winner,
    trash: crypt === undefined ? rclonePath(raw, kept) : `${placeOf(view)}: ${kept}`,
  };
}

/** The name of a pass' trash among those that are there. */
export function trashName(path: string): string {
  return path.slice(trashDirectory.length + 1);
}
