/** Trees that the former shell scripts made: shown as they are, taken over by install, their vaults not touched. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { keepPasswordInTheClear, plainConf, writeFormerTree } from '../support/former-tree.ts';
import { it } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree } from '../support/tree.ts';
import { canaryName, openByHand } from '../support/vault.ts';

const files = { 'a.txt': 'a', 'deep/b.txt': 'b' };
const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

describe('a gocryptfs tree of the scripts', () => {
  it('needs setup, and after one install its vault opens with all that is in it', async ({
    installation,
  }) => {
    const tree = await writeFormerTree(installation, { files });
    const passwordFile = keepPasswordInTheClear(tree);
    const ciphertext = snapshot(tree.encryptedDir);
    const kept = [tree.confFile, passwordFile].map((file) => [file, readFileSync(file, 'utf8')]);

    const shown = await tree.succeed('status');
    expect(shown.vaults).toMatchObject([{ client: 'client1', profile: 'default', health: 'needs setup' }]);
    expect((await installation.cryptosync(['status', '--all'])).stdout).toMatch(
      /needs setup[\s\S]*install --client client1/,
    );
    const mounted = await tree.run('mount');
    expect(mounted.json.error).toMatchObject({
      code: 'PROFILE_NOT_FOUND',
      hint: expect.stringContaining('install'),
    });
    const plan = await tree.succeed('install', '--dry-run', '--bin-dir', installation.binDirectory);
    expect(snapshot(tree.encryptedDir)).toEqual(ciphertext);
    expect(existsSync(tree.profileFile)).toBe(false);

    const installed = await tree.succeed('install', '--bin-dir', installation.binDirectory);
    expect(installed.notes).toEqual(plan.notes);
    expect(installed.notes).toEqual([
      `taken over from ${tree.confFile}, which stays as it is`,
      expect.stringMatching(`^${passwordFile} looks like a password in the clear: .*remove it`),
    ]);
    const profile = json(tree.profileFile);
    expect(profile).toEqual({
      version: 1,
      vaultId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      madeWith: expect.arrayContaining(['DirIV', 'EMENames', 'GCMIV128', 'HKDF']),
      engine: 'gocryptfs',
      encryptedDir: tree.encryptedDir,
      mountDir: tree.mountDir,
      remote: { name: 'former-remote', path: expect.stringMatching(/backup$/) },
      createdAt: '2023-11-05T14:03:22Z',
    });
    for (const [file = '', content] of kept)
      expect([file, readFileSync(file, 'utf8')]).toEqual([file, content]);
    // all that the vault had is there, unchanged; the canary came in
    const after = snapshot(tree.encryptedDir);
    const regular = (lines: string[]): string[] => lines.filter((line) => / 100\d{3} /.test(line));
    expect(after).toEqual(expect.arrayContaining(regular(ciphertext)));
    expect(regular(after)).toHaveLength(regular(ciphertext).length + 1);
    expect(mountsBelow(installation.directory)).toEqual([]);

    for (const name of ['', 'config', 'state'])
      expect([name, modeOf(join(tree.directory, 'cryptosync', name))]).toEqual([name, 0o700]);
    expect(modeOf(join(tree.directory, 'rclone'))).toBe(0o700);
    expect(modeOf(join(tree.directory, 'rclone', 'rclone.conf'))).toBe(0o600);
    const links = readdirSync(installation.binDirectory);
    expect(links).toHaveLength(3);
    for (const link of links) {
      const target = readlinkSync(join(installation.binDirectory, link));
      expect(target.startsWith(join(tree.directory, 'cryptosync', 'scripts'))).toBe(true);
      expect(readFileSync(target, 'utf8')).toContain('--client');
    }
    expect(json(join(tree.directory, 'cryptosync', 'summary.json'))).toMatchObject({
      client_id: 'client1',
      config_name: 'default',
      filesystem_type: 'gocryptfs',
      installation_date: '2023-11-05T14:03:22Z',
    });

    await tree.succeed('mount');
    expect(Object.keys(readTree(tree.mountDir, [canaryName]))).toEqual(Object.keys(files));
    expect(readFileSync(join(tree.mountDir, 'deep', 'b.txt'), 'utf8')).toBe('b');
    await tree.succeed('unmount');
    expect(await tree.status()).toMatchObject({ health: 'unmounted' });
    // a second install finds all done
    const again = await tree.succeed('install', '--bin-dir', installation.binDirectory);
    expect([again.created, again.notes]).toEqual([[], []]);
    expect(json(tree.profileFile)).toEqual(profile);
  });

  it('may have quotes, spaces and keys that mean nothing here, and nothing of it is ever run', async ({
    installation,
  }) => {
    const trap = installation.path('trap');
    const encryptedDir = installation.path('a disk', "it's the vault");
    const tree = await writeFormerTree(installation, {
      files,
      conf: (lines) =>
        [
          '#!/bin/bash',
          "# the operator's own notes",
          `export ENCRYPTED_DIR='${encryptedDir.replace("'", String.raw`'\''`)}'`,
          `MOUNT_DIR="${installation.path('mount here')}"  # moved`,
          'REMOTE_NAME="former-remote"',
          `REMOTE_PATH=${installation.path('remotes', 'old backup')}`,
          `FILESYSTEM_TYPE=${lines['FILESYSTEM_TYPE']}`,
          'CREATED_DATE=once upon a time',
          `NOTES="$(touch ${trap})"`,
          `CRYPTOSYNC_PASSWORD=\`touch ${trap}\``,
          `touch ${trap}`,
        ].join('\r\n'),
    });
    rmSync(tree.mountDir, { recursive: true });
    const before = readFileSync(tree.confFile, 'utf8');
    // its disk is not there: no vault is made in its place
    const missing = await tree.run('install', '--no-links');
    expect(missing.json.error).toMatchObject({ code: 'VAULT_MISSING', exit: 15 });
    expect(missing.json.error.message).toContain(encryptedDir);
    expect(existsSync(encryptedDir)).toBe(false);
    expect(existsSync(tree.profileFile)).toBe(false);

    mkdirSync(installation.path('a disk'));
    renameSync(tree.encryptedDir, encryptedDir);
    const installed = await tree.succeed('install', '--no-links', '--auto-mount');
    expect(installed.notes).toContain('not taken over, unknown: NOTES, CRYPTOSYNC_PASSWORD');
    expect(json(tree.profileFile)).toMatchObject({
      encryptedDir,
      mountDir: installation.path('mount here'),
      remote: { name: 'former-remote', path: installation.path('remotes', 'old backup') },
      createdAt: expect.stringMatching(/^20\d\d-/),
    });
    expect(readFileSync(join(installation.path('mount here'), 'a.txt'), 'utf8')).toBe('a');
    expect(existsSync(trap)).toBe(false);
    expect(readFileSync(tree.confFile, 'utf8')).toBe(before);
    expect((await tree.succeed('sync')).results).toMatchObject([{ outcome: 'synced' }]);
  });

  it('may have several profiles, each taken over by itself', async ({ installation }) => {
    const first = await writeFormerTree(installation, { files });
    const photos = await writeFormerTree(installation, { profile: 'photos', files: { 'p.jpg': 'p' } });
    const shown = (await first.succeed('status')).vaults.map(
      ({ profile, health }: { profile: string; health: string }) => [profile, health],
    );
    expect(shown).toEqual([
      ['default', 'needs setup'],
      ['photos', 'needs setup'],
    ]);
    await photos.succeed('install', '--no-links');
    const { vaults } = (await installation.cryptosync(['status', '--all', '--json'])).json;
    expect(
      vaults.map(({ profile, health }: { profile: string; health: string }) => [profile, health]).sort(),
    ).toEqual([
      ['default', 'needs setup'],
      ['photos', 'unmounted'],
    ]);
    await photos.succeed('mount');
    expect(readFileSync(join(photos.mountDir, 'p.jpg'), 'utf8')).toBe('p');
    expect(Object.keys(openByHand(installation, first.encryptedDir))).toEqual(Object.keys(files));
  });

  it('that can not be taken over is refused, and stays as it is', async ({ installation }) => {
    const tree = await writeFormerTree(installation, {
      conf: (lines) => plainConf({ ...lines, FILESYSTEM_TYPE: 'encfs' }),
    });
    const before = snapshot(tree.directory);
    const refused = await tree.run('install', '--no-links');
    expect(refused.json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect(refused.json.error.message).toContain(`${tree.confFile} names the file system "encfs"`);
    const wrong = await installation.cryptosync(['install', '-c', 'client1', '--no-links'], {
      env: { CRYPTOSYNC_PASSWORD: 'wrong' },
    });
    expect(wrong.exitCode).toBe(10);
    expect(snapshot(tree.directory)).toEqual(before);
  });
});

describe('a CryFS tree of the scripts', () => {
  it('gets its configuration into the vault, and opens', async ({ installation }) => {
    const tree = await writeFormerTree(installation, { engine: 'cryfs', files });
    const outside = join(tree.directory, 'cryptosync', 'config', 'cryfs.default.conf');
    const outsideBefore = readFileSync(outside);
    const ciphertext = readTree(tree.encryptedDir);
    expect(ciphertext).not.toHaveProperty(['cryfs.config']);
    expect(await tree.status()).toMatchObject({ health: 'needs setup' });

    const installed = await tree.succeed('install', '--no-links');
    expect(installed).toMatchObject({ engine: 'cryfs' });
    expect(installed.notes).toContain(`${outside} is copied into the vault; the original stays`);
    expect(readFileSync(outside)).toEqual(outsideBefore);
    expect(json(tree.profileFile)).toMatchObject({ engine: 'cryfs', vaultId: expect.any(String) });
    const after = readTree(tree.encryptedDir);
    expect(after).toHaveProperty(['cryfs.config']);
    // the canary changed the block of the directory that it is in, and brought one of its own
    const gone = Object.keys(ciphertext).filter((name) => !(name in after));
    expect(gone).toEqual([]);

    await tree.succeed('mount');
    expect(Object.keys(readTree(tree.mountDir, [canaryName]))).toEqual(Object.keys(files));
    expect(readFileSync(join(tree.mountDir, 'deep', 'b.txt'), 'utf8')).toBe('b');
    await tree.succeed('unmount');
  }, 300_000);
});
