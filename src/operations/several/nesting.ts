/**
 * Vaults that lie in one another: the inner one's ciphertext or mount directory is below the outer one's mount. The
 * outer one is mounted first, and unmounted last.
 */

import { whyClientSick } from '../../clients/home/reachable.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import { readProfileIfPresent } from '../../clients/profile-store.ts';
import { readMountTable } from '../../system/stores/mount-table.ts';
import { resolvePath } from '../../system/stores/stores.ts';
import { forEachProfile, type TargetResult } from '../targets.ts';

interface Place {
  readonly layout: ProfileLayout;
  readonly mountDir: string;
  readonly encryptedDir: string;
}

interface Nested<Result> {
  readonly layouts: readonly ProfileLayout[];
  readonly order: 'outermost-first' | 'innermost-first';
  readonly atOnce: number;
  readonly action: (layout: ProfileLayout) => Promise<Result>;
}

/** `forEachProfile`, one level of nesting after the other. The results are in the order of the profiles. */
export async function forEachNested<Result>(
  { layouts, order, atOnce, action }: Nested<Result>,
  signal: AbortSignal | undefined,
): Promise<TargetResult<Result>[]> {
  const levels = levelsOf(layouts);
  if (order === 'innermost-first') levels.reverse();
  const results = new Map<ProfileLayout, TargetResult<Result>>();
  for (const level of levels) {
    const done = await forEachProfile(level, signal, action, atOnce);
    for (const result of done) results.set(result.layout, result);
    if (done.some(({ error }) => error?.code === 'INTERRUPTED')) break;
  }
  return layouts.flatMap((layout) => results.get(layout) ?? []);
}

/** The profiles by how many others' mounts they lie in, none first. */
function levelsOf(layouts: readonly ProfileLayout[]): ProfileLayout[][] {
  if (layouts.length < 2) return [[...layouts]];
  const places = placesOf(layouts);
  const levels: ProfileLayout[][] = [];
  for (const layout of layouts) {
    const place = places.find((candidate) => candidate.layout === layout);
    const depth = place === undefined ? 0 : depthOf(place, places, new Set());
    levels[depth] ??= [];
    levels[depth].push(layout);
  }
  return levels.filter((level) => level !== undefined);
}

/** What can't be read now is told by the command itself. */
function placesOf(layouts: readonly ProfileLayout[]): Place[] {
  const table = readMountTable();
  return layouts.flatMap((layout) => {
    try {
      const isSick = whyClientSick(layout, table) !== undefined;
      const profile = isSick ? undefined : readProfileIfPresent(layout);
      if (profile === undefined) return [];
      const { mountDir, encryptedDir } = profile;
      const resolved = (path: string): string => resolvePath(path, table);
      return [{ layout, mountDir: resolved(mountDir), encryptedDir: resolved(encryptedDir) }];
    } catch {
      return [];
    }
  });
}

/** @param seen on the way here: profiles may name each other in a circle, which no mount could. */
function depthOf(place: Place, places: readonly Place[], seen: ReadonlySet<Place>): number {
  const outer = places.filter((other) => other !== place && !seen.has(other) && liesIn(place, other));
  const onTheWay = new Set([...seen, place]);
  return Math.max(0, ...outer.map((other) => 1 + depthOf(other, places, onTheWay)));
}

function liesIn({ mountDir, encryptedDir }: Place, outer: Place): boolean {
  return [mountDir, encryptedDir].some((path) => path.startsWith(`${outer.mountDir}/`));
}
