/** What stands on the way to a path, as it is: for telling everything that the rule of `system/paths/trust` refuses. */
import type { Stats } from 'node:fs';
import { isAbsence } from '../system/files.ts';
import { inDirectory } from '../system/paths/walk.ts';

export interface Waypoint {
  readonly path: string;
  readonly stats: Stats;
}

/** Every directory and link from / to a directory, which is the last; as far as it is there and can be walked. */
export function wayTo(directory: string): Waypoint[] {
  const seen: Waypoint[] = [];
  const verify = (path: string, stats: Stats): void => {
    seen.push({ path, stats });
  };
  try {
    inDirectory(directory, { verify }, () => {});
  } catch (error) {
    // a link that is not followed is told by whoever follows it not
    if (!isAbsence(error) && seen.length === 0) throw error;
  }
  return seen;
}
