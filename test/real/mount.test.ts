/** A mount says what the kernel says: dead, busy, foreign and wrong ones are told, and nothing is written to them. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { mountsBelow, processesNaming, waitUntil } from '../support/machine.ts';
import { startProgram } from '../support/running-command.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree } from '../support/tree.ts';
import { installVault } from '../support/vault.ts';

const daemonsOf = (directory: string): number[] => processesNaming(directory).map(({ pid }) => pid);

describe('a mount whose daemon was killed', () => {
  it('is told as stale, and healed by one mount', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('mount');
    const [daemon = -1] = daemonsOf(vault.encryptedDir);
    process.kill(daemon, 'SIGKILL');
    expect(await waitUntil(() => daemonsOf(vault.encryptedDir).length === 0, 5000)).toBe(true);
    expect(await vault.status()).toMatchObject({ state: 'stale', health: 'error' });

    const { results } = await vault.succeed('mount');
    expect(results).toMatchObject([{ state: 'mounted', changed: true }]);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(readdirSync(vault.mountDir)).toContain('a.txt');
    expect(await vault.status()).toMatchObject({ state: 'mounted', health: 'healthy' });
  });

  it('is cleared by unmount, too', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.succeed('mount');
    const [daemon = -1] = daemonsOf(vault.encryptedDir);
    process.kill(daemon, 'SIGKILL');
    expect(await waitUntil(() => daemonsOf(vault.encryptedDir).length === 0, 5000)).toBe(true);
    const { results } = await vault.succeed('unmount');
    expect(results).toMatchObject([{ state: 'unmounted', changed: true }]);
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(await vault.status()).toMatchObject({ state: 'unmounted', health: 'unmounted' });
  });
});

describe('a busy mount', () => {
  it('stays, and unmount names who holds it', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.succeed('mount');
    const holder = startProgram('sleep', ['61'], {}, { cwd: vault.mountDir });
    try {
      const busy = await vault.run('unmount');
      expect(busy.exitCode).toBe(13);
      const { results, error } = busy.json;
      expect(error).toMatchObject({ code: 'MOUNT_BUSY', exit: 13 });
      expect(error.message).toContain(`sleep 61 (pid ${holder.pid})`);
      expect(error.details.holders).toEqual([{ pid: holder.pid, command: 'sleep 61', path: vault.mountDir }]);
      expect(results).toMatchObject([{ state: 'mounted', changed: false }]);
      expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    } finally {
      holder.child.kill();
      await holder.finished;
    }
    expect(await vault.succeed('unmount')).toMatchObject({ results: [{ changed: true }] });
  });

  it('is detached by --force, which tells that its daemon lives on for as long as it does', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.succeed('mount');
    const [daemon] = daemonsOf(vault.encryptedDir);
    const holder = startProgram('sleep', ['62'], {}, { cwd: vault.mountDir });
    try {
      const forced = await vault.run('unmount', '--force');
      expect(forced.exitCode).toBe(13);
      expect(forced.json.error).toMatchObject({ code: 'MOUNT_BUSY', details: { daemons: [daemon] } });
      expect(mountsBelow(installation.directory)).toEqual([]);
      expect(daemonsOf(vault.encryptedDir)).toEqual([daemon]);
      // a second daemon on the same files would damage them
      const again = await vault.run('mount');
      expect(again).toMatchObject({ exitCode: 13 });
      expect(again.json.error.message).toContain(`pid ${daemon}`);
      expect(daemonsOf(vault.encryptedDir)).toEqual([daemon]);
    } finally {
      holder.child.kill();
      await holder.finished;
    }
    expect(await waitUntil(() => daemonsOf(vault.encryptedDir).length === 0, 5000)).toBe(true);
    await vault.succeed('mount');
    expect(await vault.succeed('unmount', '--force')).toMatchObject({ results: [{ state: 'unmounted' }] });
    expect(daemonsOf(vault.encryptedDir)).toEqual([]);
  });
});

describe('a mount directory that is not as it was left', () => {
  it('is not touched while something else is mounted there', async ({ installation }) => {
    const vault = await installVault(installation);
    execFileSync('mount', ['-t', 'tmpfs', 'other', vault.mountDir]);
    writeFileSync(join(vault.mountDir, 'of somebody else'), 'x');
    for (const command of ['mount', 'unmount']) {
      const result = await vault.run(command);
      expect([command, result.exitCode, result.json.error.code]).toEqual([command, 13, 'MOUNT_FAILED']);
      expect(result.json.error.message).toContain('tmpfs');
      expect(result.json.results).toMatchObject([{ state: 'foreign' }]);
    }
    expect(await vault.status()).toMatchObject({ state: 'foreign', health: 'error' });
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(readdirSync(vault.mountDir)).toEqual(['of somebody else']);
  });

  it('takes no plaintext while nothing is mounted, not even from root', async ({ installation }) => {
    const vault = await installVault(installation);
    const write = (): void => writeFileSync(join(vault.mountDir, 'stray'), 'plaintext');
    expect(write).toThrow('EPERM');
    await vault.put({ 'a.txt': 'a' });
    expect(write).toThrow('EPERM');
  });

  it('takes none again after the next mount, when somebody had made it writable', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    execFileSync('chattr', ['-i', vault.mountDir]);
    await vault.put({ 'a.txt': 'a' });
    expect(() => writeFileSync(join(vault.mountDir, 'stray'), 'plaintext')).toThrow('EPERM');
  });

  it('is not mounted over while plaintext lies in it', async ({ installation }) => {
    const vault = await installVault(installation);
    execFileSync('chattr', ['-i', vault.mountDir]);
    writeFileSync(join(vault.mountDir, 'stray'), 'plaintext');
    const result = await vault.run('mount');
    expect(result.exitCode).toBe(13);
    expect(result.json.error).toMatchObject({ code: 'MOUNT_DIR_NOT_EMPTY', details: { strays: ['stray'] } });
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(readTree(vault.mountDir)).toHaveProperty('stray');
  });
});

describe('a vault that is not the one in the profile', () => {
  it('is not left mounted, nor written to, when its configuration is that of another with the same password', async ({
    installation,
  }) => {
    const vault = await installVault(installation, 'client1');
    const other = await installVault(installation, 'client2');
    await vault.put({ 'a.txt': 'a' });
    await other.put({ 'b.txt': 'b' });
    copyFileSync(join(other.encryptedDir, 'gocryptfs.conf'), join(vault.encryptedDir, 'gocryptfs.conf'));
    const before = snapshot(vault.encryptedDir);
    const result = await vault.run('mount');
    expect(result.exitCode).toBe(15);
    expect(result.json.error.code).toBe('VAULT_MISMATCH');
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(daemonsOf(vault.encryptedDir)).toEqual([]);
  });

  it('is not mounted when the whole directory was exchanged', async ({ installation }) => {
    const vault = await installVault(installation, 'client1');
    const other = await installVault(installation, 'client2');
    await other.put({ 'b.txt': 'b' });
    execFileSync('rm', ['-r', vault.encryptedDir]);
    execFileSync('cp', ['-a', other.encryptedDir, vault.encryptedDir]);
    const before = snapshot(vault.encryptedDir);
    const result = await vault.run('mount');
    expect(result).toMatchObject({ exitCode: 15 });
    expect(result.json.error.code).toBe('VAULT_MISMATCH');
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    expect(mountsBelow(installation.directory)).toEqual([]);
  });

  it('is not made anew while its disk is not there', async ({ installation }) => {
    const vault = await installVault(installation);
    execFileSync('rm', ['-r', vault.encryptedDir]);
    mkdirSync(vault.encryptedDir);
    for (const args of [['mount'], ['install', '--no-links'], ['install', '--no-links', '--force']]) {
      const [command = '', ...more] = args;
      const result = await vault.run(command, ...more);
      expect([args, result.exitCode]).toEqual([args, 15]);
      expect(result.json.error.code).toBe('VAULT_MISSING');
    }
    expect(readdirSync(vault.encryptedDir)).toEqual([]);
    expect(await vault.status()).toMatchObject({ health: 'error' });
  });
});
