/** The whole life of a vault: what is written into it comes out of a copy of the remote, with and without the tool. */
import {
  cpSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createInstallation, it, vaultPassword } from '../support/installation.ts';
import { mountsBelow, processesNaming } from '../support/machine.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { canaryName, copyByHand, installVault, restoreByHand, vaultOf } from '../support/vault.ts';

const files = {
  'plain.txt': 'some text',
  'with space/ümläut 😀.txt': 'unicode',
  'deep/er/and/deeper/still.bin': Buffer.alloc(300_000, 'deep'),
  '-leading hyphen': 'x',
  'new\nline': 'y',
  empty: '',
  [`${'long'.repeat(60)}.txt`]: 'a name that gocryptfs stores in a file of its own',
};

describe('the life of a vault', () => {
  it('goes from install to a remote whose copy opens elsewhere with the same files', async ({
    installation,
  }) => {
    const vault = vaultOf(installation, 'client1');
    const installed = await vault.succeed(
      'install',
      ...['--bin-dir', installation.binDirectory, '--remote-type', 'local', '--remote-path', vault.remoteDir],
    );
    expect(installed).toMatchObject({
      client: 'client1',
      profile: 'default',
      engine: 'gocryptfs',
      encryptedDir: vault.encryptedDir,
      mountDir: vault.mountDir,
      remote: { name: 'default-remote', type: 'local', path: vault.remoteDir },
      mounted: false,
      synced: false,
    });
    expect(installed.created).toContain(vault.encryptedDir);

    const { results: mounts } = await vault.succeed('mount');
    expect(mounts).toMatchObject([
      { client: 'client1', profile: 'default', state: 'mounted', changed: true },
    ]);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    writeFiles(vault.mountDir, files);
    symlinkSync('plain.txt', join(vault.mountDir, 'a link'));
    const written = readTree(vault.mountDir, [canaryName]);
    expect(Object.keys(written)).toHaveLength(Object.keys(files).length + 1);

    const { results: unmounts } = await vault.succeed('unmount');
    expect(unmounts).toMatchObject([{ state: 'unmounted', changed: true }]);
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(processesNaming(installation.directory)).toEqual([]);

    const { results: syncs } = await vault.succeed('sync');
    expect(syncs).toMatchObject([
      {
        remote: `default-remote:${vault.remoteDir}`,
        direction: 'upload',
        mode: 'sync',
        outcome: 'synced',
        strategy: 'full',
        deleted: 0,
        consistent: true,
        generation: 1,
      },
    ]);
    const sent = Object.keys(readTree(vault.encryptedDir));
    expect(syncs[0].filesTransferred).toBe(sent.length);
    expect(await vault.status()).toMatchObject({
      state: 'unmounted',
      health: 'unmounted',
      lastSync: { outcome: 'synced', generation: 1 },
    });
    expect(vault.marker()).toMatchObject({ state: 'committed', generation: 1 });

    const copy = copyByHand(installation, vault.remoteDir);
    expect(readTree(copy, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
    expect(restoreByHand(installation, vault.remoteDir)).toEqual(written);
  });

  it('begins again on another machine from a copy of the remote, which install adopts', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put(files);
    await vault.succeed('sync');
    const { vaultId } = JSON.parse(readFileSync(vault.profileFile, 'utf8'));

    const elsewhere = createInstallation();
    try {
      const restored = vaultOf(elsewhere, 'restored', vault.remoteDir);
      cpSync(vault.remoteDir, restored.encryptedDir, { recursive: true, preserveTimestamps: true });
      const before = readTree(restored.encryptedDir);
      const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
      const installed = await restored.succeed('install', '--no-links', ...remote);
      expect(installed.created).not.toContain(restored.encryptedDir);
      expect(readTree(restored.encryptedDir)).toEqual(before);
      expect(JSON.parse(readFileSync(restored.profileFile, 'utf8')).vaultId).toBe(vaultId);
      await restored.succeed('mount');
      for (const [name, content] of Object.entries(files))
        expect(readFileSync(join(restored.mountDir, name))).toEqual(Buffer.from(content));
      await restored.succeed('unmount');
      const { results } = await restored.succeed('sync');
      // the copy's own directory has another time, which is all there is to say
      expect(results).toMatchObject([{ filesTransferred: 0, deleted: 0, consistent: true, generation: 2 }]);
      expect((await restored.succeed('sync')).results).toMatchObject([{ outcome: 'unchanged' }]);
    } finally {
      await elsewhere.cleanUp();
    }
  });

  it('can be installed, synced and mounted by one command', async ({ installation }) => {
    const vault = vaultOf(installation, 'client1');
    const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
    const installed = await vault.succeed(
      'install',
      '--no-links',
      ...remote,
      '--initial-sync',
      '--auto-mount',
    );
    expect(installed).toMatchObject({ mounted: true, synced: true });
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(vault.marker()).toMatchObject({ state: 'committed', generation: 1 });
  });
});

describe('the same command again', () => {
  it('installs nothing anew: vault, profile and remote stay as they are', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const before = readTree(installation.root, []);
    const again = await installVault(installation);
    const forced = await vault.succeed('install', '--no-links', '--force');
    expect(forced.created).not.toContain(vault.encryptedDir);
    const after = readTree(installation.root);
    for (const path of Object.keys(before).filter((name) => !/ledger|locks/.test(name)))
      expect([path, after[path]]).toEqual([path, before[path]]);
    await again.succeed('mount');
    expect(readFileSync(join(vault.mountDir, 'a.txt'), 'utf8')).toBe('a');
  });

  it('mounts and unmounts once', async ({ installation }) => {
    const vault = await installVault(installation);
    expect((await vault.succeed('mount')).results[0].changed).toBe(true);
    expect((await vault.succeed('mount')).results[0]).toMatchObject({ state: 'mounted', changed: false });
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(processesNaming(vault.encryptedDir)).toHaveLength(1);
    expect((await vault.succeed('unmount')).results[0].changed).toBe(true);
    expect((await vault.succeed('unmount')).results[0]).toMatchObject({ state: 'unmounted', changed: false });
  });
});

describe('the scripts and links', () => {
  it('do what the commands do, and pass their arguments on', async ({ installation }) => {
    const vault = vaultOf(installation, 'client1');
    const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
    await vault.succeed('install', '--bin-dir', installation.binDirectory, ...remote);
    const link = (action: string): string =>
      join(installation.binDirectory, `cryptosync-${action}-client1-default`);
    expect(readdirSync(installation.binDirectory).sort()).toEqual([
      'cryptosync-mount-client1-default',
      'cryptosync-sync-client1-default',
      'cryptosync-unmount-client1-default',
    ]);
    const script = installation.client('client1', 'cryptosync', 'scripts', 'sync_default.sh');
    expect(readlinkSync(link('sync'))).toBe(script);
    expect(lstatSync(script).mode & 0o777).toBe(0o755);

    // from elsewhere, as cron does it: a bare environment, another directory
    const bare = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', CRYPTOSYNC_LOG: installation.logFile };
    const run = (action: string, ...args: string[]) =>
      installation.runProgram(link(action), args, { cwd: '/', environment: bare });
    writeFileSync(installation.path('password'), `${vaultPassword}\n`, { mode: 0o600 });
    const passwordFile = ['--password-file', installation.path('password')];
    expect(await run('mount', ...passwordFile)).toMatchObject({ exitCode: 0 });
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    writeFiles(vault.mountDir, { 'a.txt': 'a' });
    expect(await run('unmount')).toMatchObject({ exitCode: 0 });
    expect(mountsBelow(installation.directory)).toEqual([]);
    const other = installation.path('remotes', 'another');
    const synced = await run('sync', other, '--json');
    expect(synced.json.results).toMatchObject([{ outcome: 'synced', remote: `default-remote:${other}` }]);
    expect(Object.keys(restoreByHand(installation, other))).toEqual(['a.txt']);
  });
});
