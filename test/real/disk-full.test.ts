/** Full disks: told as such, nothing half made is left in the way, and after making room the same command completes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { mountsBelow, processesNaming } from '../support/machine.ts';
import { manyFiles, readTree } from '../support/tree.ts';
import { installVault, restoreByHand, vaultOf } from '../support/vault.ts';

/** A file system of its own with so much room, on a new directory. */
function mountSmallDisk(path: string, options: string): string {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=755,${options}`, 'small', path]);
  return path;
}

const resizeDisk = (path: string, options: string): void => {
  execFileSync('mount', ['-o', `remount,${options}`, path]);
};

/** Leaves so many kilobytes free. */
function fill(path: string, free: number): string {
  const { bavail, bsize } = statfsSync(path);
  const ballast = join(path, 'ballast');
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)));
  return ballast;
}

describe('install on a disk without room', () => {
  it.for([{ kilobytes: 8 }, { kilobytes: 120 }, { files: 4 }, { files: 8 }, { files: 12 }, { files: 25 }])(
    'says DISK_FULL with room for %o, and completes when there is more',
    async (room, { installation }) => {
      const options = room.files === undefined ? `size=${room.kilobytes}k` : `nr_inodes=${room.files}`;
      mountSmallDisk(installation.root, options);
      const vault = vaultOf(installation, 'client1');
      const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
      const full = await vault.run('install', '--no-links', ...remote);
      expect([full.exitCode, full.json.error.code]).toEqual([14, 'DISK_FULL']);
      expect(mountsBelow(installation.directory)).toEqual([installation.root]);
      expect(processesNaming(installation.root)).toEqual([]);

      resizeDisk(installation.root, 'size=4096k,nr_inodes=1000');
      await vault.succeed('install', '--no-links', ...remote);
      await vault.put({ 'a.txt': 'a' });
      expect(readdirSync(installation.client('client1', 'vault')).sort()).toEqual(['decrypted', 'encrypted']);
      expect(await vault.status()).toMatchObject({ health: 'unmounted' });
    },
  );

  it('says so in its last step, too', async ({ installation }) => {
    const disk = mountSmallDisk(installation.path('disk'), 'size=4096k,nr_inodes=1000');
    const usedFiles = (): number => {
      const { files, ffree } = statfsSync(disk);
      return files - ffree;
    };
    const install = async (client: string) =>
      await installation.cryptosync([
        ...['install', '--client', client, '--json', '--root', join(disk, 'clients')],
        ...['--bin-dir', join(disk, 'bin')],
        ...['--remote-type', 'local', '--remote-path', installation.path('remote')],
      ]);
    expect(await install('first')).toMatchObject({ exitCode: 0 });
    const before = usedFiles();
    expect(await install('measured')).toMatchObject({ exitCode: 0 });
    const needed = usedFiles() - before;
    resizeDisk(disk, `nr_inodes=${usedFiles() + needed - 1}`);
    const full = await install('client1');
    expect([full.exitCode, full.json.error.code]).toEqual([14, 'DISK_FULL']);
    expect(readdirSync(join(disk, 'clients/client1/vault/encrypted'))).toContain('gocryptfs.conf');
    resizeDisk(disk, 'nr_inodes=1000');
    expect(await install('client1')).toMatchObject({ exitCode: 0 });
    expect(usedFiles()).toBe(before + 2 * needed);
  });

  it('keeps a vault, its profile and its remotes as they are when there is no room to change them', async ({
    installation,
  }) => {
    mountSmallDisk(installation.root, 'size=4096k');
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const files = [vault.profileFile, installation.client('client1', 'rclone', 'rclone.conf')];
    const before = files.map((path) => readFileSync(path, 'utf8'));
    const ballast = fill(installation.root, 0);
    const other = ['--remote-type', 'local', '--remote-path', installation.path('elsewhere')];
    const full = await vault.run('install', '--no-links', '--force', ...other);
    expect([full.exitCode, full.json.error.code]).toEqual([14, 'DISK_FULL']);
    // each is the old one or, whole, the new one
    expect(JSON.parse(readFileSync(vault.profileFile, 'utf8')).vaultId).toBe(
      JSON.parse(before[0] ?? '').vaultId,
    );
    expect(readFileSync(files[1] ?? '', 'utf8')).toContain('type = local');
    rmSync(ballast);
    await vault.succeed('install', '--no-links', '--force', ...other);
    expect((await vault.succeed('mount')).results).toMatchObject([{ state: 'mounted' }]);
    expect(readFileSync(join(vault.mountDir, 'a.txt'), 'utf8')).toBe('a');
  });
});

describe('a full remote', () => {
  it('is told as DISK_FULL and marked as in progress; with room the next sync completes', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const disk = mountSmallDisk(installation.path('disk'), 'size=400k');
    const remoteDir = join(disk, 'backup');
    const there = vaultOf(installation, 'client1', remoteDir);
    await vault.put({ 'first.txt': 'a' });
    await vault.succeed('sync', remoteDir);
    await vault.put(manyFiles(10, 100_000));
    const { lastSuccess } = await vault.status();
    const full = await vault.run('sync', remoteDir);
    expect([full.exitCode, full.json.error.code]).toEqual([14, 'DISK_FULL']);
    expect(full.json.results).toMatchObject([{ outcome: 'failed' }]);
    expect(there.progress()).toEqual({ state: 'in-progress', generation: 1 });
    expect(await vault.status()).toMatchObject({
      lastElsewhere: { outcome: 'failed', error: 'DISK_FULL' },
      lastSuccess,
    });
    resizeDisk(disk, 'size=4096k');
    const [synced] = (await vault.succeed('sync', remoteDir)).results;
    expect(synced).toMatchObject({ outcome: 'synced', generation: 2 });
    expect(readTree(remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
    expect(Object.keys(restoreByHand(installation, remoteDir))).toHaveLength(11);
  });

  it('that has no room even for a marker is left without one', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const disk = mountSmallDisk(installation.path('disk'), 'size=64k');
    fill(disk, 0);
    const full = await vault.run('sync', join(disk, 'backup'));
    expect([full.exitCode, full.json.error.code]).toEqual([14, 'DISK_FULL']);
    resizeDisk(disk, 'size=1024k');
    await vault.succeed('sync', join(disk, 'backup'));
    expect(Object.keys(restoreByHand(installation, join(disk, 'backup')))).toEqual(['a.txt']);
  });
});
