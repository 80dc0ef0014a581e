/** Links in a directory of this machine were real ones when 0.1 wrote them. */
import type { PlaceEntry } from '../../remotes/place.ts';
import { linkSuffix } from '../../remotes/remote.ts';

/** The objects of a place that has no manifest, each real link under the name that stands for it. */
export function withFormerLinks(objects: ReadonlyMap<string, PlaceEntry>): Map<string, PlaceEntry> {
  const all = [...objects].map(([path, object]) => {
    const standing = `${path}${linkSuffix}`;
    return [object.target === undefined || objects.has(standing) ? path : standing, object] as const;
  });
  return new Map(all);
}
