/** Every generation that is kept comes back as it was, whatever became of its files since, on every kind of place. */
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inPlace } from '../../src/remotes/open-place.ts';
import { choose } from '../../src/sync/generations/choice.ts';
import { readPast } from '../../src/sync/generations/history.ts';
import { type Restored, restoreInto } from '../../src/sync/restore/restore.ts';
import { type Machine, machineAt } from '../support/machines.ts';
import { servedPlace } from '../support/served-place.ts';
import { writeFiles } from '../support/tree.ts';

const served = servedPlace();

/** All that a tree is: kinds, modes, owners, times links, hard links, attributes, content. */
function portrait(root: string): string[] {
  const first = new Map<number, string>();
  const attributes = execFileSync('getfattr', ['-R', '-P', '-h', '-d', '-m', 'user', '--', '.'], {
    cwd: root,
  });
  const entries = ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()].map((name) => {
    const path = join(root, name);
    const { mode, uid, gid, mtimeNs, ino, nlink } = lstatSync(path, { bigint: true });
    const stats = lstatSync(path);
    const same = stats.isDirectory() || nlink === 1n ? undefined : first.get(Number(ino));
    first.set(Number(ino), same ?? name);
    const content = stats.isSymbolicLink()
      ? readlinkSync(path)
      : stats.isFile()
        ? readFileSync(path, 'latin1')
        : '';
    return [name, mode.toString(8), uid, gid, mtimeNs, same ?? '', content].join(' | ');
  });
  return [...entries, ...attributes.toString().split('\n').sort()];
}

/** Times that node can set as they are. */
function settleTimes(root: string): void {
  for (const name of ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })]) {
    const path = join(root, name);
    const seconds = Math.floor(lstatSync(path).mtimeMs / 1000);
    lutimesSync(path, seconds, seconds);
  }
}

/** What becomes of a tree, one generation each. */
const history: readonly ((tree: string) => void)[] = [
  (tree) => {
    writeFiles(tree, {
      stays: 'as it is',
      changes: 'first',
      goes: 'will go',
      'd/a': 'in d',
      'd/e/b': 'deeper',
      twin: 'as it is',
    });
    symlinkSync('stays', join(tree, 'link'));
    mkdirSync(join(tree, 'empty'), { mode: 0o2750 });
    execFileSync('ln', [join(tree, 'stays'), join(tree, 'hard')]);
    execFileSync('mkfifo', ['-m', '600', join(tree, 'pipe')]);
    execFileSync('setfattr', ['-n', 'user.colour', '-v', 'blue', join(tree, 'stays')]);
    execFileSync('chown', ['1234:55', join(tree, 'goes')]);
    utimesSync(join(tree, 'd'), 1e9, 1e9);
    writeFileSync(join(tree, 'sparse'), 'begin');
    truncateSync(join(tree, 'sparse'), 3_000_000);
  },
  (tree) => writeFileSync(join(tree, 'changes'), 'second, and longer'),
  (tree) => renameSync(join(tree, 'd'), join(tree, 'renamed')),
  (tree) => {
    renameSync(join(tree, 'goes'), join(tree, 'moved'));
    writeFileSync(join(tree, 'goes'), 'another of this name');
  },
  (tree) => {
    rmSync(join(tree, 'moved'));
    rmSync(join(tree, 'link'));
    mkdirSync(join(tree, 'link'));
    writeFileSync(join(tree, 'link', 'inside'), 'a directory now');
  },
  (tree) => writeFileSync(join(tree, 'changes'), 'first'),
  (tree) => {
    for (const name of readdirSync(tree)) rmSync(join(tree, name), { recursive: true });
    writeFileSync(join(tree, 'alone'), 'all else is gone');
  },
];

describe.each(served.kinds)('on %s', (_, remoteOf) => {
  let machine: Machine;
  let portraits: string[][];
  const own = (...parts: string[]): string => served.place('.cryptosync', ...parts);
  const target = (): string => served.own('back');
  beforeAll(async () => {
    machine = machineAt(served.own('one'), 'one', remoteOf());
    portraits = [];
    for (const change of history) {
      change(machine.tree);
      settleTimes(machine.tree);
      await machine.upload({}, { deleteLimit: { kind: 'count', files: 100 } });
      portraits.push(portrait(machine.tree));
    }
  });
  afterEach(() => rmSync(target(), { recursive: true, force: true }));
  afterAll(() => {
    for (const path of [served.place(), served.own('one')]) rmSync(path, { recursive: true, force: true });
  });

  const restore = async (generation?: number): Promise<Restored> =>
    await inPlace(remoteOf(), machine.context, async (place) => {
      const past = await readPast(place, undefined);
      const chosen = await choose(place, past, { generation }, Buffer.alloc(32, 7));
      return await restoreInto(machine.context, { place, chosen, directory: target(), state: machine.state });
    });

  it('each generation comes back with everything that it was', async () => {
    for (const [index, expected] of portraits.entries()) {
      rmSync(target(), { recursive: true, force: true });
      expect(await restore(index + 1)).toMatchObject({ notRestored: [], resumed: 0 });
      expect(portrait(target()), `generation ${index + 1}`).toEqual(expected);
      expect(readdirSync(machine.state).filter((name) => name.startsWith('incoming'))).toEqual([]);
    }
  });

  it('a sparse file takes as little room as it did', async () => {
    await restore(1);
    expect(statSync(join(target(), 'sparse')).size).toBe(3_000_000);
    expect(statSync(join(target(), 'sparse')).blocks * 512).toBeLessThan(100_000);
  });

  it('what a run has moved that did not end is found all the same', async () => {
    const { version, vaultId, engine, id, ...marker } = JSON.parse(readFileSync(own('marker.json'), 'utf8'));
    const base = { version, vaultId, engine, id, ...marker };
    const begun = { version: 2, vaultId, engine, generation: 8, state: 'in-progress', at: marker.at };
    const said = { ...begun, id: 'another-id', machine: 'machine-one', base, seal: null };
    writeFileSync(own('in-progress.json'), JSON.stringify(said));
    mkdirSync(own('trash', '8'), { recursive: true });
    renameSync(served.place('alone'), own('trash', '8', 'alone'));
    await restore();
    expect(portrait(target())).toEqual(portraits.at(-1));
    renameSync(own('trash', '8', 'alone'), served.place('renamed by a run that was killed'));
    rmSync(target(), { recursive: true });
    await restore();
    expect(portrait(target())).toEqual(portraits.at(-1));
    renameSync(served.place('renamed by a run that was killed'), served.place('alone'));
    rmSync(own('in-progress.json'));
  });

  it('one that lost a file is told, with the file, and what came is not fetched again', async () => {
    const trash = own('trash', '7', 'renamed', 'a');
    const content = readFileSync(trash);
    rmSync(trash);
    await expect(restore(6)).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining('renamed/a'),
    });
    writeFileSync(trash, content);
    const { resumed, fetched, files } = await restore(6);
    expect(portrait(target())).toEqual(portraits[5]);
    expect(resumed).toBeGreaterThan(0);
    expect(fetched.files + resumed).toBe(files - 1);
  });

  it('a generation that is not there is told with those that are', async () => {
    await expect(restore(9)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/from 1 of .* to 7 of/),
    });
  });
});
