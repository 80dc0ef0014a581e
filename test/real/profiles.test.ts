/** Several profiles of one client: each has its own of everything, unless it was made to share a vault. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { recordFiles } from '../../src/vaults/records.ts';
import { type Installation, it } from '../support/installation.ts';
import { mountsBelow, processesNaming } from '../support/machine.ts';
import { snapshot } from '../support/snapshot.ts';
import { writeFiles } from '../support/tree.ts';
import { type ClientVault, installVault, restoreByHand, vaultOf } from '../support/vault.ts';

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** A second profile of client1 with a remote of its own; its name by the flags of old. */
async function installPhotos(installation: Installation, ...args: string[]): Promise<ClientVault> {
  const photos = vaultOf(installation, 'client1', undefined, 'photos');
  const names = ['--client-id', 'client1', '--config-name', 'photos', '--remote-name', 'photo-backup'];
  const remote = ['--remote-type', 'local', '--remote-path', photos.remoteDir];
  const installed = await installation.cryptosync(['install', '--json', ...names, ...remote, ...args]);
  expect(installed, installed.stdout + installed.stderr).toMatchObject({ exitCode: 0 });
  return photos;
}

/** All of a client but what belongs to every profile: locks, the summary, rclone.conf. */
function belongings(installation: Installation, profile: RegExp): string[] {
  return snapshot(installation.client('client1')).filter(
    (line) => !/^cryptosync\/summary|^rclone\/|\/locks/.test(line) && !profile.test(line),
  );
}

describe('a second profile', () => {
  it('has its own vault, directories, remote, scripts, links and summary, and touches nothing of the first', async ({
    installation,
  }) => {
    const first = await installVault(installation, 'client1');
    await first.succeed('install', '--bin-dir', installation.binDirectory);
    await first.put({ 'first.txt': 'first' });
    await first.succeed('sync');
    await first.succeed('mount');
    const conf = installation.client('client1', 'rclone', 'rclone.conf');
    const confBefore = readFileSync(conf, 'utf8');
    const isOfPhotos = /photos|^\S+ 40\d+ /; // directories that hold files of both get a new time
    const before = belongings(installation, isOfPhotos);
    const remoteBefore = snapshot(first.remoteDir);

    const photos = await installPhotos(installation, '--bin-dir', installation.binDirectory);
    expect(readFileSync(conf, 'utf8')).toContain(confBefore.trim());
    expect(readFileSync(conf, 'utf8')).toContain('[photo-backup]');
    await photos.put({ 'photo.jpg': 'photo' });
    await photos.succeed('sync');
    const records = recordFiles('', json(photos.profileFile).vaultId);
    expect(
      belongings(installation, isOfPhotos).filter((line) => !records.some((name) => line.includes(name))),
    ).toEqual(before);
    expect(snapshot(first.remoteDir)).toEqual(remoteBefore);
    expect(readFileSync(join(first.mountDir, 'first.txt'), 'utf8')).toBe('first');

    expect(json(photos.profileFile)).toMatchObject({
      encryptedDir: installation.client('client1', 'vault', 'photos', 'encrypted'),
      mountDir: installation.client('client1', 'vault', 'photos', 'decrypted'),
      remote: { name: 'photo-backup', path: photos.remoteDir },
    });
    expect(json(photos.profileFile).vaultId).not.toBe(json(first.profileFile).vaultId);
    expect(restoreByHand(installation, photos.remoteDir)).toHaveProperty(['photo.jpg']);
    expect(Object.keys(restoreByHand(installation, first.remoteDir))).toEqual(['first.txt']);
    const scripts = installation.client('client1', 'cryptosync', 'scripts');
    expect(readdirSync(installation.binDirectory).sort()).toEqual(
      ['default', 'photos']
        .flatMap((profile) =>
          ['mount', 'sync', 'unmount'].map((action) => `cryptosync-${action}-client1-${profile}`),
        )
        .sort(),
    );
    expect(readlinkSync(join(installation.binDirectory, 'cryptosync-sync-client1-photos'))).toBe(
      join(scripts, 'sync_photos.sh'),
    );
    const summary = json(installation.client('client1', 'cryptosync', 'summary.json'));
    expect(summary).toMatchObject({
      client_id: 'client1',
      config_name: 'photos',
      remote_name: 'photo-backup',
      profiles: [
        { config_name: 'default', remote_name: 'default-remote', encrypted_dir: first.encryptedDir },
        { config_name: 'photos', remote_name: 'photo-backup', encrypted_dir: photos.encryptedDir },
      ],
    });
    expect(summary.profiles[1].scripts.mount).toBe(join(scripts, 'mount_photos.sh'));
  });

  it('is shown, mounted, synced and unmounted with the others, or by its name', async ({ installation }) => {
    const first = await installVault(installation);
    const photos = await installPhotos(installation, '--no-links');
    const run = async (...args: string[]) => {
      const [command = '', ...more] = args;
      const result = await installation.cryptosync([command, '--client', 'client1', '--json', ...more]);
      const rows = result.json.results ?? result.json.vaults;
      return rows.map((row: { profile: string; state?: string; outcome?: string }) => [
        row.profile,
        row.state ?? row.outcome,
      ]);
    };
    const both = (what: string) => [
      ['default', what],
      ['photos', what],
    ];
    expect(await run('mount')).toEqual([['default', 'mounted']]);
    expect(await run('status')).toEqual([
      ['default', 'mounted'],
      ['photos', 'unmounted'],
    ]);
    expect(await run('status', '--profile', 'photos')).toEqual([['photos', 'unmounted']]);
    expect(await run('mount', '--profile', 'default', '--profile', 'photos')).toEqual(both('mounted'));
    expect(mountsBelow(installation.directory).sort()).toEqual([first.mountDir, photos.mountDir].sort());
    expect(await run('unmount', '--all-profiles')).toEqual(both('unmounted'));
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(await run('sync', '--all-profiles')).toEqual(both('synced'));
    const env = { CRYPTOSYNC_CLIENT: 'client1', CRYPTOSYNC_PROFILE: 'photos' };
    const named = await installation.cryptosync(['status', '--json'], { env });
    expect(named.json.vaults).toMatchObject([{ client: 'client1', profile: 'photos' }]);
    const all = await installation.cryptosync(['status', '--all-profiles', '--json'], { env });
    expect(all.json.vaults).toHaveLength(2);
    const everywhere = await installation.cryptosync(['status', '--all', '--profile', 'photos', '--json']);
    expect(everywhere.json.vaults).toMatchObject([{ profile: 'photos' }]);
    const missing = await installation.cryptosync(['mount', '-c', 'client1', '-p', 'nobody', '--json']);
    expect(missing.json.error).toMatchObject({ code: 'PROFILE_NOT_FOUND', exit: 10 });
    for (const name of ['encrypted', 'decrypted', '../up', '.hidden']) {
      const refused = await installation.cryptosync(['install', '-c', 'client1', '-p', name, '--no-links']);
      expect([name, refused.exitCode]).toEqual([name, 2]);
    }
  });
});

describe('a profile that shares a vault', () => {
  it('sends the same vault to a second remote, and is mounted where the first is', async ({
    installation,
  }) => {
    const first = await installVault(installation);
    await first.put({ 'a.txt': 'a' });
    const offsite = vaultOf(installation, 'client1', undefined, 'offsite');
    const remote = ['--remote-name', 'off', '--remote-type', 'local', '--remote-path', offsite.remoteDir];
    const before = snapshot(first.encryptedDir);
    // without a password: nothing is opened
    const installed = await installation.cryptosync(
      [
        'install',
        '-c',
        'client1',
        '-p',
        'offsite',
        '--share-vault',
        'default',
        '--no-links',
        '--json',
        ...remote,
      ],
      { env: { CRYPTOSYNC_PASSWORD: undefined } },
    );
    expect(installed.json).toMatchObject({ encryptedDir: first.encryptedDir, mountDir: first.mountDir });
    expect(snapshot(first.encryptedDir)).toEqual(before);
    expect(json(offsite.profileFile).vaultId).toBe(json(first.profileFile).vaultId);
    const synced = await installation.cryptosync(['sync', '-c', 'client1', '--all-profiles', '--json']);
    expect(synced.json.results).toMatchObject([
      { profile: 'default', outcome: 'synced', remote: `default-remote:${first.remoteDir}` },
      { profile: 'offsite', outcome: 'synced', remote: `off:${offsite.remoteDir}` },
    ]);
    const files = restoreByHand(installation, first.remoteDir);
    expect(Object.keys(files)).toEqual(['a.txt']);
    expect(restoreByHand(installation, offsite.remoteDir)).toEqual(files);

    await offsite.succeed('mount');
    expect((await first.succeed('mount')).results).toMatchObject([{ changed: false }]);
    expect(mountsBelow(installation.directory)).toEqual([first.mountDir]);
    expect(processesNaming(first.encryptedDir)).toHaveLength(1);
    writeFiles(first.mountDir, { 'b.txt': 'b' });
    expect((await first.succeed('unmount')).results).toMatchObject([{ changed: true }]);
    expect((await offsite.status()).state).toBe('unmounted');
  });

  it('must share what there is, and not itself', async ({ installation }) => {
    await installVault(installation);
    const share = async (profile: string, other: string) =>
      (
        await installation.cryptosync([
          'install',
          '-c',
          'client1',
          '-p',
          profile,
          '--share-vault',
          other,
          '--no-links',
          '--json',
        ])
      ).json.error;
    expect(await share('default', 'default')).toMatchObject({ code: 'USAGE' });
    expect(await share('offsite', 'nobody')).toMatchObject({ code: 'PROFILE_NOT_FOUND' });
    await installPhotos(installation, '--no-links');
    expect(await share('photos', 'default')).toMatchObject({ code: 'ALREADY_INSTALLED', exit: 10 });
    expect(readdirSync(installation.client('client1', 'cryptosync', 'config')).sort()).toEqual([
      'default.json',
      'photos.json',
    ]);
  });
});
