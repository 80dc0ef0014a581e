/** The guard of a sync: each hazard is refused by its own code, and both sides are byte for byte as before. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
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
import { it } from '../support/installation.ts';
import { snapshot } from '../support/snapshot.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, editProfile, installVault, restoreByHand } from '../support/vault.ts';

/** Runs a sync that must be refused with this code, exit 15, and must change nothing on either side. */
async function expectRefusal(
  vault: ClientVault,
  code: string,
  { args = [], remoteDir = vault.remoteDir }: { args?: string[]; remoteDir?: string } = {},
  // biome-ignore lint/suspicious/noExplicitAny: the row of a JSON document
): Promise<any> {
  const look = (): string[][] => [vault.encryptedDir, remoteDir].map((directory) => snapshotOf(directory));
  const before = look();
  const result = await vault.run('sync', ...args);
  expect([result.exitCode, result.json.error?.code]).toEqual([15, code]);
  expect(result.json.results).toMatchObject([{ outcome: 'refused', filesTransferred: 0, error: { code } }]);
  expect(result.json.error.hint).toMatch(/\w{3}/);
  expect(look()).toEqual(before);
  return result.json.results[0];
}

function snapshotOf(directory: string): string[] {
  try {
    return snapshot(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ['nothing there'];
    throw error;
  }
}

async function removeInVault(vault: ClientVault, keep: (name: string) => boolean): Promise<void> {
  await vault.succeed('mount');
  for (const name of readdirSync(join(vault.mountDir, 'many')))
    if (!keep(name)) rmSync(join(vault.mountDir, 'many', name));
  await vault.succeed('unmount');
}

describe('a source that is not what it was', () => {
  it('puts nothing on an empty remote through a crypt layer, not even the key check', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    editProfile(vault, { crypt: { filenameEncryption: 'off' } });
    const key = installation.path('key');
    writeFileSync(key, randomBytes(32).toString('base64'), { mode: 0o600 });
    const args = ['--encryption-key-file', key];
    const aside = installation.path('aside');
    renameSync(vault.encryptedDir, aside);
    await expectRefusal(vault, 'VAULT_MISSING', { args });
    expect(existsSync(vault.remoteDir)).toBe(false);
    renameSync(aside, vault.encryptedDir);
    await vault.succeed('sync', ...args);
    expect(readTree(vault.remoteDir)).toHaveProperty(['.cryptosync/key-check.bin']);
  });

  it('never wipes the remote: empty, missing, emptied or without its configuration', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a', 'dir/b.txt': 'b' });
    await vault.succeed('sync');
    const { lastSuccess } = await vault.status();

    const aside = installation.path('aside');
    renameSync(vault.encryptedDir, aside);
    await expectRefusal(vault, 'VAULT_MISSING'); // the disk is not there
    await expectRefusal(vault, 'VAULT_MISSING', { args: ['--max-delete', '100%'] });
    mkdirSync(vault.encryptedDir, { mode: 0o700 }); // its empty mount point is
    await expectRefusal(vault, 'VAULT_MISSING');
    await expectRefusal(vault, 'VAULT_MISSING', { args: ['--mode', 'copy'] });
    for (const name of ['gocryptfs.conf', 'gocryptfs.diriv'])
      writeFileSync(join(vault.encryptedDir, name), readFileSync(join(aside, name)));
    await expectRefusal(vault, 'VAULT_EMPTY');
    await expectRefusal(vault, 'VAULT_EMPTY', { args: ['--max-delete', '100%'] });
    rmSync(vault.encryptedDir, { recursive: true });
    renameSync(aside, vault.encryptedDir);
    renameSync(join(vault.encryptedDir, 'gocryptfs.conf'), aside);
    await expectRefusal(vault, 'VAULT_MISSING');
    renameSync(aside, join(vault.encryptedDir, 'gocryptfs.conf'));

    expect(await vault.status()).toMatchObject({
      health: 'warning',
      lastSync: { outcome: 'refused', error: 'VAULT_MISSING' },
      lastSuccess,
    });
    // nothing but the time of a directory has changed
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ filesTransferred: 0, deleted: 0 });
  });

  it('does not empty the remote after all files but the vault’s own id were deleted', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a', 'dir/b.txt': 'b' });
    await vault.succeed('sync');
    await vault.succeed('mount');
    for (const name of ['a.txt', 'dir']) rmSync(join(vault.mountDir, name), { recursive: true });
    await vault.succeed('unmount');
    await expectRefusal(vault, 'VAULT_EMPTY');
    // for those who mean it
    const { results } = await vault.succeed('sync', '--max-delete', '100%');
    expect(results[0]).toMatchObject({ outcome: 'synced', deleted: 3 });
  });

  it('does not replace the backup of a vault that was made anew under the same name', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put(manyFiles(3, 10));
    await vault.succeed('sync');
    rmSync(vault.encryptedDir, { recursive: true });
    rmSync(vault.profileFile);
    await vault.succeed('install', '--no-links', '--remote-path', vault.remoteDir);
    await vault.put({ 'new.txt': 'new' });
    await expectRefusal(vault, 'VAULT_FOREIGN');
    await expectRefusal(vault, 'VAULT_FOREIGN', { args: ['--mode', 'copy'] });
    await expectRefusal(vault, 'VAULT_FOREIGN', { args: ['--max-delete', '100%'] });
  });
});

describe('a remote that is not this vault’s', () => {
  it('is left alone: another vault’s, and one that holds anything else', async ({ installation }) => {
    const vault = await installVault(installation, 'client1');
    const other = await installVault(installation, 'client2');
    await vault.put({ 'a.txt': 'a' });
    await other.put({ 'b.txt': 'b' });
    await other.succeed('sync');
    const remoteDir = other.remoteDir;
    await expectRefusal(vault, 'VAULT_FOREIGN', { args: [remoteDir], remoteDir });
    await expectRefusal(vault, 'VAULT_FOREIGN', { args: [remoteDir, '--dry-run'], remoteDir });
    // without its marker it is known by its configuration file
    rmSync(join(remoteDir, '.cryptosync'), { recursive: true });
    await expectRefusal(vault, 'REMOTE_NOT_EMPTY', { args: [remoteDir], remoteDir });

    const photos = installation.path('photos');
    writeFiles(photos, { 'holiday.jpg': 'not of any vault' });
    await expectRefusal(vault, 'REMOTE_NOT_EMPTY', { args: [photos], remoteDir: photos });
    await expectRefusal(vault, 'REMOTE_NOT_EMPTY', { args: [photos, '--mode', 'copy'], remoteDir: photos });
  });

  it('is its own without a marker or with a torn one, as long as its configuration file lies there', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    for (const spoil of [() => rmSync(vault.markerFile), () => writeFileSync(vault.markerFile, '{"vers')]) {
      spoil();
      expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced' });
      expect(vault.marker()).toMatchObject({ state: 'committed' });
    }
  });

  it('must not lie in the vault, nor the vault in it', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const before = snapshot(vault.encryptedDir);
    const link = installation.path('link');
    symlinkSync(vault.encryptedDir, link);
    const inside = join(vault.encryptedDir, 'in');
    for (const place of [vault.encryptedDir, inside, installation.root, join(link, 'in'), '/']) {
      const result = await vault.run('sync', place);
      expect([place, result.exitCode, result.json.error.code]).toEqual([place, 10, 'CONFIG_INVALID']);
    }
    expect(snapshot(vault.encryptedDir)).toEqual(before);
  });
});

describe('the limit of deletions', () => {
  it('stops a run that would delete most of the remote, unless it is told how many may go', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put(manyFiles(40, 10));
    await vault.succeed('sync');
    const remoteFiles = Object.keys(readTree(vault.remoteDir, ['.cryptosync'])).length;
    await removeInVault(vault, (name) => Number(name) < 5);
    const refused = await expectRefusal(vault, 'DELETE_LIMIT');
    expect(refused.error.details).toEqual({ deletions: 35, remoteFiles });
    expect(refused.error.message).toContain(`35 of the ${remoteFiles} files`);
    await expectRefusal(vault, 'DELETE_LIMIT', { args: ['--dry-run'] });
    await expectRefusal(vault, 'DELETE_LIMIT', { args: ['--max-delete', '34'] });
    await expectRefusal(vault, 'DELETE_LIMIT', { args: ['--max-delete', '70%'] });
    await expectRefusal(vault, 'DELETE_LIMIT', { args: ['--max-delete', '0'] });
    // what the profile says counts for runs that are told nothing
    editProfile(vault, { maxDelete: '35' });
    const { results } = await vault.succeed('sync');
    expect(results[0]).toMatchObject({ outcome: 'synced', deleted: 35 });
    expect(Object.keys(restoreByHand(installation, vault.remoteDir))).toHaveLength(5);
  });

  it('leaves everyday work alone: few files, or less than half', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(manyFiles(30, 10));
    await vault.succeed('sync');
    await removeInVault(vault, (name) => Number(name) < 18); // 12 of 34
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', deleted: 12 });
    await removeInVault(vault, (name) => Number(name) < 8); // 10 of 22
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', deleted: 10 });
    await removeInVault(vault, (name) => Number(name) < 6);
    await expectRefusal(vault, 'DELETE_LIMIT', { args: ['--max-delete', '1'] });
    expect((await vault.succeed('sync', '--max-delete', '20%')).results[0]).toMatchObject({ deleted: 2 });
  });
});
