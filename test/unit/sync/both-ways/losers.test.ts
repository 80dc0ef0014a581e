import { expect, it } from 'vitest';
import type { Place } from '../../../../src/remotes/place.ts';
import { throwAway } from '../../../../src/sync/both-ways/losers.ts';

it('what may not be removed at the place is told, and does not fail a sync that is done', async () => {
  const warnings: string[] = [];
  const place = { removeFile: () => Promise.reject(new Error('refused to remove it')) } as unknown as Place;
  const unwanted = { there: ['.cryptosync/trash/3/a'], here: [] };
  await throwAway({ warn: (message) => void warnings.push(message) }, place, unwanted);
  expect(warnings).toEqual([expect.stringMatching(/could not be removed: refused to remove it$/)]);
});
