/** Where nothing of what a run replaced is kept, the losers of conflicts still are, and what stood under half of a file. */

import { dirname, join } from 'node:path';
import type { Place } from '../../remotes/place.ts';
import { removeTree } from '../../system/paths/removal.ts';
import type { TransferContext } from '../context.ts';
import type { LocalTrash } from '../here/trash.ts';
import type { Outlook } from './outlook.ts';

/** What a pass has put into its trash and nobody would want back. */
export interface Unwanted {
  /** Below the place. */
  readonly there: readonly string[];
  /** Absolute. */
  readonly here: readonly string[];
}

export function unwantedIn(
  { plan, situation: { torn }, moves }: Outlook,
  trashThere: string,
  { path: trashHere }: Pick<LocalTrash, 'path'>,
  nameOf: (object: string) => string,
): Unwanted {
  const lost = (winner: 'local' | 'remote'): Set<string> =>
    new Set(plan.conflicts.filter((conflict) => conflict.winner === winner).map(({ path }) => path));
  const keptThere = new Set([...lost('local'), ...torn.remote]);
  const keptHere = new Set([...lost('remote'), ...torn.local].map(nameOf));
  const there = moves.going.trash.filter(({ path }) => !keptThere.has(path));
  const here = moves.coming.trash.filter(({ path, kind }) => kind !== 'directory' && !keptHere.has(path));
  return {
    there: there.map(({ path }) => `${trashThere}/${path}`),
    here: here.map(({ path }) => join(trashHere, path)),
  };
}

/** After the commit: until then it is what the last generation is put together from. */
export async function throwAway(
  { warn }: Pick<TransferContext, 'warn'>,
  place: Place,
  { there, here }: Unwanted,
): Promise<void> {
  try {
    for (const path of there) await place.removeFile(path);
    const above = [...new Set(there.flatMap(directoriesAbove))].sort((a, b) => b.length - a.length);
    for (const path of above) await place.removeEmptyDirectory(path);
  } catch (error) {
    // that more is kept than was asked for is no reason to call a finished sync failed
    warn(`what was replaced on the remote could not be removed: ${(error as Error).message}`);
  }
  for (const path of here) removeTree(path, dirname(path));
}

/** Down to the one of the pass. */
function directoriesAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(3).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
}
