/** Whose turn it is, on the kinds of places that `lineage.test.ts` has not: through crypt, SFTP and S3. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { snapshotOf } from '../support/machines.ts';
import { differences, faultsOfPlace } from '../support/model/check.ts';
import { lookAt } from '../support/model/look.ts';
import { directionsOn, type ModelPlaceKind, startModelPlace } from '../support/model/places.ts';
import {
  type Asked,
  copyBack,
  type Machine,
  type ModelPlace,
  machineIn,
  rcloneAlone,
  runOn,
} from '../support/model/world.ts';

const kinds: readonly ModelPlaceKind[] = ['local, encrypted', 'sftp', 's3'];

/** How a run ended: its code, or whether it sent anything. */
async function ended(machine: Machine, place: ModelPlace, asked: Asked): Promise<string> {
  const end = await runOn(machine, place, asked);
  if (end.kind === 'failed') return end.error.code;
  return end.outcome.transferred.files > 0 ? 'sent' : 'nothing to do';
}

/** Keeps all that lies at a place as it is, its ciphertext where it is encrypted. @returns brings it back */
function keep({ raw, flags = [] }: ModelPlace, directory: string): () => void {
  const stored = { raw, flags };
  rcloneAlone(stored, (path) => ['copy', path(), directory]);
  return () => {
    wipe(stored);
    rcloneAlone(stored, (path) => ['copy', directory, path()]);
  };
}

function wipe({ raw, flags = [] }: ModelPlace): void {
  rcloneAlone({ raw, flags }, (path) => ['delete', path()]);
}

describe('machines and a place that do not know of each other', () => {
  it.for(kinds)('are told, and go on when that is meant (%s)', async (kind, { installation }) => {
    const world = installation.path('world');
    mkdirSync(world);
    const { placeIn, close } = await startModelPlace(kind, installation.directory);
    try {
      const place = placeIn(world, 'lineage');
      const [one, two] = ['one', 'two'].map((name) => {
        const machine = machineIn(world, name);
        for (const path of [machine.directory, machine.state]) mkdirSync(path, { recursive: true });
        return machine;
      }) as [Machine, Machine];
      const edit = (machine: Machine, text: string): void =>
        writeFileSync(join(machine.directory, 'file'), text);
      const up = { direction: 'upload' } as const;
      const down = { direction: 'download', request: { force: true } } as const;
      const takingOver = { ...up, request: { takeOver: true } } as const;
      const held = (machine: Machine): string[] => {
        const { told } = faultsOfPlace(copyBack(place, join(world, 'copy')));
        return differences(lookAt(machine.directory), told?.tree ?? new Map(), { contentOnly: true });
      };

      // two hosts that push in turn
      edit(one, 'first');
      expect(await ended(one, place, up)).toBe('sent');
      expect(await ended(two, place, down)).toBe('sent');
      edit(two, 'of the second');
      expect(await ended(two, place, up)).toBe('sent');
      edit(one, 'of the first');
      expect(await ended(one, place, up)).toBe('REMOTE_AHEAD');
      expect(held(two)).toEqual([]);
      expect(await ended(one, place, takingOver)).toBe('sent');
      expect([await ended(two, place, up), held(one)]).toEqual(['REMOTE_AHEAD', []]);

      // a host that was set back
      const setBack = snapshotOf(join(world, 'one'));
      const placeAsItWas = keep(place, join(world, 'kept'));
      edit(one, 'newer');
      expect(await ended(one, place, up)).toBe('sent');
      setBack();
      edit(one, 'made after it was set back');
      expect(await ended(one, place, up)).toBe('REMOTE_AHEAD');
      expect([await ended(one, place, down), held(one)]).toEqual(['sent', []]);

      // a place that was set back, and one that was wiped
      for (const spoil of [placeAsItWas, () => wipe(place)]) {
        spoil();
        for (const direction of directionsOn(kind))
          expect([direction, await ended(one, place, { direction })]).toEqual([
            direction,
            expect.stringMatching(/^REMOTE_(BEHIND|EMPTY)$/),
          ]);
        expect(await ended(one, place, takingOver)).toBe('sent');
        expect([await ended(one, place, up), held(one)]).toEqual(['nothing to do', []]);
      }

      // a lost state directory
      rmSync(one.state, { recursive: true });
      mkdirSync(one.state);
      expect(await ended(one, place, up)).toBe('nothing to do');
      rmSync(one.state, { recursive: true });
      mkdirSync(one.state);
      edit(one, 'something else');
      expect(await ended(one, place, up)).toBe('REMOTE_AHEAD');
    } finally {
      await close();
    }
  });
});
