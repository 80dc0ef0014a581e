/** What a check finds: each kind of damage, by each way of looking, on each kind of place. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inPlace } from '../../src/remotes/open-place.ts';
import { choose } from '../../src/sync/generations/choice.ts';
import { readPast } from '../../src/sync/generations/history.ts';
import { restoreInto } from '../../src/sync/restore/restore.ts';
import type { Findings } from '../../src/sync/verify/findings.ts';
import { type Depth, verifyGeneration } from '../../src/sync/verify/verify.ts';
import { toCryptosyncError } from '../../src/system/errors.ts';
import { type Machine, machineAt } from '../support/machines.ts';
import { servedPlace } from '../support/served-place.ts';

const served = servedPlace();

/** Changes a file of the place as somebody would who wants to stay unseen: its time stays. */
function unseen(path: string, change: (path: string) => void): void {
  const { atime, mtime } = statSync(path);
  change(path);
  utimesSync(path, atime, mtime);
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const manifestOf = (place: string): string => {
  const { manifest } = JSON.parse(readFileSync(join(place, '.cryptosync', 'marker.json'), 'utf8'));
  return join(place, '.cryptosync', 'manifests', manifest.file);
};

function rewrite(file: string, change: (line: string) => string): void {
  const lines = gunzipSync(readFileSync(file)).toString().split('\n').map(change);
  writeFileSync(file, gzipSync(lines.join('\n')));
}

interface Damage {
  readonly name: string;
  readonly inflict: (place: string) => void;
  /** What is named, and as what. */
  readonly path: string;
  readonly as: string;
  /** By its list alone: always, or where the place keeps the times that it is given, or not. */
  readonly quick: 'always' | 'never';
}

const damages: readonly Damage[] = [
  {
    name: 'one byte flipped, its time as it was',
    inflict: (at) => unseen(join(at, 'big'), flip),
    path: 'big',
    as: 'content',
    quick: 'never',
  },
  {
    name: 'a file missing',
    inflict: (at) => rmSync(join(at, 'd/one')),
    path: 'd/one',
    as: 'missing',
    quick: 'always',
  },
  {
    name: 'a file emptied',
    inflict: (at) => unseen(join(at, 'big'), (path) => truncateSync(path)),
    path: 'big',
    as: 'emptied',
    quick: 'always',
  },
  {
    name: 'a file cut at a block',
    inflict: (at) => unseen(join(at, 'big'), (path) => truncateSync(path, 4096)),
    path: 'big',
    as: 'size',
    quick: 'always',
  },
  {
    name: 'two files of one size swapped',
    inflict: (at) =>
      unseen(join(at, 'd/one'), (path) => writeFileSync(path, readFileSync(join(at, 'd/two')))),
    path: 'd/one',
    as: 'content',
    quick: 'never',
  },
  {
    name: 'a file added',
    inflict: (at) => writeFileSync(join(at, 'd/more'), 'not ours'),
    path: 'd/more',
    as: 'added',
    quick: 'always',
  },
  {
    name: 'an old generation’s file in a new one',
    inflict: (at) =>
      unseen(join(at, 'edited'), (path) => cpSync(join(at, '.cryptosync/trash/2/edited'), path)),
    path: 'edited',
    as: 'content',
    quick: 'never',
  },
  {
    name: 'a directory in the place of a file',
    inflict: (at) => {
      rmSync(join(at, 'd/two'));
      mkdirSync(join(at, 'd/two'));
    },
    path: 'd/two',
    as: 'missing',
    quick: 'always',
  },
  {
    name: 'a link’s text changed',
    inflict: (at) => unseen(join(at, 'link.rclonelink'), (path) => writeFileSync(path, 'gib')),
    path: 'link.rclonelink',
    as: 'content',
    quick: 'never',
  },
  {
    name: 'a manifest forged',
    inflict: (at) => rewrite(manifestOf(at), (line) => line.replace(/"size":\d/, '"size":9')),
    path: 'manifest',
    as: 'manifest',
    quick: 'always',
  },
  {
    name: 'a manifest missing',
    inflict: (at) => rmSync(manifestOf(at)),
    path: 'manifest',
    as: 'manifest',
    quick: 'always',
  },
  {
    name: 'a manifest torn',
    inflict: (at) => truncateSync(manifestOf(at), 50),
    path: 'manifest',
    as: 'manifest',
    quick: 'always',
  },
  {
    name: 'the full manifest below a delta missing',
    inflict: (at) =>
      rmSync(
        join(
          at,
          '.cryptosync/manifests',
          readdirSync(join(at, '.cryptosync/manifests')).find((name) => /^1_.*full/.test(name)) ?? '',
        ),
      ),
    path: 'manifest',
    as: 'manifest',
    quick: 'always',
  },
  {
    name: 'the seal stripped',
    inflict: (at) => rewrite(manifestOf(at), (line) => line.replace(/"seal":"[^"]*"/, '"seal":null')),
    path: 'manifest',
    as: 'manifest',
    quick: 'always',
  },
  {
    name: 'a marker forged',
    inflict: (at) => {
      const file = join(at, '.cryptosync/marker.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"engine": "none"', '"engine": "nope"'));
    },
    path: 'manifest',
    as: 'manifest',
    quick: 'always',
  },
];

describe.each(served.kinds)('on %s', (_, remoteOf) => {
  let machine: Machine;
  const { place } = served;
  const kept = (): string => served.own('kept');
  beforeAll(async () => {
    machine = machineAt(served.own('one'), 'one', remoteOf());
    mkdirSync(join(machine.tree, 'd'));
    writeFileSync(join(machine.tree, 'big'), Buffer.alloc(20_000, 'big '));
    writeFileSync(join(machine.tree, 'd/one'), 'one one one');
    writeFileSync(join(machine.tree, 'd/two'), 'two two two');
    writeFileSync(join(machine.tree, 'edited'), 'of old');
    execFileSync('ln', ['-s', 'big', join(machine.tree, 'link')]);
    for (let index = 0; index < 130; index += 1)
      writeFileSync(join(machine.tree, `d/many-${index}`), `${index}`);
    await machine.upload();
    writeFileSync(join(machine.tree, 'edited'), 'of new');
    await machine.upload();
    cpSync(place(), kept(), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  });
  afterAll(() => {
    for (const path of [place(), kept(), served.own('one')]) rmSync(path, { recursive: true, force: true });
  });
  beforeEach(() => {
    rmSync(place(), { recursive: true });
    cpSync(kept(), place(), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    rmSync(journal(), { force: true });
    rmSync(served.own('back'), { recursive: true, force: true });
    for (const name of readdirSync(machine.state).filter((one) => one.startsWith('incoming-')))
      rmSync(join(machine.state, name), { recursive: true });
  });
  const journal = (): string => join(machine.state, 'record.jsonl.verified');

  const check = async (depth: Depth, generation?: number, context = machine.context): Promise<Findings> =>
    await inPlace(remoteOf(), machine.context, async (opened) => {
      const job = machine.jobFor('upload');
      const past = await readPast(opened, context.signal);
      const chosen = await choose(opened, past, { generation }, job.sealKey);
      return await verifyGeneration(context, {
        place: opened,
        past,
        chosen,
        job,
        depth,
        journalFile: journal(),
      });
    });
  /** `path: damage`, whichever way it is told. */
  const told = async (looking: Promise<Findings>): Promise<string[]> => {
    try {
      return (await looking).damaged.map(({ object, damage }) => `${object}: ${damage}`);
    } catch (thrown) {
      const { code, details } = toCryptosyncError(thrown);
      expect(code).toBe('VERIFY_FAILED');
      return [typeof details?.['path'] === 'string' ? `${details['path']}: content` : 'manifest: manifest'];
    }
  };
  const drill = async (): Promise<Findings> =>
    await inPlace(remoteOf(), machine.context, async (opened) => {
      const past = await readPast(opened, undefined);
      const chosen = await choose(opened, past, {}, machine.jobFor('upload').sealKey);
      const restoring = { place: opened, chosen, directory: served.own('back'), state: machine.state };
      await restoreInto(machine.context, restoring);
      return { damaged: [], unchecked: [], files: 0, filesRead: 0, bytesRead: 0, isWhole: true };
    });

  it('finds nothing where nothing is damaged', async () => {
    for (const depth of [{ kind: 'quick' }, { kind: 'deep' }, { kind: 'sample', percent: 10 }] as const)
      expect(await check(depth)).toMatchObject({ damaged: [], unchecked: [], files: 135 });
    expect(await told(drill())).toEqual([]);
  });

  it.each(damages)('$name is found, and named', async ({ inflict, path, as, quick }) => {
    inflict(place());
    const expected = [`${path}: ${as}`];
    expect(await told(check({ kind: 'deep' })), 'deep').toEqual(expected);
    if (quick === 'always') expect(await told(check({ kind: 'quick' })), 'quick').toEqual(expected);
    // what belongs to nothing, and a link's text, is not needed for the return; a directory is no file to fetch at all
    if (as === 'added' || path.endsWith('.rclonelink') || path === 'd/two') return;
    const [first = ''] = await told(drill());
    expect(first.split(':')[0], 'drill').toBe(path);
  });

  it('a file that was changed with its time is found by the list, where the place keeps times', async () => {
    flip(join(place(), 'big'));
    utimesSync(join(place(), 'big'), 1e9, 1e9);
    const keepsTimes = remoteOf().type === 'local';
    expect(await told(check({ kind: 'quick' }))).toEqual(keepsTimes ? ['big: content'] : []);
  });

  it('a former generation is looked for where its files lie now', async () => {
    expect(await check({ kind: 'quick' }, 1)).toMatchObject({ damaged: [], files: 135 });
    expect(await check({ kind: 'deep' }, 1)).toMatchObject({ damaged: [], filesRead: 135 });
    rmSync(join(place(), '.cryptosync/trash/2/edited'));
    expect(await told(check({ kind: 'quick' }, 1))).toEqual(['edited: missing']);
    expect(await told(check({ kind: 'deep' }, 1))).toEqual(['edited: missing']);
    expect(await told(check({ kind: 'deep' }))).toEqual([]);
  });

  it('samples come round to everything in time', async () => {
    const damage = join(place(), 'd/many-7');
    unseen(damage, (path) => writeFileSync(path, 'X'));
    let read = 0;
    for (let round = 0; round < 60; round += 1) {
      const { damaged, filesRead } = await check({ kind: 'sample', percent: 2 });
      read += filesRead;
      if (damaged.length === 0) continue;
      expect(damaged.map(({ object }) => object)).toEqual(['d/many-7']);
      expect(read).toBeLessThanOrEqual(140);
      return;
    }
    expect.unreachable('it was never read');
  });

  it('a check that reads everything goes on where it was cut off', async () => {
    const stop = new AbortController();
    const after = 20;
    let noted = 0;
    const clock = {
      now: () => {
        noted += 1;
        if (noted > after) stop.abort();
        return new Date();
      },
    };
    const context = { ...machine.context, clock, signal: stop.signal };
    await expect(check({ kind: 'deep' }, undefined, context)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { filesRead, damaged } = await check({ kind: 'deep' });
    expect(damaged).toEqual([]);
    expect(filesRead).toBeLessThan(130);
    // and a new one reads everything again
    expect((await check({ kind: 'deep' })).filesRead).toBe(135);
  });

  it('what can not be read is neither whole nor damaged', async () => {
    if (remoteOf().type !== 'local') return;
    renameSync(join(place(), 'big'), join(place(), 'elsewhere'));
    execFileSync('mkfifo', [join(place(), 'big')]);
    expect(await told(check({ kind: 'quick' }))).toEqual(expect.arrayContaining(['big: kind']));
  });
});
