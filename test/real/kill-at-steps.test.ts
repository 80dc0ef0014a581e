/** A sync in both directions that is killed at each of its steps; `npm run soak` kills it before every single call. */
import { mkdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { killAtSteps, type StepKills } from '../support/model/kill-at-steps.ts';
import { startModelPlace } from '../support/model/places.ts';

/** Kills runs to a directory of this machine. @returns what they were killed before */
async function killsIn(
  { directory, path }: Installation,
  kills: Pick<StepKills, 'direction' | 'scene'>,
): Promise<readonly string[]> {
  const world = path('world');
  mkdirSync(world);
  const { placeIn, close } = await startModelPlace('local', directory);
  try {
    return await killAtSteps({ directory, place: placeIn(world, 'killed'), moments: 'steps', ...kills });
  } finally {
    await close();
  }
}

describe('a sync that is killed', () => {
  // some thirty kills, each with a run before and one after
  const patience = { timeout: 300_000 };
  it(
    'in both directions before any of its steps leaves all as it was, and the next one ends as it would have',
    patience,
    async ({ installation }) => {
      const steps = await killsIn(installation, { direction: 'bidirectional' });
      const told = ['bisync/journal of the state', 'incoming there', 'in-progress there', 'manifests there'];
      for (const step of [...told, 'trash there', 'marker there', 'renameSync here', 'record of the state'])
        expect(steps.join('\n')).toContain(step);
    },
  );

  it.for([
    ['bidirectional', 'the only file goes'],
    ['bidirectional', 'the only file comes'],
    ['upload', 'a link and a file share an object'],
    ['bidirectional', 'a link and a file share an object'],
  ] as const)(
    'in the direction %s while %s leaves the next one what it needs to know',
    patience,
    async ([direction, scene], { installation }) => {
      expect((await killsIn(installation, { direction, scene })).length).toBeGreaterThan(9);
    },
  );
});
