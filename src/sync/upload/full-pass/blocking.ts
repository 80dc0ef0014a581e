/** What stands at a place where something else belongs: it leaves its path first, in a copy too. */
import { ancestorsOf } from '../../../system/names.ts';
import type { Change } from '../../tree/changes.ts';
import { objectOf } from '../../tree/objects.ts';
import type { Leaving } from '../plan.ts';

export interface Blocking {
  /** What nobody here knows, where something of ours belongs: it counts as replaced. */
  readonly foreign: readonly Leaving[];
  /** Directories in the place of files, the deepest first. */
  readonly directories: readonly string[];
}

/** @param foreign what lies there and nobody here knows */
export function withBlocking(
  changes: readonly Change[],
  foreign: readonly Leaving[],
  directories: ReadonlySet<string>,
): Blocking {
  const files = new Set<string>();
  const above = new Set<string>();
  for (const { kind, now } of changes) {
    if (kind !== 'content' || now === undefined) continue;
    const object = objectOf(now);
    if (object !== undefined) files.add(object);
    if (now.kind === 'directory') above.add(now.path);
    for (const path of ancestorsOf(object ?? now.path)) above.add(path);
  }
  const isBelowFile = (path: string): boolean => ancestorsOf(path).some((one) => files.has(one));
  return {
    foreign: foreign.map((leaving) => {
      const { path } = leaving;
      const blocks = files.has(path) || above.has(path) || isBelowFile(path);
      return blocks ? { ...leaving, why: 'replaced' } : leaving;
    }),
    directories: [...directories]
      .filter((path) => files.has(path) || isBelowFile(path))
      .sort((a, b) => b.length - a.length),
  };
}
