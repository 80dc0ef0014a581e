/** Which files hold the same on both sides, whatever their times say: told by reading them, or by the manifest. */
import type { Place } from '../../remotes/place.ts';
import { linkSuffix } from '../../remotes/remote.ts';
import type { TransferContext } from '../context.ts';
import { hashThere } from '../hash-there.ts';
import type { Job } from '../job.ts';
import { hashAt } from '../tree/changes.ts';
import { findDoubtful, type Situation } from './plan.ts';
import type { EntryThere } from './trees/there.ts';

/** @param objects those that are to be compared, with the hash that the manifest tells where it is believed */
export async function findIdentical(
  { signal }: TransferContext,
  { mapping: { source } }: Job,
  place: Place,
  objects: ReadonlyMap<string, string | undefined>,
): Promise<Set<string>> {
  const identical = new Set<string>();
  for (const [object, told] of objects) {
    if (object.endsWith(linkSuffix)) continue;
    const here = await hashAt({ root: source.directory, signal }, object);
    const there = told ?? (await hashThere(place, object));
    if (here === there) identical.add(object);
  }
  return identical;
}

/** What must be compared, with the hash that the manifest tells where nobody else has written it. */
export function doubtfulIn(
  situation: Situation,
  there: ReadonlyMap<string, EntryThere>,
): Map<string, string | undefined> {
  const toldOf = (path: string): string | undefined => {
    const found = there.get(path);
    return found?.isTold === true && found.entry.kind === 'file' ? found.entry.hash : undefined;
  };
  // where sizes and times alone leave no doubt they also say that the manifest is right
  const toRead = new Set(findDoubtful(situation));
  const all = findDoubtful(situation, (path) => toldOf(path) !== undefined);
  return new Map(all.map((path) => [path, toRead.has(path) ? undefined : toldOf(path)]));
}
