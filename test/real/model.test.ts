/**
 * Random histories of edits and syncs, on two machines and one place, held against what must be true of all of them. On
 * a failure it tells the seed and the shortest history that fails; `npm run soak` tries more of them.
 */
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { type ModelPlaceKind, startModelPlace } from '../support/model/places.ts';
import { tryHistories } from '../support/model/try-histories.ts';

/** Seconds that each kind of place is given. */
const budgets: [ModelPlaceKind, number][] = [
  ['local', 20],
  ['local, encrypted', 8],
  ['webdav', 8],
  ['webdav, encrypted', 8],
  ['s3', 8],
];

describe('whatever is done and synced', () => {
  it.for(budgets)(
    'with a place of the kind %s, nothing is lost and the truth is told',
    async ([kind, seconds], { installation }) => {
      const { directory } = installation;
      const { placeIn, close } = await startModelPlace(kind, directory);
      try {
        const milliseconds = seconds * 1000;
        const tried = await tryHistories({ directory, placeIn, seed: 20_260_131, milliseconds });
        expect(tried.failure).toBeUndefined();
        expect(tried.histories).toBeGreaterThan(0);
      } finally {
        await close();
      }
    },
  );
});
