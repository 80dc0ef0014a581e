/** A list that was asked for early: it is there when it is wanted, and nothing of it goes on when it is not. */
import { describe, expect, it } from 'vitest';
import type { HowListed, Place, PlaceEntry } from '../../../../src/remotes/place.ts';
import { beginList } from '../../../../src/sync/verify/early-list.ts';

const file: PlaceEntry = { path: 'a', kind: 'file', size: 1, mtime: 0n };

function placeThat(list: (onEntry: (entry: PlaceEntry) => void, how: HowListed) => Promise<void>): Place {
  const features: Awaited<ReturnType<Place['features']>> = {
    timePrecision: 1,
    movesFiles: true,
    movesDirectories: true,
    keepsEmptyDirectories: true,
    ignoresCase: false,
    takesBytes: false,
    respellsNames: false,
    listedHash: 'md5',
  };
  const place: Partial<Place> = {
    features: async () => features,
    list: (onEntry, how = {}) => list(onEntry, how),
  };
  return place as Place;
}

describe('a list that was asked for early', () => {
  it('is asked for with the hash that the place tells, and kept until it is wanted', async () => {
    const list = beginList(
      placeThat(async (onEntry, { hash }) => {
        onEntry({ ...file, hash });
      }),
    );
    expect(await list.entries).toEqual([{ ...file, hash: 'md5' }]);
    await list.drop();
  });

  it('has ended when it is dropped, and its failure is nobody’s then', async () => {
    let isAtWork = false;
    const list = beginList(
      placeThat(
        (_onEntry, { signal }) =>
          new Promise((_resolve, reject) => {
            isAtWork = true;
            signal?.addEventListener('abort', () => {
              isAtWork = false;
              reject(new Error('ended'));
            });
          }),
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAtWork).toBe(true);
    await list.drop();
    expect(isAtWork).toBe(false);
  });

  it('fails where it is wanted', async () => {
    const list = beginList(placeThat(() => Promise.reject(new Error('silent'))));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(list.entries).rejects.toThrow('silent');
    await list.drop();
  });
});
