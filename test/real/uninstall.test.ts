/** Taking a profile away: the vault and the remote stay, nothing of others is touched, and no link is followed. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { mountsBelow, processesNaming } from '../support/machine.ts';
import { startProgram } from '../support/running-command.ts';
import { snapshot } from '../support/snapshot.ts';
import { openTerminal } from '../support/terminal.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, editProfile, installVault, restoreByHand, vaultOf } from '../support/vault.ts';

const purge = ['--purge-vault', '--yes-delete', 'client1'];

/** A client with links, whose file was synced; its vault is unmounted. */
async function installSynced(installation: Installation): Promise<ClientVault> {
  const vault = await installVault(installation);
  await vault.succeed('install', '--bin-dir', installation.binDirectory);
  await vault.put({ 'a.txt': 'a' });
  await vault.succeed('sync');
  return vault;
}

/** What proves and seals vaults, on this machine. */
const recordsOf = (installation: Installation): string[] =>
  readdirSync(installation.client('client1', 'cryptosync', 'state')).filter((name) =>
    /^(proof|seal)-/.test(name),
  );

const uninstall = (installation: Installation, vault: ClientVault, ...args: string[]) =>
  vault.run('uninstall', '--bin-dir', installation.binDirectory, ...args);

describe('uninstall', () => {
  it('unmounts and removes links, scripts and configuration; what was kept is adopted by another install', async ({
    installation,
  }) => {
    const vault = await installSynced(installation);
    const { vaultId } = JSON.parse(readFileSync(vault.profileFile, 'utf8'));
    await vault.succeed('mount');
    const ciphertext = snapshot(vault.encryptedDir);
    const remote = snapshot(vault.remoteDir);

    const plan = await uninstall(installation, vault, '--dry-run');
    expect(plan.json).toMatchObject({ dryRun: true });
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);

    const { json } = await uninstall(installation, vault);
    expect(json.removed).toEqual(expect.arrayContaining(plan.json.removes));
    expect(json.kept).toEqual([
      vault.encryptedDir,
      installation.client('client1', 'rclone', 'rclone.conf'),
      `default-remote:${vault.remoteDir}`,
      installation.client('client1', 'cryptosync'),
    ]);
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(processesNaming(vault.encryptedDir)).toEqual([]);
    expect(readdirSync(installation.binDirectory)).toEqual([]);
    expect(existsSync(vault.mountDir)).toBe(false);
    expect(recordsOf(installation)).toEqual([]);
    expect(Object.keys(readTree(installation.client('client1', 'cryptosync'), ['state']))).toEqual([]);
    expect(snapshot(vault.encryptedDir)).toEqual(ciphertext);
    expect(snapshot(vault.remoteDir)).toEqual(remote);
    const again = await uninstall(installation, vault);
    expect(again.json.error.code).toBe('CLIENT_NOT_FOUND');

    const install = ['--no-links', '--remote-type', 'local', '--remote-path', vault.remoteDir];
    await vault.succeed('install', ...install);
    expect(JSON.parse(readFileSync(vault.profileFile, 'utf8')).vaultId).toBe(vaultId);
    await vault.succeed('mount');
    expect(readFileSync(join(vault.mountDir, 'a.txt'), 'utf8')).toBe('a');
    expect((await vault.succeed('sync')).results).toMatchObject([{ outcome: 'unchanged' }]);
  });

  it('takes one of several profiles and leaves the others as they are', async ({ installation }) => {
    const vault = await installSynced(installation);
    const photos = vaultOf(installation, 'client1', undefined, 'photos');
    const remote = ['--remote-name', 'photo', '--remote-type', 'local', '--remote-path', photos.remoteDir];
    await photos.succeed('install', '--bin-dir', installation.binDirectory, ...remote);
    await photos.put({ 'photo.jpg': 'p' });
    await photos.succeed('sync');
    await vault.succeed('mount');
    const ofDefault = () =>
      snapshot(installation.client('client1')).filter((line) => /default/.test(line.split(' ')[0] ?? ''));
    const before = ofDefault();
    await uninstall(installation, photos);
    expect(ofDefault()).toEqual(before);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(readdirSync(installation.binDirectory).every((name) => name.endsWith('-default'))).toBe(true);
    expect(readdirSync(installation.binDirectory)).toHaveLength(3);
    const summary = readFileSync(installation.client('client1', 'cryptosync', 'summary.json'), 'utf8');
    expect(JSON.parse(summary)).toMatchObject({
      config_name: 'default',
      profiles: [{ config_name: 'default' }],
    });
    expect(JSON.parse(summary).profiles).toHaveLength(1);
    const rest = readTree(installation.client('client1', 'cryptosync'));
    expect(Object.keys(rest).filter((name) => name.includes('photos'))).toEqual([]);
    expect(existsSync(photos.encryptedDir)).toBe(true);
    expect(Object.keys(restoreByHand(installation, photos.remoteDir))).toEqual(['photo.jpg']);
  });

  it('leaves a shared vault mounted, and never purges it', async ({ installation }) => {
    const vault = await installSynced(installation);
    const offsite = vaultOf(installation, 'client1', undefined, 'offsite');
    await offsite.succeed('install', '--no-links', '--share-vault', 'default');
    await vault.succeed('mount');
    const before = snapshot(vault.encryptedDir);
    for (const profile of [offsite, vault]) {
      const refused = await uninstall(installation, profile, ...purge);
      expect(refused.json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
      expect(refused.json.error.message).toContain('is also that of the profile');
    }
    const { kept, byHand } = await offsite.succeed('uninstall');
    // nobody is told to remove what the other profile needs
    expect(kept).toContain(vault.encryptedDir);
    expect(byHand.join('\n')).not.toContain(vault.encryptedDir);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    await vault.succeed('unmount');
    // the mount directory is still guarded
    expect(() => writeFileSync(join(vault.mountDir, 'stray'), 'x')).toThrow('EPERM');
  });

  it('refuses while the vault is busy or another run is on it, and changes nothing', async ({
    installation,
  }) => {
    const vault = await installSynced(installation);
    await vault.succeed('mount');
    const tree = () => readTree(installation.client('client1'), ['vault']);
    const before = tree();
    const holder = startProgram('sleep', ['63'], {}, { cwd: vault.mountDir });
    try {
      const busy = await uninstall(installation, vault, ...purge);
      expect([busy.exitCode, busy.json.error.code]).toEqual([13, 'MOUNT_BUSY']);
      expect(busy.json.error.message).toContain(`pid ${holder.pid}`);
    } finally {
      holder.child.kill();
      await holder.finished;
    }
    expect(Object.keys(tree())).toEqual(Object.keys(before));
    expect(readdirSync(installation.binDirectory)).toHaveLength(3);
    const locks = installation.client('client1', 'cryptosync', 'state', 'locks');
    const lock = readdirSync(locks).find((name) => name.startsWith('vault-')) ?? '';
    const script = 'exec 9>>"$1"; flock 9; touch "$1.held"; exec sleep 64';
    const other = startProgram('sh', ['-c', script, 'sh', join(locks, lock)], { PATH: process.env['PATH'] });
    try {
      await expect.poll(() => readdirSync(locks)).toContain(`${lock}.held`);
      const locked = await uninstall(installation, vault);
      expect([locked.exitCode, locked.json.error.code]).toEqual([75, 'LOCKED']);
    } finally {
      other.child.kill();
      await other.finished;
      rmSync(join(locks, `${lock}.held`), { force: true });
    }
    expect(Object.keys(tree())).toEqual(Object.keys(before));
  });
});

describe('what only looks like a link of the profile', () => {
  it('stays: files, directories, and the links of others', async ({ installation }) => {
    const vault = await installSynced(installation);
    const link = (action: string): string =>
      join(installation.binDirectory, `cryptosync-${action}-client1-default`);
    for (const action of ['mount', 'unmount', 'sync']) unlinkSync(link(action));
    writeFileSync(link('mount'), 'a script of the operator');
    writeFiles(link('unmount'), { 'deep/file': 'x' });
    symlinkSync('/srv/other/cryptosync/scripts/sync_default.sh', link('sync'));
    const { json } = await uninstall(installation, vault);
    expect(json.removed.filter((path: string) => path.startsWith(installation.binDirectory))).toEqual([]);
    expect(readFileSync(link('mount'), 'utf8')).toBe('a script of the operator');
    expect(readFileSync(join(link('unmount'), 'deep', 'file'), 'utf8')).toBe('x');
    expect(readlinkSync(link('sync'))).toBe('/srv/other/cryptosync/scripts/sync_default.sh');
  });
});

describe('uninstall --purge-vault', () => {
  it("removes the vault only for whoever gives the client's id, and never the remote", async ({
    installation,
  }) => {
    const vault = await installSynced(installation);
    const before = snapshot(installation.client('client1'));
    const confirmations = [
      ['--purge-vault'],
      ['--purge-vault', '--yes-delete', 'client2'],
      ['--yes-delete', 'client1'],
    ];
    for (const args of confirmations) {
      const refused = await uninstall(installation, vault, ...args);
      expect([args, refused.exitCode, refused.json.error.code]).toEqual([args, 2, 'USAGE']);
    }
    const wrong = openTerminal(installation, ['uninstall', '-c', 'client1', '--purge-vault']);
    await wrong.waitFor('Type client1 to go on');
    wrong.enter('yes');
    expect(await wrong.exitCode()).toBe(2);
    expect(snapshot(installation.client('client1'))).toEqual(before);

    const remote = snapshot(vault.remoteDir);
    const terminal = openTerminal(installation, ['uninstall', '-c', 'client1', '--purge-vault']);
    await terminal.waitFor(`This removes the vault in ${vault.encryptedDir} for good`);
    terminal.enter('client1');
    expect(await terminal.exitCode()).toBe(0);
    expect(existsSync(vault.encryptedDir)).toBe(false);
    expect(snapshot(vault.remoteDir)).toEqual(remote);
    expect(Object.keys(restoreByHand(installation, vault.remoteDir))).toEqual(['a.txt']);
  });

  it('does not follow a link, neither to the vault nor out of it', async ({ installation }) => {
    const vault = await installSynced(installation);
    const outside = installation.path('outside');
    writeFiles(outside, { 'precious/file': 'x' });
    symlinkSync(join(outside, 'precious'), join(vault.encryptedDir, 'a-directory'));
    symlinkSync(join(outside, 'precious', 'file'), join(vault.encryptedDir, 'a-file'));
    // the vault's directory is a link to another disk
    const disk = installation.path('disk');
    renameSync(vault.encryptedDir, disk);
    symlinkSync(disk, vault.encryptedDir);
    const refused = await uninstall(installation, vault, ...purge);
    expect(refused.json.error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(refused.json.error.message).toContain('a link leads there');
    expect(readdirSync(disk)).toContain('gocryptfs.conf');

    unlinkSync(vault.encryptedDir);
    renameSync(disk, vault.encryptedDir);
    expect((await uninstall(installation, vault, ...purge)).exitCode).toBe(0);
    expect(existsSync(vault.encryptedDir)).toBe(false);
    expect(readFileSync(join(outside, 'precious', 'file'), 'utf8')).toBe('x');
  });

  it("removes nothing that is outside of the client's vaults, whatever the profile says", async ({
    installation,
  }) => {
    const vault = await installSynced(installation);
    const other = await installVault(installation, 'client2');
    const before = snapshot(other.encryptedDir);
    const directories = [
      other.encryptedDir,
      `${vault.encryptedDir}/../../../client2/vault/encrypted`,
      installation.client('client1'),
      installation.client('client1', 'rclone'),
      installation.client('client1', 'vault'),
      '/',
    ];
    for (const encryptedDir of directories) {
      editProfile(vault, { encryptedDir });
      const refused = await uninstall(installation, vault, ...purge);
      expect([encryptedDir, refused.json.error?.code]).toEqual([encryptedDir, 'CONFIG_INVALID']);
    }
    expect(snapshot(other.encryptedDir)).toEqual(before);
    expect(readdirSync(vault.encryptedDir)).toContain('gocryptfs.conf');
  });

  it('empties a disk that is mounted there', async ({ installation }) => {
    const vault = await installSynced(installation);
    const aside = installation.path('aside');
    renameSync(vault.encryptedDir, aside);
    mkdirSync(vault.encryptedDir);
    execFileSync('mount', ['-t', 'tmpfs', 'disk', vault.encryptedDir]);
    cpSync(aside, vault.encryptedDir, { recursive: true });
    const { json } = await uninstall(installation, vault, ...purge);
    expect(json.removed).toContain(vault.encryptedDir);
    expect(readdirSync(vault.encryptedDir)).toEqual([]);
    // no vault can be made there, and nothing is begun
    const refused = await vault.run('install', '--no-links');
    expect(refused.json.error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(refused.json.error.message).toContain(`a disk is mounted at ${vault.encryptedDir} itself`);
    expect(existsSync(vault.profileFile)).toBe(false);
  });
});
