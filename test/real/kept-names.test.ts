/** What the trash of a place keeps, under whatever name and layer, is our own: no look at the place takes it for data. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DirectionOutcome } from '../../src/sync/result.ts';
import { it } from '../support/installation.ts';
import { directionsOn, modelPlaceKinds, startModelPlace } from '../support/model/places.ts';
import { type Asked, machineIn, runOn } from '../support/model/world.ts';
import { readTree } from '../support/tree.ts';

const names = ['plain', 'line\nfeed', 'in\nline/below', 'tab\tand\nfeed', '␊', '*?[x]'];

describe('what the trash keeps under an odd name', () => {
  it.for(modelPlaceKinds)(
    'is no news to a full pass, at a place of the kind %s',
    async (kind, { installation }) => {
      const { placeIn, close } = await startModelPlace(kind, installation.directory);
      const directory = installation.path('world');
      mkdirSync(directory);
      const machine = machineIn(directory, 'one');
      mkdirSync(machine.directory, { recursive: true });
      mkdirSync(machine.state, { recursive: true, mode: 0o700 });
      const place = placeIn(directory, 'kept');
      const carried = names.filter((name) => place.garbles?.test(name) !== true);
      const write = (what: string): void => {
        for (const name of carried) {
          mkdirSync(join(machine.directory, name, '..'), { recursive: true });
          writeFileSync(join(machine.directory, name), `${what} ${name}`);
        }
      };
      const done = async (asked: Asked): Promise<DirectionOutcome> => {
        const ended = await runOn(machine, place, asked);
        if (ended.kind !== 'done') throw ended.error;
        return ended.outcome;
      };
      try {
        write('first');
        expect((await done({ direction: 'upload' })).notCarried).toEqual([]);
        write('second');
        await done({ direction: 'upload' });
        const tree = readTree(machine.directory);
        const again = await done({ direction: 'upload', request: { full: true } });
        expect(again).toMatchObject({ changed: false, behindOurBack: [] });
        if (directionsOn(kind).includes('bidirectional'))
          expect(await done({ direction: 'bidirectional' })).toMatchObject({ changed: false });
        expect(readTree(machine.directory)).toEqual(tree);
      } finally {
        await close();
      }
    },
  );
});
