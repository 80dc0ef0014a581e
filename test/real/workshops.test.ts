/**
 * Directories that are worked in beside what an operator has: one that happens to be his is left as it is, and two
 * commands that want the same one don't work in it at once.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shortDigest } from '../../src/system/digest.ts';
import { holdLock } from '../support/held-lock.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  await vault.put({ 'a.txt': 'first', 'below/b.txt': 'too' });
  await vault.succeed('sync');
});
afterAll(() => installation.cleanUp());

interface Way {
  readonly name: string;
  args(): string[];
  /** Where it works. */
  workshop(): string;
  /** What is there afterwards, that was not there before. */
  makes?(): string;
}

const beside = (): string => installation.path('beside', 'copy');
const found = (): string => installation.path('found');
const bare = (): string => installation.path('bare', 'copy');
const scratch = (): string => installation.path('scratch');
const ways: readonly Way[] = [
  {
    name: 'a restore over the vault',
    args: () => ['restore', '--client', 'client1'],
    workshop: () => `${vault.encryptedDir}.restoring`,
  },
  {
    name: 'a restore to a directory',
    args: () => ['restore', '--client', 'client1', '--to', beside()],
    workshop: () => `${beside()}.restoring`,
    makes: beside,
  },
  {
    name: 'a restore of some files',
    args: () => ['restore', '--client', 'client1', '--path', 'below', '--to', found()],
    workshop: () => join(found(), '.cryptosync-restoring'),
    makes: () => join(found(), 'below'),
  },
  {
    name: 'a restore on a machine that does not know the client',
    args: () => [
      ...['restore', '--client', 'client2', '--to', bare()],
      ...['--from', `r:${vault.remoteDir}`, '--remote-type', 'local'],
    ],
    workshop: () => join(dirname(bare()), `.cryptosync-restoring-${shortDigest(bare(), 16)}`),
    makes: bare,
  },
  {
    name: 'a drill',
    args: () => ['verify', '--client', 'client1', '--drill'],
    workshop: () => installation.client('client1', 'cryptosync', 'state', 'drill-default'),
  },
  {
    name: 'a drill in a scratch directory',
    args: () => ['verify', '--client', 'client1', '--drill', '--scratch', scratch()],
    workshop: () => join(scratch(), '.cryptosync-drill'),
  },
];

describe.each(ways)('$name', ({ args, workshop, makes }) => {
  const run = () => installation.cryptosync([...args(), '--json']);

  test('leaves a directory of somebody’s as it is, and says so', async () => {
    writeFiles(workshop(), { 'mine.txt': 'precious', 'arrived/mine.txt': 'too' });
    const before = readTree(workshop());
    const { exitCode, stdout } = await run();
    expect(exitCode, stdout).toBe(10);
    expect(stdout).toContain(`${workshop()} is needed to work in, and what it holds is not ours`);
    expect(readTree(workshop())).toEqual(before);
    rmSync(workshop(), { recursive: true });
  });

  test('waits for another that works there, and takes its own away', async () => {
    mkdirSync(workshop(), { recursive: true, mode: 0o700 });
    const lock = await holdLock(join(workshop(), '.cryptosync-lock'), installation.environment);
    try {
      const { exitCode, stdout } = await run();
      expect(exitCode, stdout).toBe(75);
      expect(stdout).toContain(`${workshop()} is in use by`);
      if (makes !== undefined) expect(existsSync(makes())).toBe(false);
    } finally {
      await lock.release();
    }
    const { exitCode, stdout } = await run();
    expect(exitCode, stdout).toBe(0);
    expect(existsSync(workshop())).toBe(false);
    if (makes !== undefined) expect(existsSync(makes())).toBe(true);
  });
});

test('a drill touches nothing else of its scratch directory', async () => {
  writeFiles(scratch(), { 'restored/mine.txt': 'precious', 'trial/mine.txt': 'too' });
  const before = readTree(scratch());
  await vault.succeed('verify', '--drill', '--scratch', scratch());
  expect(readTree(scratch())).toEqual(before);
});
