/** Every change that a tree can undergo, carried to places of every kind in every direction; `npm run soak` has more. */
import { mkdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { carryChanges } from '../support/model/carry-changes.ts';
import { changes } from '../support/model/changes.ts';
import { directionsOn, type ModelPlaceKind, startModelPlace } from '../support/model/places.ts';

const kinds: readonly ModelPlaceKind[] = ['local', 'local, encrypted', 'webdav', 'sftp, encrypted', 's3'];

describe('kinds that become others, edits that hardly show, and odd names', () => {
  it.for(kinds)('all come to a place of the kind %s, and back', async (kind, { installation }) => {
    const places = await startModelPlace(kind, installation.directory);
    const directory = installation.path('world');
    mkdirSync(directory);
    try {
      const carrying = {
        directory,
        place: places.placeIn(directory, 'changed'),
        directions: directionsOn(kind),
      };
      const uncarried = await carryChanges({ ...carrying, changes: changes.filter(({ isLean }) => isLean) });
      // rclone takes only text for a name, and crypt makes one longer
      const isBytes = (path: string): boolean => kind !== 'local' && /\\x(E9|FF)/.test(path);
      const isLong = (path: string): boolean => path.includes('N'.repeat(160));
      expect(uncarried.some(isLong)).toBe(kind.endsWith('encrypted'));
      expect(uncarried.filter((path) => !isBytes(path) && !isLong(path))).toEqual(['.cryptosync']);
    } finally {
      await places.close();
    }
  });
});
