/** A sync in both directions between real directories: what comes over, what is kept, what is refused. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealed } from '../../src/remotes/control/seal.ts';
import { readSealKey } from '../../src/vaults/seal-key.ts';
import { type BothSides, bothSides, contentOf, remove, writeAt } from '../support/both-sides.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { snapshot } from '../support/snapshot.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
let sides: BothSides;
let count = 0;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
});
afterAll(() => installation.cleanUp());
beforeEach(() => {
  count += 1;
  sides = bothSides(installation, vault, `place ${count}`);
});

/** Both sides with the same files, and a state. */
async function begin(files: Record<string, string | Uint8Array>): Promise<void> {
  writeFiles(sides.local, files);
  await sides.succeed();
  expect(contentOf(sides.remote)).toEqual(contentOf(sides.local));
}

function expectEqualSides(files: Record<string, string>): void {
  expect(contentOf(sides.local)).toEqual(files);
  expect(contentOf(sides.remote)).toEqual(files);
}

/** What a refusal must leave as it is. */
const everything = (): unknown => [snapshot(sides.local), existsSync(sides.remote) && snapshot(sides.remote)];

/** A run that must be refused, with both sides as they were. */
async function expectRefusal(code: string, exit: number, ...args: string[]): Promise<{ hint: string }> {
  const before = everything();
  const error = await sides.fail(args);
  expect(error).toMatchObject({ code, exit });
  expect(everything()).toEqual(before);
  return error;
}

describe('the first run', () => {
  it('fills an empty remote, is committed, and the next one is quiet', async () => {
    writeFiles(sides.local, { 'a.txt': 'a', 'déjà vu/ü 😀 "q".txt': 'b', 'deep/er/zero': '' });
    expect(await sides.succeed()).toMatchObject({
      outcome: 'synced',
      direction: 'bidirectional',
      filesTransferred: 3,
      bytesTransferred: 2,
      deleted: 0,
      consistent: true,
      generation: 1,
    });
    expectEqualSides({ 'a.txt': 'a', 'déjà vu/ü 😀 "q".txt': 'b', 'deep/er/zero': '' });
    const before = snapshot(sides.remote);
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged', filesTransferred: 0, generation: 1 });
    expect(snapshot(sides.remote)).toEqual(before);
  });

  it('fills an empty directory from the remote', async () => {
    await begin({ 'a/b': '1', c: '2' });
    remove(sides.local, 'a', 'c');
    sides.forget();
    expect(await sides.succeed()).toMatchObject({ outcome: 'synced', filesTransferred: 2 });
    expectEqualSides({ 'a/b': '1', c: '2' });
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('is refused where both sides hold files, until it is said whose version counts', async () => {
    await begin({ mine: '1', both: 'old', same: 's' });
    sides.forget();
    remove(sides.remote, 'mine');
    writeFiles(sides.remote, { theirs: '2' });
    writeAt(sides.local, 'both', 'local', -60);
    writeAt(sides.remote, 'both', 'remote', 0);
    const { hint } = await expectRefusal('BISYNC_NEEDS_RESYNC', 14);
    expect(hint).toMatch(/--resync --prefer local/);
    expect(await sides.succeed(['--resync', '--prefer', 'local'])).toMatchObject({
      outcome: 'synced',
      filesTransferred: 3,
      deleted: 0,
      conflicts: [
        { path: 'both', winner: 'local', trash: expect.stringMatching(/\.cryptosync\/trash\/.*\/both$/) },
      ],
    });
    expectEqualSides({ mine: '1', theirs: '2', both: 'local', same: 's' });
    expect(sides.remoteTrash()).toEqual({ both: 'remote' });
    expect(sides.localTrash()).toEqual({});
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('takes the other side with --prefer remote, and keeps what this machine had', async () => {
    await begin({ both: 'old', alone: 'a' });
    sides.forget();
    writeAt(sides.local, 'both', 'local', 60);
    writeAt(sides.remote, 'both', 'remote', 0);
    const { conflicts } = await sides.succeed(['--resync', '--prefer', 'remote']);
    expect(conflicts).toMatchObject([{ path: 'both', winner: 'remote' }]);
    expectEqualSides({ both: 'remote', alone: 'a' });
    expect(contentOf(join(conflicts[0].trash, '..'))).toEqual({ both: 'local' });
  });
});

describe('a later run', () => {
  it('brings new, edited and deleted files of each side to the other, and keeps what it replaced', async () => {
    await begin({
      'mine/edited': '1',
      'theirs/edited': '1',
      'mine/gone': '1',
      'theirs/gone': '1',
      stays: '1',
    });
    writeFiles(sides.local, { 'mine/edited': '2', 'mine/new': 'n' });
    writeFiles(sides.remote, { 'theirs/edited': '2', 'theirs/new': 'n' });
    remove(sides.local, 'mine/gone');
    remove(sides.remote, 'theirs/gone');
    expect(await sides.succeed()).toMatchObject({
      outcome: 'synced',
      filesTransferred: 4,
      bytesTransferred: 4,
      deleted: 2,
      generation: 2,
    });
    expectEqualSides({
      'mine/edited': '2',
      'mine/new': 'n',
      'theirs/edited': '2',
      'theirs/new': 'n',
      stays: '1',
    });
    expect(sides.remoteTrash()).toEqual({ 'mine/edited': '1', 'mine/gone': '1' });
    expect(sides.localTrash()).toEqual({ 'theirs/edited': '1', 'theirs/gone': '1' });
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged', generation: 2 });
  });

  it('takes names for what they are, whatever they mean in a pattern', async () => {
    await begin({
      'x[1]': '1',
      x1: '1',
      '{a,b}': '1',
      a: '1',
      'st*r': '1',
      star: '1',
      'q?': '1',
      'end ': '1',
      stays: '1',
    });
    const odd = {
      'x[1]': '2',
      '{a,b}': '2',
      'st*r': '2',
      'q?': '2',
      'end ': '2',
      'back\\slash': '2',
      '#h/- x': '2',
    };
    writeFiles(sides.local, odd);
    expect(await sides.succeed()).toMatchObject({ filesTransferred: 7, consistent: true });
    expectEqualSides({ x1: '1', a: '1', star: '1', stays: '1', ...odd });
  });

  it('goes on where every file of a side was edited, or replaced by another', async () => {
    await begin({ only: '1' });
    writeFiles(sides.local, { only: '2' });
    await sides.succeed();
    expectEqualSides({ only: '2' });
    writeFiles(sides.remote, { only: '3' });
    await sides.succeed();
    expectEqualSides({ only: '3' });
    remove(sides.local, 'only');
    writeFiles(sides.local, { other: '4' });
    await sides.succeed();
    expectEqualSides({ other: '4' });
  });

  it('lets the newer of two edits keep its name, keeps the older, and tells which', async () => {
    await begin({ mine: '1', theirs: '1', twin: '1', deleted: '1', 'gone there': '1' });
    writeAt(sides.local, 'mine', 'newer', 60);
    writeAt(sides.remote, 'mine', 'older', 30);
    writeAt(sides.local, 'theirs', 'older', 30);
    writeAt(sides.remote, 'theirs', 'newer', 60);
    writeAt(sides.local, 'twin', 'the same', 60);
    writeAt(sides.remote, 'twin', 'the same', 30);
    remove(sides.local, 'deleted');
    writeAt(sides.remote, 'deleted', 'edited', 5);
    remove(sides.remote, 'gone there');
    writeAt(sides.local, 'gone there', 'edited', 5);
    const { conflicts } = await sides.succeed();
    expect(conflicts).toEqual([
      {
        path: 'mine',
        winner: 'local',
        trash: expect.stringMatching(/place \d+\/\.cryptosync\/trash\/[^/]+\/mine$/),
      },
      { path: 'theirs', winner: 'remote', trash: expect.stringMatching(/^\/.*\/state\/trash\/.*\/theirs$/) },
    ]);
    const files = {
      mine: 'newer',
      theirs: 'newer',
      twin: 'the same',
      deleted: 'edited',
      'gone there': 'edited',
    };
    expectEqualSides(files);
    expect(sides.remoteTrash()).toEqual({ mine: 'older' });
    expect(sides.localTrash()).toEqual({ theirs: 'older' });
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('is not stopped by what bisync of version 0.1 left, nor by a torn record', async () => {
    await begin({ a: '1' });
    const work = join(sides.state, 'bisync-of-old', 'work');
    writeFiles(work, { 'session.lck': '1', 'session.path1.lst': '# bisync li' });
    for (const name of readdirSync(sides.state).filter((file) => file.startsWith('record-'))) {
      const record = join(sides.state, name);
      writeFileSync(`${record}.next`, readFileSync(record, 'utf8').slice(0, 40));
    }
    writeFiles(sides.local, { a: '3' });
    await sides.succeed();
    expectEqualSides({ a: '3' });
  });

  it('turns a file into a directory and a directory into a file', async () => {
    await begin({ one: 'f', 'two/a': 'f', 'two/b/c': 'f', three: '3' });
    remove(sides.local, 'one');
    writeFiles(sides.local, { 'one/inside': 'd' });
    remove(sides.remote, 'two');
    writeFiles(sides.remote, { two: 'd' });
    await sides.succeed();
    expectEqualSides({ 'one/inside': 'd', two: 'd', three: '3' });
  });

  it('removes the directories that a side removed, and makes the empty ones that it made', async () => {
    await begin({ 'mine/a/b': '1', 'theirs/a/b': '1', stays: '1' });
    mkdirSync(join(sides.local, 'own/empty'), { recursive: true });
    remove(sides.local, 'mine');
    remove(sides.remote, 'theirs');
    await sides.succeed();
    const left = ['own', 'own/empty', 'stays'];
    const there = readdirSync(sides.remote, { recursive: true, encoding: 'utf8' });
    expect(there.filter((name) => !name.startsWith('.cryptosync')).sort()).toEqual(left);
    expect(readdirSync(sides.local, { recursive: true }).sort()).toEqual(left);
  });

  it('keeps nothing but the losers of conflicts with keepDeleted 0', async () => {
    writeFiles(sides.local, { edited: '1', gone: '1', 'gone there': '1', both: '1', stays: '1' });
    sides = bothSides(installation, vault, `place ${count}`, { profile: { keepDeleted: '0' } });
    await sides.succeed();
    writeFiles(sides.local, { edited: '2' });
    remove(sides.local, 'gone');
    remove(sides.remote, 'gone there');
    writeAt(sides.local, 'both', 'newer', 60);
    writeAt(sides.remote, 'both', 'older', 30);
    expect(await sides.succeed()).toMatchObject({ filesTransferred: 2, deleted: 2 });
    expectEqualSides({ edited: '2', both: 'newer', stays: '1' });
    expect(sides.remoteTrash()).toEqual({ both: 'older' });
    expect(sides.localTrash()).toEqual({});
  });

  it('removes old trash of both sides', async () => {
    await begin({ a: '1', b: '1' });
    writeFiles(sides.local, { a: '2' });
    writeFiles(sides.remote, { b: '2' });
    await sides.succeed();
    const mapping = readdirSync(join(sides.state, 'trash'))[0] ?? '';
    for (const trash of [join(sides.state, 'trash', mapping), join(sides.remote, '.cryptosync/trash')]) {
      writeFiles(trash, { '2020-01-01T00-00-00Z/old': 'o', 'not a time/old': 'o' });
    }
    writeFiles(sides.local, { a: '3' });
    await sides.succeed();
    expect(sides.localTrash()).toEqual({ b: '1', old: 'o' });
    expect(Object.values(sides.remoteTrash()).sort()).toEqual(['1', '2', 'o'].slice(1));
    expect(existsSync(join(sides.remote, '.cryptosync/trash/2020-01-01T00-00-00Z'))).toBe(false);
  });

  it('carries links as links, and their edits and deletions as well', async () => {
    mkdirSync(sides.local, { recursive: true });
    for (const name of ['edited', 'edited there', 'gone', 'gone there'])
      symlinkSync('/etc/hosts', join(sides.local, name));
    writeFiles(sides.local, { file: '1' });
    await sides.succeed();
    remove(sides.local, 'edited', 'gone');
    remove(sides.remote, 'gone there.rclonelink');
    symlinkSync('/etc/group', join(sides.local, 'edited'));
    symlinkSync('nowhere', join(sides.local, 'new'));
    writeFiles(sides.remote, { 'edited there.rclonelink': '/etc/passwd' });
    expect(await sides.succeed()).toMatchObject({ filesTransferred: 3, deleted: 2 });
    const links = { edited: '-> /etc/group', 'edited there': '-> /etc/passwd', new: '-> nowhere' };
    expect(readTree(sides.local)).toMatchObject(links);
    expect(contentOf(sides.remote)).toEqual({
      'edited there.rclonelink': '/etc/passwd',
      'edited.rclonelink': '/etc/group',
      file: '1',
      'new.rclonelink': 'nowhere',
    });
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('shows with --dry-run what it would do on which side, and does nothing', async () => {
    await begin({ edited: '1', gone: '1', 'gone there': '1', stays: '1' });
    writeFiles(sides.local, { edited: '22' });
    writeFiles(sides.remote, { new: '333' });
    remove(sides.local, 'gone');
    remove(sides.remote, 'gone there');
    const before = everything();
    const { outcome, plan } = await sides.succeed(['--dry-run']);
    expect(outcome).toBe('planned');
    expect(plan.transfers).toEqual([
      { path: 'edited', size: 2, side: 'remote' },
      { path: 'new', size: 3, side: 'local' },
    ]);
    expect(plan.deletions).toEqual([
      { path: 'gone there', size: 1, side: 'local' },
      { path: 'gone', size: 1, side: 'remote' },
    ]);
    expect(everything()).toEqual(before);
  });

  it('syncs only what the patterns include, and wants to be told when they change', async () => {
    const mapping = { include: ['*.txt'] };
    sides = bothSides(installation, vault, `place ${count}`, { mapping });
    writeFiles(sides.local, { 'a.txt': '1', 'b.log': '1' });
    await sides.succeed();
    expect(contentOf(sides.remote)).toEqual({ 'a.txt': '1' });
    writeFiles(sides.remote, { 'c.txt': '1', 'd.log': '1' });
    await sides.succeed();
    expect(Object.keys(contentOf(sides.local))).toEqual(['a.txt', 'b.log', 'c.txt']);
    sides = bothSides(installation, vault, `place ${count}`);
    await expectRefusal('BISYNC_NEEDS_RESYNC', 14);
  });

  it('begins anew by itself where the profile says so, and keeps what it replaces', async () => {
    sides = bothSides(installation, vault, `place ${count}`, { profile: { autoResync: true } });
    await begin({ mine: '1', theirs: '1' });
    sides.forget();
    writeAt(sides.local, 'mine', 'newer', 60);
    writeAt(sides.remote, 'theirs', 'newer', 60);
    expect((await sides.succeed()).conflicts).toHaveLength(2);
    expectEqualSides({ mine: 'newer', theirs: 'newer' });
    expect(sides.remoteTrash()).toEqual({ mine: '1' });
    expect(sides.localTrash()).toEqual({ theirs: '1' });
  });
});

/** As a run of another machine leaves the place that has begun, and not ended. */
function announceElsewhere(): void {
  const control = (name: string): string => join(sides.remote, '.cryptosync', name);
  const base = JSON.parse(readFileSync(control('marker.json'), 'utf8'));
  const { seal, manifest, parent, ...rest } = base;
  const begun = { ...rest, state: 'in-progress', generation: base.generation + 1, id: 'another', base };
  const key = readSealKey(sides.state, JSON.parse(readFileSync(vault.profileFile, 'utf8')).vaultId)?.reveal();
  writeFileSync(
    control('in-progress.json'),
    JSON.stringify(sealed({ ...begun, machine: 'other-machine' }, key)),
  );
}

describe('a run is refused, and both sides are as they were', () => {
  it('when a side that was synced is empty, until it is told to fill it again', async () => {
    await begin({ a: '1', 'b/c': '2' });
    remove(sides.local, 'a', 'b');
    expect((await expectRefusal('VAULT_EMPTY', 15)).hint).toMatch(/--resync --prefer remote/);
    await sides.succeed(['--resync', '--prefer', 'remote']);
    expectEqualSides({ a: '1', 'b/c': '2' });
    remove(sides.remote, 'a', 'b');
    expect((await expectRefusal('VAULT_EMPTY', 15)).hint).toMatch(/--resync --prefer local/);
    await sides.succeed(['--resync', '--prefer', 'local']);
    expectEqualSides({ a: '1', 'b/c': '2' });
    remove(sides.remote, 'a', 'b', '.cryptosync');
    expect((await expectRefusal('REMOTE_BEHIND', 15)).hint).toMatch(/--take-over/);
    await sides.succeed(['--take-over']);
    expectEqualSides({ a: '1', 'b/c': '2' });
    remove(sides.remote, '.cryptosync');
    rmSync(sides.remote, { recursive: true });
    await expectRefusal('REMOTE_BEHIND', 15);
  });

  it('when there is no source, or nothing at all', async () => {
    await expectRefusal('VAULT_EMPTY', 15);
    rmSync(sides.local, { recursive: true });
    expect(await sides.fail()).toMatchObject({ code: 'VAULT_MISSING', exit: 15 });
    expect(existsSync(sides.remote)).toBe(false);
  });

  it.each(['local', 'remote'] as const)('when too many files were deleted on the %s side', async (side) => {
    await begin(manyFiles(24, 10));
    for (let index = 0; index < 13; index += 1) remove(sides[side], `many/${index}`);
    await expectRefusal('DELETE_LIMIT', 15);
    await expectRefusal('DELETE_LIMIT', 15, '--max-delete', '12');
    expect(await sides.succeed(['--max-delete', '13'])).toMatchObject({ deleted: 13 });
    expect(Object.keys(contentOf(sides.remote))).toEqual(Object.keys(contentOf(sides.local)));
    expect(Object.keys(contentOf(sides.local))).toHaveLength(11);
  });

  it('when the remote holds what is not of this mapping', async () => {
    writeFiles(sides.local, { a: '1' });
    writeFiles(sides.remote, { b: '2' });
    await expectRefusal('REMOTE_NOT_EMPTY', 15);
    await expectRefusal('REMOTE_NOT_EMPTY', 15, '--resync', '--prefer', 'local');
  });

  it('when another machine has not finished, unless it is forced', async () => {
    await begin({ a: '1' });
    announceElsewhere();
    writeFiles(sides.local, { a: '2' });
    await expectRefusal('REMOTE_AHEAD', 15);
    await sides.succeed(['--force']);
    expectEqualSides({ a: '2' });
  });

  it('when it would write through a link, or a path is a file here and a directory there', async () => {
    const outside = installation.path(`outside ${count}`);
    mkdirSync(outside);
    await begin({ a: '1' });
    symlinkSync(outside, join(sides.local, 'link'));
    writeFiles(sides.remote, { 'link/x': '1' });
    await expectRefusal('VAULT_MISMATCH', 15);
    expect(readdirSync(outside)).toEqual([]);
    rmSync(join(sides.local, 'link'));
    writeFiles(sides.local, { link: 'file' });
    await expectRefusal('VAULT_MISMATCH', 15);
  });

  it('in the mode copy', async () => {
    await begin({ a: '1' });
    await expectRefusal('CONFIG_INVALID', 10, '--mode', 'copy');
  });
});
