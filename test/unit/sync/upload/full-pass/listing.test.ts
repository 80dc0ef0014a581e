import { describe, expect, it } from 'vitest';
import type { Place, PlaceEntry } from '../../../../../src/remotes/place.ts';
import { isOurs } from '../../../../../src/sync/tree/objects.ts';
import { readListing } from '../../../../../src/sync/upload/full-pass/listing.ts';
import { asListed } from '../../../../../src/sync/upload/naming/spelling.ts';

function placeWith(paths: readonly string[]): Place {
  const entries: PlaceEntry[] = paths.map((path) => ({ path, kind: 'file', size: 1, mtime: 0n }));
  const place: Pick<Place, 'name' | 'list'> = {
    name: 'a place',
    list: async (onEntry) => entries.forEach(onEntry),
  };
  return place as Place;
}

describe('a listing of a place', () => {
  it.each(['d/.cryptosync/marker.json', 'd/e/.cryptosync/in-progress.json'])(
    'is refused when %s shows another place inside, and no tree is sent that would look so',
    async (path) => {
      await expect(readListing(placeWith(['a', path]), asListed)).rejects.toMatchObject({
        code: 'VAULT_FOREIGN',
      });
      expect(isOurs(path)).toBe(true);
    },
  );

  it.each(['d/.cryptosync', 'd/.cryptosync/notes', 'd/.cryptosync.d/marker.json', 'marker.json'])(
    'takes %s for a file like any other',
    async (path) => {
      expect((await readListing(placeWith(['a', path]), asListed)).objects.has(path)).toBe(true);
      expect(isOurs(path)).toBe(false);
    },
  );
});
