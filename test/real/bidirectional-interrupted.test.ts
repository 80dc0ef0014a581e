/** Bidirectional syncs that are stopped in the middle, or in whose middle somebody changes files. */
import { createHash } from 'node:crypto';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BothSides, bothSides, contentOf, remove, writeAt } from '../support/both-sides.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { processesNaming, waitUntil } from '../support/machine.ts';
import type { RunningCommand } from '../support/running-command.ts';
import { writeFiles } from '../support/tree.ts';
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

const old = 'old';
const edited = 'edited '.repeat(300_000);
const limit = ['--bwlimit', '700k'];

/** Waits until a part of the edited file, and no more, has come to where it waits for the rest before it gets its name. */
async function untilHalfCome(side: 'local' | 'remote', running: RunningCommand): Promise<void> {
  const digest = createHash('sha256').update(sides.local).digest('hex').slice(0, 16);
  const [cwd, pattern] =
    side === 'local' ? [sides.state, `incoming-${digest}/*`] : [sides.remote, '.cryptosync/incoming/*'];
  const isHalf = (): boolean =>
    globSync(pattern, { cwd }).some((name) => {
      const size = statSync(join(cwd, name), { throwIfNoEntry: false })?.size ?? 0;
      return size > old.length && size < edited.length;
    });
  expect(await waitUntil(isHalf, 30_000), running.said()).toBe(true);
}

/** Waits until a file is on both sides with one time, which rclone sets after the content. */
async function untilCome(path: string): Promise<void> {
  const timeAt = (side: string): number =>
    statSync(join(side, path), { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
  expect(await waitUntil(() => Math.abs(timeAt(sides.local) - timeAt(sides.remote)) < 1, 10_000)).toBe(true);
}

/** Also waits for the rclone that a killed command left, which ends when nobody listens to it any more. */
async function stop(running: RunningCommand, signal: NodeJS.Signals): Promise<number | null> {
  running.child.kill(signal);
  const { exitCode } = await running.finished;
  expect(await waitUntil(() => processesNaming(sides.local).length === 0, 20_000)).toBe(true);
  return exitCode;
}

describe.each(['SIGTERM', 'SIGKILL'] as const)(
  'a run that gets %s while a file is half written',
  (signal) => {
    it.each(['local', 'remote'] as const)('is gone on with by the next one, on the %s side', async (side) => {
      const other = side === 'local' ? 'remote' : 'local';
      writeFiles(sides.local, { big: old, stays: '1' });
      await sides.succeed();
      writeFiles(sides[other], { big: edited });
      const running = sides.start(limit);
      await untilHalfCome(side, running);
      expect(await stop(running, signal)).toBe(signal === 'SIGTERM' ? 130 : null);
      // newer rclones bring a file that is under way to its end when they are told to stop
      if (signal === 'SIGKILL') expect(contentOf(sides[side])['big']).not.toBe(edited);
      const result = await sides.succeed();
      expect(result).toMatchObject({ outcome: 'synced', generation: 2, consistent: true });
      expect(result.conflicts).toBeUndefined();
      expect(contentOf(sides[side])).toEqual({ big: edited, stays: '1' });
      expect(contentOf(sides[other])).toEqual({ big: edited, stays: '1' });
      expect(sides.kept(side)).toContain(old);
      expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
    });
  },
);

describe('a run that was stopped', () => {
  it('is no first run again: what it had not yet brought over is not asked about', async () => {
    writeFiles(sides.local, { a: '1', big: edited });
    const running = sides.start(limit);
    await untilHalfCome('remote', running);
    await stop(running, 'SIGKILL');
    writeFiles(sides.local, { a: '2' });
    await sides.succeed();
    expect(contentOf(sides.remote)).toEqual({ a: '2', big: edited });
    expect(contentOf(sides.local)).toEqual({ a: '2', big: edited });
  });

  it('makes no conflict of a file that it had brought over and that was edited since', async () => {
    writeFiles(sides.local, { a: '1', big: old });
    await sides.succeed();
    writeFiles(sides.local, { a: '2', big: edited });
    const running = sides.start(limit);
    await untilHalfCome('remote', running);
    await untilCome('a');
    await stop(running, 'SIGTERM');
    writeFiles(sides.local, { a: '3' });
    expect((await sides.succeed()).conflicts).toBeUndefined();
    expect(contentOf(sides.remote)).toEqual({ a: '3', big: edited });
  });

  it('lets what was edited since win over what had come, and leaves no parts of files behind', async () => {
    writeFiles(sides.local, { a: '1', big: old });
    await sides.succeed();
    writeFiles(sides.local, { a: '2', big: edited });
    const running = sides.start(limit);
    await untilHalfCome('remote', running);
    await untilCome('a');
    await stop(running, 'SIGKILL');
    writeFiles(sides.local, { a: '3' });
    writeFiles(sides.remote, { 'big.0123abcd.partial': 'as newer rclones leave it' });
    await sides.succeed();
    expect(contentOf(sides.local)).toEqual({ a: '3', big: edited });
    expect(contentOf(sides.remote)).toEqual({ a: '3', big: edited });
    expect(sides.kept('remote')).toContain('2');
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('goes on with the choice that it began anew with', async () => {
    writeFiles(sides.local, { both: '1', big: old });
    await sides.succeed();
    sides.forget();
    writeAt(sides.local, 'both', 'mine', 60);
    writeAt(sides.remote, 'both', 'theirs', 0);
    writeFiles(sides.remote, { big: edited });
    const running = sides.start(['--resync', '--prefer', 'remote', ...limit]);
    await untilHalfCome('local', running);
    await stop(running, 'SIGTERM');
    await sides.succeed();
    expect(contentOf(sides.local)).toEqual({ both: 'theirs', big: edited });
    expect(contentOf(sides.remote)).toEqual({ both: 'theirs', big: edited });
  });

  it('does not let an upload send the half of a file', async () => {
    writeFiles(sides.local, { big: old, stays: '1' });
    await sides.succeed();
    writeFiles(sides.remote, { big: edited });
    const running = sides.start(limit);
    await untilHalfCome('local', running);
    await stop(running, 'SIGKILL');
    expect(await sides.fail(['--direction', 'upload'])).toMatchObject({ code: 'VAULT_MISMATCH', exit: 15 });
    expect(contentOf(sides.remote)['big']).toBe(edited);
  });
});

/** A run in whose middle, while a file is half sent, somebody does something.
 * @param come what has been sent by then. @returns its result */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the result that it asked for
async function whileSending(come: string, action: () => void): Promise<any> {
  writeFiles(sides.local, { big: edited });
  const running = sides.start(limit);
  await untilHalfCome('remote', running);
  await untilCome(come);
  action();
  const result = await running.finished;
  expect(result, running.said()).toMatchObject({ exitCode: 0 });
  return result.json.results[0];
}

describe('somebody who changes files while a run is under way', () => {
  it('leaves no conflict pair behind: the newer version has the name, the older is kept', async () => {
    writeFiles(sides.local, { 'dir/a': '1', stays: '1' });
    await sides.succeed();
    writeAt(sides.local, 'dir/a', 'mine', -60);
    const { conflicts } = await whileSending('dir/a', () => writeFiles(sides.remote, { 'dir/a': 'theirs' }));
    expect(conflicts).toMatchObject([{ path: 'dir/a', winner: 'remote' }]);
    const files = { big: edited, 'dir/a': 'theirs', stays: '1' };
    expect(contentOf(sides.local)).toEqual(files);
    expect(contentOf(sides.remote)).toEqual(files);
    expect(sides.kept('local')).toEqual(['mine']);
    expect(sides.kept('remote')).toEqual(['1']);
    expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('loses nothing by it: what vanishes is seen as deleted by the next try, and kept', async () => {
    writeFiles(sides.local, { a: '1', vanishes: 'v', stays: '1' });
    await sides.succeed();
    writeFiles(sides.local, { a: '2' });
    await whileSending('a', () => remove(sides.local, 'vanishes'));
    expect(contentOf(sides.remote)).toEqual({ a: '2', big: edited, stays: '1' });
    expect(sides.remoteTrash()).toMatchObject({ vanishes: 'v' });
  });

  it('has new files brought over by the same run', async () => {
    writeFiles(sides.local, { a: '1', stays: '1' });
    await sides.succeed();
    writeFiles(sides.local, { a: '2' });
    const result = await whileSending('a', () => {
      writeFiles(sides.local, { new: 'new' });
      writeFiles(sides.remote, { there: 'new' });
    });
    expect(result).toMatchObject({ consistent: true });
    const files = { a: '2', big: edited, new: 'new', stays: '1', there: 'new' };
    expect(contentOf(sides.local)).toEqual(files);
    expect(contentOf(sides.remote)).toEqual(files);
    remove(sides.local, 'new');
    await sides.succeed();
    expect(contentOf(sides.remote)).toEqual({ a: '2', big: edited, stays: '1', there: 'new' });
  });
});
