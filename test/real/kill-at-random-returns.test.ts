/** kill -9 at random moments of restore and import; `npm run soak -- --trial returns` does more of them, on every place. */
import { mkdirSync } from 'node:fs';
import { describe } from 'vitest';
import { it } from '../support/installation.ts';
import { modelPlaceKinds } from '../support/model/places.ts';
import { killBareRestores, killImports, killRestores, type RestoreKills } from '../support/return-kills.ts';
import { type StorageKind, startStorage } from '../support/storage.ts';

const { SOAK_PLACE, SOAK_COUNT = '3', SOAK_SEED = '20260131' } = process.env;
const [count, seed] = [Number(SOAK_COUNT), Number(SOAK_SEED)];
const kinds = modelPlaceKinds.filter((kind) => kind === (SOAK_PLACE ?? 'local'));
const timeout = 60_000 + count * 20_000;

describe.each(kinds)('killed at a random moment, on a place of the kind %s,', { retry: 0 }, (kind) => {
  const [backend = '', encryption] = kind.split(', ');
  const onPlace = async (installation: RestoreKills['installation']): Promise<RestoreKills> => {
    mkdirSync(installation.path('storage'));
    const storage = await startStorage(backend as StorageKind, installation.path('storage'));
    installation.atCleanUp(() => storage.close());
    return { installation, storage, isEncrypted: encryption !== undefined, count, seed };
  };

  it('a restore ends when it is run again, and nothing that was there is lost', { timeout }, async ({
    installation,
  }) => {
    await killRestores(await onPlace(installation));
  });

  it('a restore on a bare machine ends when it is run again', { timeout }, async ({ installation }) => {
    await killBareRestores(await onPlace(installation));
  });

  it.runIf(kind === 'local')(
    'an import ends when it is run again, and nothing that was there is lost',
    { timeout },
    async ({ installation }) => {
      await killImports({ installation, count, seed });
    },
  );
});
