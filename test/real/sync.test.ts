/** A sync run on a remote that is a directory of this machine: what it sends, counts, keeps and records. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { toNameSeconds } from '../../src/system/clock.ts';
import { it } from '../support/installation.ts';
import { pause } from '../support/machine.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { editProfile, installVault, restoreByHand } from '../support/vault.ts';

/** The runs in a remote's trash, oldest first, each with the files that it holds. */
function readTrash(remoteDir: string): Record<string, string[]> {
  const trash = join(remoteDir, '.cryptosync', 'trash');
  if (!existsSync(trash)) return {};
  return Object.fromEntries(
    readdirSync(trash)
      .sort()
      .map((name) => [name, Object.keys(readTree(join(trash, name)))]),
  );
}

describe('a sync', () => {
  it('counts generations, says when nothing has changed, and then leaves the remote as it is', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 1 });
    const before = snapshot(vault.remoteDir);
    const { results } = await vault.succeed('sync');
    expect(results[0]).toMatchObject({
      outcome: 'unchanged',
      generation: 1,
      filesTransferred: 0,
      consistent: true,
    });
    expect(snapshot(vault.remoteDir)).toEqual(before);
    await vault.put({ 'b.txt': 'b' });
    expect((await vault.succeed('sync')).results[0]).toMatchObject({
      outcome: 'synced',
      generation: 2,
      filesTransferred: 1,
    });
    const ends = vault.ledger().filter(({ operation, event }) => operation === 'sync' && event === 'ended');
    expect(ends.map(({ outcome, generation }) => [outcome, generation])).toEqual([
      ['synced', 1],
      ['unchanged', 1],
      ['synced', 2],
    ]);
    expect(readFileSync(installation.logFile, 'utf8')).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \[INFO\] client1\/default: sync ended: unchanged: .*$/m,
    );
  });

  it('refuses --resync where nothing is bidirectional, instead of passing over it', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const args = ['sync', '--client', vault.client, '--json', '--resync', '--prefer', 'local'];
    const { exitCode, json } = await installation.cryptosync(args);
    expect([exitCode, json.error.code]).toEqual([2, 'USAGE']);
  });

  it('sends new and edited symbolic links in one attempt, and counts them', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.succeed('mount');
    symlinkSync('/nowhere/at-all', join(vault.mountDir, 'new link'));
    await vault.succeed('unmount');
    const { results } = await vault.succeed('sync');
    // configuration, root directory, canary and the link
    expect(results[0]).toMatchObject({ outcome: 'synced', filesTransferred: 4 });
    await vault.succeed('mount');
    rmSync(join(vault.mountDir, 'new link'));
    symlinkSync('/nowhere/else!!', join(vault.mountDir, 'new link'));
    await vault.succeed('unmount');
    expect((await vault.succeed('sync')).results[0]).toMatchObject({
      outcome: 'synced',
      filesTransferred: 1,
    });
    expect(readFileSync(installation.logFile, 'utf8')).not.toContain('tries again');
  });

  it('shows with --dry-run what it would do, and does nothing', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'stays.txt': 'a', 'goes.txt': 'b' });
    await vault.succeed('sync');
    await vault.succeed('mount');
    rmSync(join(vault.mountDir, 'goes.txt'));
    writeFileSync(join(vault.mountDir, 'new.txt'), '12345');
    await vault.succeed('unmount');
    const [remote, source] = [snapshot(vault.remoteDir), snapshot(vault.encryptedDir)];
    const ledger = vault.ledger();
    const { results } = await vault.succeed('sync', '--dry-run');
    expect(results[0]).toMatchObject({ outcome: 'planned', generation: 1, filesTransferred: 0, deleted: 0 });
    const here = Object.keys(readTree(vault.encryptedDir));
    const there = Object.keys(readTree(vault.remoteDir, ['.cryptosync']));
    const paths = (files: { path: string }[]): string[] => files.map(({ path }) => path);
    expect(paths(results[0].plan.transfers)).toEqual(here.filter((path) => !there.includes(path)));
    expect(paths(results[0].plan.deletions)).toEqual(there.filter((path) => !here.includes(path)));
    expect(results[0].plan.transfers).toHaveLength(1);
    expect(results[0].plan.deletions).toHaveLength(1);
    expect(snapshot(vault.remoteDir)).toEqual(remote);
    expect(snapshot(vault.encryptedDir)).toEqual(source);
    expect(vault.ledger()).toEqual(ledger);
  });

  it('keeps what it replaces and deletes in a trash of its own, for as long as keepDeleted says', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'stays.txt': 'a', 'changes.txt': 'old content', 'goes.txt': 'deleted content' });
    await vault.succeed('sync');
    const old = readTree(vault.remoteDir, ['.cryptosync']);
    await vault.succeed('mount');
    rmSync(join(vault.mountDir, 'goes.txt'));
    writeFileSync(join(vault.mountDir, 'changes.txt'), 'new content, and longer');
    await vault.succeed('unmount');
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ filesTransferred: 1, deleted: 1 });

    const now = readTree(vault.remoteDir, ['.cryptosync']);
    const replacedOrDeleted = Object.keys(old).filter((path) => now[path] !== old[path]);
    expect(replacedOrDeleted).toHaveLength(2);
    const [run = ''] = Object.keys(readTrash(vault.remoteDir));
    // of the generation that replaced it
    expect(run).toBe('2');
    expect(readTrash(vault.remoteDir)).toEqual({ [run]: replacedOrDeleted });
    const kept = readTree(join(vault.remoteDir, '.cryptosync', 'trash', run));
    for (const path of replacedOrDeleted) expect(kept[path]).toBe(old[path]);

    // as version 0.1 would have named it an hour ago
    const trash = join(vault.remoteDir, '.cryptosync', 'trash');
    const earlier = toNameSeconds(new Date(Date.now() - 3_600_000));
    renameSync(join(trash, run), join(trash, earlier));
    editProfile(vault, { keepDeleted: '30m' });
    await vault.put({ 'changes.txt': 'newer content still' });
    await vault.succeed('sync');
    const [left, ...others] = Object.keys(readTrash(vault.remoteDir));
    expect(others).toEqual([]);
    expect(left).not.toBe(earlier);
    expect(left).toBe('3');

    editProfile(vault, { keepDeleted: '0' });
    await vault.put({ 'changes.txt': 'the newest' });
    await vault.succeed('sync');
    expect(readTrash(vault.remoteDir)).toEqual({});
    expect(Object.keys(restoreByHand(installation, vault.remoteDir))).toEqual(['changes.txt', 'stays.txt']);
  });

  it('deletes nothing in copy mode', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'stays.txt': 'a', 'goes.txt': 'b' });
    await vault.succeed('sync');
    const before = Object.keys(readTree(vault.remoteDir, ['.cryptosync']));
    await vault.succeed('mount');
    rmSync(join(vault.mountDir, 'goes.txt'));
    writeFileSync(join(vault.mountDir, 'new.txt'), 'c');
    await vault.succeed('unmount');
    const { results } = await vault.succeed('sync', '--mode', 'copy');
    expect(results[0]).toMatchObject({ mode: 'copy', outcome: 'synced', filesTransferred: 1, deleted: 0 });
    const after = Object.keys(readTree(vault.remoteDir, ['.cryptosync']));
    expect(after).toEqual(expect.arrayContaining(before));
    expect(Object.keys(restoreByHand(installation, vault.remoteDir))).toEqual([
      'goes.txt',
      'new.txt',
      'stays.txt',
    ]);
  });

  it('goes to the path that it is given instead of the profile’s, each with a count of its own', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    await vault.put({ 'b.txt': 'b' });
    const other = installation.path('remotes', 'other');
    const before = snapshot(vault.remoteDir);
    const { results } = await vault.succeed('sync', other);
    expect(results[0]).toMatchObject({ remote: `default-remote:${other}`, generation: 1, outcome: 'synced' });
    expect(snapshot(vault.remoteDir)).toEqual(before);
    expect(Object.keys(restoreByHand(installation, other))).toEqual(['a.txt', 'b.txt']);
  });

  it('brings modes and times of the ciphertext along', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'run.sh': '#!/bin/sh\n', 'dir/private.txt': 'x' });
    await vault.succeed('mount');
    chmodSync(join(vault.mountDir, 'run.sh'), 0o755);
    chmodSync(join(vault.mountDir, 'dir/private.txt'), 0o600);
    await vault.succeed('unmount');
    await vault.succeed('sync');
    const filesOnly = (lines: string[]): string[] => lines.filter((line) => / 1\d{5} /.test(line));
    const remote = filesOnly(snapshot(vault.remoteDir)).filter((line) => !line.startsWith('.cryptosync'));
    const here = filesOnly(snapshot(vault.encryptedDir));
    const withoutTime = (line: string): string => line.replace(/ [\d.]+ (\w+)$/, ' $1');
    const timeIn = (line: string): number => Number(/ ([\d.]+) \w+$/.exec(line)?.[1]);
    expect(remote.map(withoutTime)).toEqual(here.map(withoutTime));
    // Node sets times to a quarter of a microsecond
    const apart = remote.map((line, index) => Math.abs(timeIn(line) - timeIn(here[index] ?? '')));
    expect(Math.max(...apart)).toBeLessThan(0.001);
  });
});

describe('what stands in the way at the remote', () => {
  const obstacles: Readonly<Record<string, (path: string) => unknown>> = {
    'a directory with a file': (path) => writeFiles(path, { 'in the way': 'x' }),
    'an empty directory': (path) => mkdirSync(path),
    'directories in one another': (path) => mkdirSync(join(path, 'a', 'b'), { recursive: true }),
    'a link': (path) => symlinkSync('/etc/passwd', path),
    'a FIFO': (path) => execFileSync('mkfifo', [path]),
    'another file': (path) => writeFileSync(path, 'in the way'),
  };
  it.for(
    Object.entries(obstacles).flatMap(([name, make]) =>
      ['sync', 'copy'].map((mode) => [name, mode, make] as const),
    ),
  )('is kept in the trash, and the run succeeds (%s, %s)', async ([, mode, make], { installation }) => {
    const vault = await installVault(installation);
    await vault.succeed('sync');
    await vault.put({ 'new.txt': 'new' });
    const there = readTree(vault.remoteDir);
    const [fresh = ''] = Object.keys(readTree(vault.encryptedDir)).filter(
      (path) => there[path] === undefined,
    );
    const obstacle = join(vault.remoteDir, fresh);
    make(obstacle);
    const isFile = lstatSync(obstacle).isFile();
    const before = existsSync(join(obstacle, 'in the way')) || isFile;
    expect((await vault.succeed('sync', '--full', '--mode', mode)).results[0]).toMatchObject({
      generation: 2,
    });
    expect(readTree(vault.remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
    if (before) expect(Object.values(readTrash(vault.remoteDir)).flat()).toHaveLength(1);
  });
});

describe('a sync that fails', () => {
  it('leaves the remote marked, the last success where it was, and the next run completes', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a', 'b.txt': 'b' });
    await vault.succeed('sync');
    const { lastSuccess } = await vault.status();
    expect(lastSuccess).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await pause(1100);
    await vault.put({ 'b.txt': 'b, and changed' });
    // a place that can't be overwritten, even by root: something is mounted under the name of the file that changed
    const changed = Object.entries(readTree(vault.encryptedDir)).find(
      ([path, hash]) => readTree(vault.remoteDir)[path] !== hash,
    );
    const obstacle = join(vault.remoteDir, changed?.[0] ?? '');
    rmSync(obstacle);
    mkdirSync(obstacle);
    execFileSync('mount', ['-t', 'tmpfs', 'obstacle', obstacle]);

    const failed = await vault.run('sync');
    expect(failed.exitCode).toBe(14);
    expect(failed.json.results[0]).toMatchObject({ outcome: 'failed', error: { code: 'SYNC_FAILED' } });
    expect(vault.progress()).toEqual({ state: 'in-progress', generation: 1 });
    expect(await vault.status()).toMatchObject({
      health: 'warning',
      lastSync: { outcome: 'failed', error: 'SYNC_FAILED' },
      lastSuccess,
    });
    expect(readFileSync(installation.logFile, 'utf8')).toMatch(
      /\[ERROR\] client1\/default: sync ended: failed: .*SYNC_FAILED/,
    );

    execFileSync('umount', [obstacle]);
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 2 });
    expect(vault.marker()).toMatchObject({ state: 'committed', generation: 2 });
    const status = await vault.status();
    expect(status).toMatchObject({ health: 'unmounted', lastSync: { outcome: 'synced' } });
    expect(status.lastSuccess > lastSuccess).toBe(true);
  });

  it('is told for a vault whose remote is not set up', async ({ installation }) => {
    const vault = await installVault(installation);
    writeFileSync(installation.client('client1', 'rclone', 'rclone.conf'), '');
    const result = await vault.run('sync');
    expect(result.exitCode).toBe(10);
    expect(result.json.error.code).toBe('REMOTE_NOT_CONFIGURED');
  });

  it('is told for one whose backend this rclone does not have, and not called missing', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const conf = installation.client('client1', 'rclone', 'rclone.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace(/^type = .*$/m, 'type = nosuch'));
    for (const command of ['sync', 'verify']) {
      const { exitCode, json } = await vault.run(command);
      expect(exitCode, command).toBe(10);
      expect(json.error, command).toMatchObject({
        code: 'REMOTE_TYPE_UNKNOWN',
        message: expect.stringContaining("this machine's rclone has no backend for "),
        hint: expect.stringContaining('rclone help backends'),
      });
    }
  });
});
