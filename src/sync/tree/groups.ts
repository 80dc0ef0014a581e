/** Hard links: each names the first path of its file, which a part of a tree may not have. */
import type { Entry } from './entry.ts';

/**
 * Gives every hard link whose first path is not in a tree the first of those that are.
 * @param entries in the order of trees, as what is given back
 */
export function withOwnGroups<One extends Pick<Entry, 'path' | 'group'>>(
  entries: readonly One[],
): readonly One[] {
  if (entries.every(({ group }) => group === undefined)) return entries;
  const taken = new Set(entries.map(({ path }) => path));
  const first = new Map<string, string>();
  return entries.map((entry) => {
    const { group } = entry;
    if (group === undefined || taken.has(group)) return entry;
    const own = first.get(group);
    if (own !== undefined) return { ...entry, group: own };
    first.set(group, entry.path);
    const { group: _, ...alone } = entry;
    return alone as One;
  });
}
