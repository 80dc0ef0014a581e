/** A place that version 0.1 wrote is taken over by the first run, in whichever direction, and nothing is sent again. */
import { existsSync, lutimesSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { differences, faultsOfObjects, faultsOfPlace } from '../support/model/check.ts';
import {
  formerTrash,
  writeFormerBase,
  writeFormerIndex,
  writeFormerPlace,
} from '../support/model/former-place.ts';
import { lookAt } from '../support/model/look.ts';
import { directionsOn, type ModelPlaceKind, startModelPlace } from '../support/model/places.ts';
import {
  type Asked,
  copyBack,
  type Machine,
  type ModelPlace,
  machineIn,
  runOn,
} from '../support/model/world.ts';

const kinds: readonly ModelPlaceKind[] = ['local', 'local, encrypted', 'webdav', 's3, encrypted', 'sftp'];

interface Scene {
  readonly place: ModelPlace;
  readonly one: Machine;
  readonly copy: () => string;
}

function machine(world: string, name: string): Machine {
  const made = machineIn(world, name);
  mkdirSync(made.directory, { recursive: true });
  mkdirSync(made.state, { mode: 0o700 });
  return made;
}

async function sceneIn(
  installation: Installation,
  placeIn: (world: string, name: string) => ModelPlace,
  name: string,
): Promise<Scene> {
  const world = installation.path(name);
  mkdirSync(world);
  const [place, one] = [placeIn(world, name), machine(world, 'one')];
  mkdirSync(join(one.directory, 'deep'));
  writeFileSync(join(one.directory, 'deep', 'file'), 'in a directory');
  writeFileSync(join(one.directory, 'file'), 'content');
  writeFileSync(join(one.directory, 'edited'), 'before');
  symlinkSync('deep/file', join(one.directory, 'link'));
  // whole seconds: what the place says of them is what was recorded then
  for (const name of ['deep/file', 'file', 'edited', 'link'])
    lutimesSync(join(one.directory, name), 1_700_000_000, 1_700_000_000);
  await writeFormerPlace(one, place, join(world, 'control'));
  return { place, one, copy: () => copyBack(place, join(world, 'copy')) };
}

async function run(at: Machine, place: ModelPlace, asked: Asked) {
  const ended = await runOn(at, place, asked);
  if (ended.kind === 'failed') throw ended.error;
  return ended.outcome;
}

/** What an independent reader finds wrong with the place's newest generation. */
function faults({ one, copy }: Scene): string[] {
  const at = copy();
  const { told, faults: torn } = faultsOfPlace(at);
  if (told === undefined) return ['there is no marker'];
  const kept = existsSync(join(at, formerTrash)) ? [] : ['the old trash is gone'];
  return [
    ...torn,
    ...kept,
    ...differences(lookAt(one.directory), told.tree, { contentOnly: true }),
    ...faultsOfObjects(at, told, new Set()),
  ];
}

describe('a place that 0.1 wrote', () => {
  it.for(kinds)('of the kind %s is gone on from in every direction', async (kind, { installation }) => {
    const { placeIn, close } = await startModelPlace(kind, installation.directory);
    try {
      const up = await sceneIn(installation, placeIn, 'up');
      if (kind === 'webdav') writeFormerIndex(up.one, up.place);
      writeFileSync(join(up.one.directory, 'edited'), 'after!');
      const sent = await run(up.one, up.place, { direction: 'upload' });
      expect(sent).toMatchObject({ consistent: true, generation: 3 });
      // what was edited since, and links: they may stand there as other things
      expect(sent.transferred.files).toBeLessThanOrEqual(2);
      expect(sent.transferred.bytes).toBe('after!'.length);
      expect(faults(up)).toEqual([]);
      expect((await run(up.one, up.place, { direction: 'upload' })).changed).toBe(false);

      const down = await sceneIn(installation, placeIn, 'down');
      const fresh = machine(installation.path('down'), 'two');
      await run(fresh, down.place, { direction: 'download', request: { force: true } });
      expect(differences(lookAt(down.one.directory), lookAt(fresh.directory), { contentOnly: true })).toEqual(
        [],
      );

      if (!directionsOn(kind).includes('bidirectional')) return;
      const both = await sceneIn(installation, placeIn, 'both');
      writeFormerBase(both.one, both.place);
      rmSync(join(both.one.directory, 'link'));
      symlinkSync('file', join(both.one.directory, 'link'));
      const joined = await run(both.one, both.place, { direction: 'bidirectional' });
      expect(joined).toMatchObject({ consistent: true, generation: 3 });
      expect(joined.transferred.bytes).toBe(0);
      expect(faults(both)).toEqual([]);
      expect(lookAt(both.one.directory).get('link')?.target).toBe('file');

      const anew = await sceneIn(installation, placeIn, 'anew');
      const empty = machine(installation.path('anew'), 'two');
      await run(empty, anew.place, { direction: 'bidirectional' });
      expect(faults({ ...anew, one: empty })).toEqual([]);
      expect(lookAt(empty.directory).get('link')?.target).toBe('deep/file');
    } finally {
      await close();
    }
  });
});
