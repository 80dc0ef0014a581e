/** kill -9 at random moments, on every kind of place and in every direction; `npm run soak` does more of them. */
import { mkdirSync } from 'node:fs';
import { describe } from 'vitest';
import { it } from '../support/installation.ts';
import { killAtRandom } from '../support/model/kills.ts';
import { directionsOn, type ModelPlaceKind, startModelPlace } from '../support/model/places.ts';

const kinds: readonly ModelPlaceKind[] = ['local', 'local, encrypted', 'webdav, encrypted', 'sftp', 's3'];

describe('a run that is killed at a random moment', { retry: 0 }, () => {
  it.for(kinds)(
    'to or from a place of the kind %s leaves the last generation whole, and the next run commits',
    async (kind, { installation }) => {
      const places = await startModelPlace(kind, installation.directory);
      const directory = installation.path('world');
      mkdirSync(directory);
      try {
        const directions = directionsOn(kind);
        const place = places.placeIn(directory, 'killed');
        await killAtRandom({ directory, place, directions, count: directions.length, seed: 20_260_131 });
      } finally {
        await places.close();
      }
    },
  );
});
