/** What a check finds on every other kind of place, and through crypt: each kind of damage, all of them at once. */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { Place } from '../../src/remotes/place.ts';
import { choose } from '../../src/sync/generations/choice.ts';
import { readPast } from '../../src/sync/generations/history.ts';
import type { Job } from '../../src/sync/job.ts';
import { restoreInto } from '../../src/sync/restore/restore.ts';
import type { Depth } from '../../src/sync/verify/verify.ts';
import { toCryptosyncError } from '../../src/system/errors.ts';
import { withScratchFile } from '../../src/system/scratch-file.ts';
import { contextFor } from '../support/context.ts';
import { type Installation, it } from '../support/installation.ts';
import { type Change, checked, flip, inflict, inPlaceOf, toldOf } from '../support/model/checks.ts';
import { type ModelPlaceKind, startModelPlace } from '../support/model/places.ts';
import { jobOf, type Machine, machineIn, runOn } from '../support/model/world.ts';
import { cleanEnvironment } from '../support/serve.ts';

const kinds: readonly ModelPlaceKind[] = ['sftp', 's3', 'local, encrypted', 'webdav, encrypted'];

/** Whose list tells a hash of every object. */
const listsHashes: ReadonlySet<ModelPlaceKind> = new Set(['s3']);

const big = (text: string): Buffer => Buffer.alloc(20_000, text);

const damages: Readonly<
  Record<string, { readonly change: Change; readonly as: string; readonly quick: boolean }>
> = {
  flipped: { change: (there) => flip(there), as: 'content', quick: false },
  missing: { change: () => undefined, as: 'missing', quick: true },
  emptied: { change: () => Buffer.alloc(0), as: 'emptied', quick: true },
  cut: { change: (there) => there.subarray(0, 4096), as: 'size', quick: true },
  swapped: { change: () => big('other '), as: 'content', quick: false },
  edited: { change: () => Buffer.from('of old'), as: 'content', quick: false },
  'the configuration': { change: (there) => flip(there), as: 'content', quick: true },
};

interface Scene {
  readonly machine: Machine;
  readonly job: Job;
  inPlace<Result>(action: (place: Place) => Promise<Result>): Promise<Result>;
}

/** Two generations at a place of a kind. */
async function sceneOn(kind: ModelPlaceKind, installation: Installation): Promise<Scene> {
  const places = await startModelPlace(kind, installation.directory);
  installation.atCleanUp(() => places.close());
  const world = installation.path('world');
  mkdirSync(world);
  const at = places.placeIn(world, 'checked');
  const machine = machineIn(installation.path('machines'), 'one');
  for (const directory of [machine.directory, machine.state]) mkdirSync(directory, { recursive: true });
  const write = (name: string, content: Buffer): void =>
    writeFileSync(join(machine.directory, name), content);
  for (const name of Object.keys(damages)) write(name, big(`${name} `));
  write('edited', Buffer.from('of old'));
  write('sound', big('sound '));
  // so that the second manifest is a delta: names that cost no transfer, and do not compress
  for (let index = 0; index < 100; index += 1) {
    const name = createHash('sha256').update(`${index}`).digest('hex');
    linkSync(join(machine.directory, 'sound'), join(machine.directory, `sound-${name}`));
  }
  expect(await runOn(machine, at, { direction: 'upload' })).toMatchObject({ kind: 'done' });
  write('edited', Buffer.from('of new'));
  expect(await runOn(machine, at, { direction: 'upload' })).toMatchObject({ kind: 'done' });
  const plain = jobOf(machine, at, { direction: 'upload' });
  const { mapping } = plain;
  const source = { ...mapping.source, configFile: 'the configuration' };
  return {
    machine,
    job: { ...plain, mapping: { ...mapping, source } },
    inPlace: (action) => inPlaceOf(plain, at, action),
  };
}

async function readAll(place: Place, path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  expect(await place.stream(path, (part) => parts.push(Buffer.from(part))), path).toBe(true);
  return Buffer.concat(parts);
}

describe.each(kinds)('on a place of the kind %s', (kind) => {
  it('each kind of damage is found and named, and what is sound is not', async ({ installation }) => {
    const { machine, job, inPlace } = await sceneOn(kind, installation);
    const context = contextFor(installation.directory, cleanEnvironment);
    const check = (place: Place, depth: Depth) =>
      told(async () => toldOf(await checked(machine, job, place, depth)));
    const restore = (place: Place) =>
      told(async () => {
        const chosen = await choose(place, await readPast(place, undefined), {}, job.sealKey);
        const directory = installation.path('back');
        await restoreInto(context, { place, chosen, directory, state: machine.state });
        return [];
      });
    await inPlace(async (place) => {
      expect(await check(place, { kind: 'deep' })).toEqual([]);
      for (const [name, { change }] of Object.entries(damages)) await inflict(place, name, change);
      await withScratchFile(Buffer.from('not ours'), (descriptor) =>
        place.put({ descriptor, size: 8, mtime: 0n, mode: 0o600 }, 'added'),
      );
    });
    // what a place answered is not asked again of it
    await inPlace(async (place) => {
      const all = Object.entries(damages).map(([name, { as, quick }]) => ({ told: `${name}: ${as}`, quick }));
      const always = [...all.filter(({ quick }) => quick), { told: 'added: added' }].map(
        ({ told: one }) => one,
      );
      // a place that tells times exactly may tell that more was put there since
      const quick = await check(place, { kind: 'quick' });
      expect(quick).toEqual(expect.arrayContaining(always));
      // a sample looks at all that the quick check looks at
      expect(await check(place, { kind: 'sample', bytes: 1 })).toEqual(expect.arrayContaining(always));
      const deep = await check(place, { kind: 'deep' });
      expect(deep).toEqual([...all.map(({ told: one }) => one), 'added: added'].sort());
      expect(deep).toEqual(expect.arrayContaining(quick));
      if (listsHashes.has(kind)) expect(quick).toEqual(deep);
      const [lost = ''] = await restore(place);
      expect(Object.keys(damages)).toContain(lost.split(':')[0]);
      // or all of it is named at once, and what is sound comes
      const chosen = await choose(place, await readPast(place, undefined), {}, job.sealKey);
      const directory = installation.path('what is sound');
      const to = { directory, state: machine.state, skipsDamaged: true };
      const come = await restoreInto(context, { place, chosen, ...to });
      expect(come.lost.map(({ path }) => path).sort()).toEqual(Object.keys(damages).sort());
      expect(readdirSync(directory).filter((name) => name in damages)).toEqual([]);
      expect(readFileSync(join(directory, 'sound'))).toEqual(big('sound '));
      expect(come.files).toBe(101);
      const marker = JSON.parse((await readAll(place, '.cryptosync/marker.json')).toString());
      const manifest = `.cryptosync/manifests/${marker.manifest.file}`;
      const sound = await readAll(place, manifest);
      const lines = gunzipSync(sound).toString();
      await place.write(manifest, gzipSync(lines.replace(/"size":\d/, '"size":9')));
      for (const action of [() => check(place, { kind: 'quick' }), () => restore(place)])
        expect(await action()).toEqual(['a manifest']);
      await place.write(manifest, sound);
      const [base = ''] = (await place.names('.cryptosync/manifests')).filter((name) =>
        /^1_.*full/.test(name),
      );
      await place.removeFile(`.cryptosync/manifests/${base}`);
      for (const action of [() => check(place, { kind: 'quick' }), () => restore(place)])
        expect(await action()).toEqual(['a manifest']);
    });
  });
});

/** @returns what `looking` does, or what its failure is about */
async function told(looking: () => Promise<string[]>): Promise<string[]> {
  try {
    return await looking();
  } catch (thrown) {
    const { code, details, message } = toCryptosyncError(thrown);
    expect(code, message).toBe('VERIFY_FAILED');
    return [typeof details?.['path'] === 'string' ? `${details['path']}: content` : 'a manifest'];
  }
}
