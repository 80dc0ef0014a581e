/**
 * The list of a place, asked for as soon as its marker is known, while its manifests are read and put together: either
 * takes long where there are many files. Not before, because a sync may end between the two.
 */
import type { Place, PlaceEntry } from '../../remotes/place.ts';
import { entriesAt } from '../upload/full-pass/listing.ts';

export interface EarlyList {
  /** @throws what the place fails with, INTERRUPTED */
  readonly entries: Promise<readonly PlaceEntry[]>;
  /** Nobody wants it any more. Nothing of it is at work when this returns. */
  drop(): Promise<void>;
}

export function beginList(place: Place): EarlyList {
  const unwanted = new AbortController();
  const listed = async (): Promise<readonly PlaceEntry[]> => {
    const { listedHash: hash } = await place.features();
    return await entriesAt(place, { hash, signal: unwanted.signal });
  };
  const entries = listed();
  // told where it is awaited
  entries.catch(() => {});
  return {
    entries,
    async drop() {
      unwanted.abort();
      await entries.catch(() => {});
    },
  };
}
