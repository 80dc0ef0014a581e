/** A mounted vault that is written to all the while; `npm run soak` takes minutes for it. */
import { mkdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { syncLiveVault } from '../support/model/live-vault.ts';
import { startModelPlace } from '../support/model/places.ts';

describe('a mounted vault that is written to, renamed and deleted in while syncs run', { retry: 0 }, () => {
  it('reads in every file elsewhere, whenever a sync says that it is consistent', async ({
    installation,
  }) => {
    const directory = installation.path('world');
    mkdirSync(directory);
    const { placeIn, close } = await startModelPlace('local', installation.directory);
    try {
      const place = placeIn(directory, 'live');
      const { consistent } = await syncLiveVault({ directory, place, milliseconds: 6000, seed: 20_260_131 });
      expect(consistent).toBeGreaterThan(0);
    } finally {
      await close();
    }
  });
});
