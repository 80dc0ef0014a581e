/** A part of a tree that is a tree itself: some paths with all that is in them, some files, and the directories above. */
import { ancestorsOf } from '../../system/names.ts';
import { withOwnGroups } from '../tree/groups.ts';
import type { ManifestEntry } from '../tree/manifest-line.ts';

/** In the order of trees, as what it was taken from. */
export type Part = readonly ManifestEntry[];

/**
 * @param whole paths that are wanted with everything below. @param alone paths of which nothing else is wanted
 * @returns undefined when one of them is not there
 */
export function partOf(
  tree: readonly ManifestEntry[],
  whole: readonly string[],
  alone: ReadonlySet<string> = new Set(),
): Part | undefined {
  const wanted = new Set(['', ...alone, ...[...whole, ...alone].flatMap(ancestorsOf)]);
  const isBelow = (path: string): boolean => whole.some((one) => path === one || path.startsWith(`${one}/`));
  const known = new Set(tree.map(({ path }) => path));
  if (![...whole, ...alone].every((path) => known.has(path))) return undefined;
  const taken = tree.filter(({ path }) => wanted.has(path) || isBelow(path));
  return withOwnGroups(taken);
}
