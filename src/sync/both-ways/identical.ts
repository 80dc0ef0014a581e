/** Which files hold the same on both sides, whatever their times say: told by reading them. */
import type { Place } from '../../remotes/place.ts';
import { linkSuffix } from '../../remotes/remote.ts';
import type { TransferContext } from '../context.ts';
import { hashThere } from '../hash-there.ts';
import type { Job } from '../job.ts';
import { hashAt } from '../tree/changes.ts';

export async function findIdentical(
  { signal }: TransferContext,
  { mapping: { source } }: Job,
  place: Place,
  objects: readonly string[],
): Promise<Set<string>> {
  const identical = new Set<string>();
  for (const object of objects) {
    if (object.endsWith(linkSuffix)) continue;
    const here = await hashAt({ root: source.directory, signal }, object);
    const there = await hashThere(place, object);
    if (here === there) identical.add(object);
  }
  return identical;
}
