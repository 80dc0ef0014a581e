/** Two trees side by side, path by path, as streams. */

import { comparePaths } from '../../system/names.ts';
import type { Entry } from './entry.ts';

/** What stands at a path in each of two trees. */
export interface Pair<Known extends Entry, Now extends Entry> {
  readonly path: string;
  readonly known: Known | undefined;
  readonly now: Now | undefined;
}

/** Both trees' paths in their common order; both must be given in it. */
export function* sideBySide<Known extends Entry, Now extends Entry>(
  known: Iterator<Known>,
  now: Iterator<Now>,
): Generator<Pair<Known, Now>> {
  let [left, right] = [known.next(), now.next()];
  while (!left.done || !right.done) {
    const order = left.done ? 1 : right.done ? -1 : comparePaths(left.value.path, right.value.path);
    const one = order <= 0 && !left.done ? left.value : undefined;
    const other = order >= 0 && !right.done ? right.value : undefined;
    yield { path: one?.path ?? other?.path ?? '', known: one, now: other };
    if (one !== undefined) left = known.next();
    if (other !== undefined) right = now.next();
  }
}

/**
 * A tree with some of its paths replaced, added or (by `null`) taken away.
 * @param changes by path
 */
export function* patched<One extends Entry>(
  entries: Iterable<One>,
  changes: ReadonlyMap<string, One | null>,
): Generator<One> {
  const added = [...changes].flatMap(([, entry]) => (entry === null ? [] : [entry]));
  added.sort((a, b) => comparePaths(a.path, b.path));
  for (const { path, known, now } of sideBySide(entries[Symbol.iterator](), added.values())) {
    const change = now ?? changes.get(path);
    if (change === null) continue;
    const entry = change ?? known;
    if (entry !== undefined) yield entry;
  }
}
