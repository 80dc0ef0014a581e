/**
 * Never through a link, never across a mount, never into somebody else's: every directory and file of a tree with each
 * way in which another could get at it, the directory remote, a source, a purge, and the places of mounts.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
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
import { join, relative } from 'node:path';
import { describe, expect } from 'vitest';
import { removeTreeIn } from '../../src/system/paths/removal.ts';
import { inDirectory } from '../../src/system/paths/walk.ts';
import { type Installation, it } from '../support/installation.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

const nobody = 65_534;

/** A plain source beside the client's vault, synced once: fast, and everything in state/ is there. */
async function installSource(installation: Installation, client = 'client1'): Promise<ClientVault> {
  const source = installation.path('home', client);
  writeFiles(source, { 'd/file': 'one', other: 'two' });
  const plain = ['--source', source, '--allow-outside', '--plaintext'];
  const vault = await installVault(installation, client, ...plain);
  await vault.succeed('sync');
  return vault;
}

/** Every directory and file of a client's own tree that is believed or run, found by looking. */
function believed(installation: Installation): { directories: string[]; files: string[] } {
  const directories: string[] = [];
  const files: string[] = [];
  const walk = (path: string): void => {
    directories.push(path);
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(path, entry.name));
      else files.push(join(path, entry.name));
    }
  };
  for (const name of ['cryptosync', 'rclone']) walk(installation.client('client1', name));
  return { directories, files };
}

/** What uses a path: scripts are written by install, under its lock; an engine's state and lock are a mount's. */
function usersOf(path: string): readonly (readonly [string, ...string[]])[] {
  if (path.includes('/scripts') || path.endsWith('/config.lock')) return [['install', '--no-links']];
  if (path.includes('/state/engine-')) return [['mount']];
  // a sync takes the lock of its source, a mount that of the vault
  return path.includes('/vault-') ? [['sync'], ['mount']] : [['sync']];
}

async function refusal(vault: ClientVault, path: string): Promise<unknown> {
  for (const [command, ...args] of usersOf(path)) {
    const { exitCode, json } = await vault.run(command, ...args);
    const error = json.error ?? json.results?.[0]?.error;
    if (exitCode !== 0)
      return { exitCode, code: error?.code, names: error?.message.includes(path), hint: error?.hint };
  }
  return 'not refused';
}

/** A directory with all that is in it, or a file. */
const stateOf = (path: string): unknown =>
  lstatSync(path).isDirectory() ? snapshot(path) : [readFileSync(path, 'utf8'), lstatSync(path).mode];

const refused = (path: string, mend: string): unknown => ({
  exitCode: 10,
  code: 'CONFIG_INVALID',
  names: true,
  // an install says it in its own words
  hint: expect.stringMatching(mend === 'ls -l ' ? /ls -l |^Move it away/ : `${mend}${path}`),
});

/** Files that root reads before it uses them; what is only written is replaced by a file of its own. */
const isRead = (path: string): boolean => /default\.json$|rclone\.conf$|\.lock$|ledger-/.test(path);

describe("what root believes or runs of a client's tree", () => {
  it('is refused when it, or a directory above it, belongs to another user', async ({ installation }) => {
    const vault = await installSource(installation);
    const { directories, files } = believed(installation);
    expect(directories.length).toBeGreaterThan(5);
    const above = [installation.root, installation.client('client1')];
    for (const path of [...above, ...directories, ...files.filter(isRead)]) {
      chownSync(path, nobody, nobody);
      expect(await refusal(vault, path), path).toEqual(refused(path, 'chown root '));
      chownSync(path, 0, 0);
    }
    await vault.succeed('sync');
  });

  it('is refused when it, or a directory above it, can be written by others', async ({ installation }) => {
    const vault = await installSource(installation);
    const { directories, files } = believed(installation);
    const above = [installation.root, installation.client('client1')];
    for (const path of [...above, ...directories, ...files.filter(isRead)]) {
      const { mode } = lstatSync(path);
      chmodSync(path, (mode & 0o777) | 0o020);
      expect(await refusal(vault, path), path).toEqual(refused(path, 'chmod go-w '));
      chmodSync(path, mode & 0o777);
    }
    await vault.succeed('sync');
  });

  it('is refused when a link stands in its place, and nothing is written where that leads', async ({
    installation,
  }) => {
    const vault = await installSource(installation);
    const { directories, files } = believed(installation);
    const victim = installation.path('victim');
    for (const path of [...directories, ...files.filter(isRead)]) {
      renameSync(path, `${path}.aside`);
      // a copy: a write through the link would succeed
      cpSync(`${path}.aside`, victim, { recursive: true });
      const before = stateOf(victim);
      symlinkSync(victim, path);
      expect(await refusal(vault, path), path).toEqual(refused(path, 'ls -l '));
      expect(stateOf(victim), path).toEqual(before);
      for (const gone of [path, victim]) rmSync(gone, { recursive: true });
      renameSync(`${path}.aside`, path);
    }
    await vault.succeed('sync');
  });

  it('is replaced where it is only written, whatever a planted link leads to', async ({ installation }) => {
    const vault = await installSource(installation);
    const { files } = believed(installation);
    const victim = installation.path('victim');
    for (const path of files.filter((file) => !isRead(file))) {
      writeFileSync(victim, 'precious', { mode: 0o640 });
      rmSync(path);
      symlinkSync(victim, path);
      writeFiles(installation.path('home', 'client1'), { other: `changed for ${path}` });
      await vault.run('install', '--no-links', '--force');
      await vault.run('sync');
      expect([path, readFileSync(victim, 'utf8'), lstatSync(victim).mode & 0o777]).toEqual([
        path,
        'precious',
        0o640,
      ]);
      rmSync(path, { force: true });
    }
  });

  it('includes the password file and command that a profile names', async ({ installation }) => {
    const vault = await installVault(installation);
    const word = installation.path('own', 'word');
    mkdirSync(installation.path('own'));
    writeFileSync(word, `#!/bin/sh\necho '${installation.environment['CRYPTOSYNC_PASSWORD']}'\n`, {
      mode: 0o700,
    });
    const env = { CRYPTOSYNC_PASSWORD: undefined };
    const mount = () =>
      installation.cryptosync(['mount', '--client', 'client1', '--json', '--no-input'], { env });
    for (const named of [
      { passwordFile: word },
      { passwordCommand: word },
      { passwordCommand: `sh ${word}` },
    ]) {
      editProfile(vault, { passwordFile: undefined, passwordCommand: undefined, ...named });
      for (const path of [word, installation.path('own')]) {
        chownSync(path, nobody, nobody);
        const { exitCode, json } = await mount();
        const error = json.results[0].error;
        expect([named, exitCode, error.code], path).toEqual([named, 10, 'CONFIG_INVALID']);
        expect(error.message).toContain(path);
        chownSync(path, 0, 0);
      }
    }
    editProfile(vault, { passwordFile: undefined, passwordCommand: `sh ${word}` });
    expect(await mount()).toMatchObject({ exitCode: 0 });
  });
});

describe('a remote that is a directory', () => {
  it.each(['sync', 'copy'])('is never written through a link in it (--mode %s)', async (mode) => {
    // installed by hand, because a table has no fixture
    const { createInstallation } = await import('../support/installation.ts');
    const installation = createInstallation();
    try {
      const vault = await installSource(installation);
      const victim = installation.path('victim');
      for (const below of ['d', '.cryptosync', '.cryptosync/trash']) {
        const path = join(vault.remoteDir, below);
        mkdirSync(path, { recursive: true });
        renameSync(path, `${path}.aside`);
        cpSync(`${path}.aside`, victim, { recursive: true });
        symlinkSync(victim, path);
        const before = snapshot(victim);
        writeFiles(installation.path('home', 'client1'), { 'd/file': below, 'd/new': 'new' });
        const { exitCode, json } = await vault.run('sync', '--mode', mode);
        expect([below, exitCode, json.results[0].error?.code]).toEqual([below, 10, 'CONFIG_INVALID']);
        expect(json.results[0].error.message).toContain(path);
        expect(snapshot(victim), below).toEqual(before);
        rmSync(path);
        rmSync(victim, { recursive: true });
        renameSync(`${path}.aside`, path);
      }
      await vault.succeed('sync', '--mode', mode);
    } finally {
      await installation.cleanUp();
    }
  });
});

describe('a download', () => {
  it('writes nothing through links in the source, in either mode', async ({ installation }) => {
    const vault = await installSource(installation);
    const source = installation.path('home', 'client1');
    const victim = installation.path('victim');
    writeFiles(victim, { file: 'precious' });
    for (const mode of ['sync', 'copy']) {
      rmSync(join(source, 'd'), { recursive: true });
      symlinkSync(victim, join(source, 'd'));
      await vault.succeed('sync', '--direction', 'download', '--force', '--mode', mode);
      expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('precious');
      expect(readdirSync(victim)).toEqual(['file']);
      expect(readFileSync(join(source, 'd', 'file'), 'utf8')).toBe('one');
      expect(lstatSync(join(source, 'd')).isDirectory()).toBe(true);
    }
  });

  it('is refused where the way to the source leads through a link of another user', async ({
    installation,
  }) => {
    const vault = await installSource(installation);
    const victim = installation.path('victim');
    renameSync(installation.path('home'), victim);
    symlinkSync(victim, installation.path('home'));
    execFileSync('chown', ['-h', String(nobody), installation.path('home')]);
    const before = snapshot(victim);
    for (const direction of ['upload', 'download', 'bidirectional']) {
      const { exitCode, json } = await vault.run('sync', '--direction', direction, '--force');
      expect([direction, exitCode]).toEqual([direction, 10]);
      expect(json.results[0].error.message).toContain(
        `${installation.path('home')} is a link of uid ${nobody}`,
      );
    }
    expect(snapshot(victim)).toEqual(before);
  });

  it('is refused, before anything is transferred, where a disk is mounted in the source', async ({
    installation,
  }) => {
    const vault = await installSource(installation);
    const source = installation.path('home', 'client1');
    const point = join(source, 'd');
    execFileSync('mount', ['-t', 'tmpfs', 'disk', point]);
    writeFiles(point, { mine: 'kept' });
    const { exitCode, json } = await vault.run('sync', '--direction', 'download', '--force');
    expect([exitCode, json.results[0].error.code]).toEqual([10, 'CONFIG_INVALID']);
    expect(json.results[0].error.message).toContain(point);
    expect(readdirSync(point)).toEqual(['mine']);
    execFileSync('umount', [point]);
    expect(readdirSync(installation.path('home'))).toEqual(['client1']);
  });
});

describe('uninstall --purge-vault', () => {
  it('removes nothing across a mount in the vault', async ({ installation }) => {
    const vault = await installVault(installation);
    const victim = installation.path('victim');
    writeFiles(victim, { 'deep/file': 'precious' });
    const point = join(vault.encryptedDir, 'inside');
    mkdirSync(point);
    execFileSync('mount', ['--bind', victim, point]);
    const before = snapshot(vault.encryptedDir);
    const { exitCode, json } = await vault.run('uninstall', '--purge-vault', '--yes-delete', 'client1');
    expect([exitCode, json.error.code]).toEqual([10, 'CONFIG_INVALID']);
    expect(json.error).toMatchObject({
      message: expect.stringContaining(point),
      hint: `Unmount it first: umount ${point}`,
    });
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    execFileSync('umount', [point]);
    await vault.succeed('uninstall', '--purge-vault', '--yes-delete', 'client1');
    expect(existsSync(vault.encryptedDir)).toBe(false);
    expect(readFileSync(join(victim, 'deep', 'file'), 'utf8')).toBe('precious');
  });
});

describe('a removal', () => {
  it('stops at what is mounted in it, also where no name leads there any more', ({ installation }) => {
    const victim = installation.path('victim');
    const doomed = installation.path('doomed');
    writeFiles(victim, { 'deep/file': 'precious' });
    mkdirSync(join(doomed, 'all', 'inside'), { recursive: true });
    inDirectory(doomed, {}, (held) => {
      // the table of mounts knows it by the name that came meanwhile
      renameSync(doomed, `${doomed}.moved`);
      const point = join(`${doomed}.moved`, 'all', 'inside');
      execFileSync('mount', ['--bind', victim, point]);
      expect(() => removeTreeIn(held, 'all')).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          advice: expect.objectContaining({ to: 'take-mount-off' }),
        }),
      );
      execFileSync('umount', [point]);
    });
    expect(readFileSync(join(victim, 'deep', 'file'), 'utf8')).toBe('precious');
  });
});

describe('a mount directory inside what another client sends', () => {
  it('is refused, whichever comes first and whoever says it', async ({ installation }) => {
    const other = await installSource(installation, 'other');
    const vault = await installVault(installation);
    const configSet = (client: string, key: string, value: string) =>
      installation.cryptosync(['config', 'set', key, value, '--client', client, '--json']);
    const places = [other.encryptedDir, installation.path('home', 'other'), other.remoteDir];
    for (const place of places) {
      const mountDir = join(place, 'inside');
      const install = await vault.run('install', '--no-links', '--force', '--mount-dir', mountDir);
      expect([place, install.exitCode, install.json.error?.code]).toEqual([place, 10, 'CONFIG_INVALID']);
      expect(install.json.error.message).toContain(`of other/default, ${place}`);
      const set = await configSet('client1', 'mountDir', mountDir);
      expect([place, set.exitCode]).toEqual([place, 10]);

      // an editor that knows nothing of it has written it all the same
      editProfile(vault, { mountDir });
      expect([place, (await vault.run('mount')).exitCode]).toEqual([place, 10]);
      expect([place, (await other.run('sync')).exitCode]).toEqual([place, 10]);
      const last = await configSet('other', 'maxDelete', '5');
      expect([place, last.exitCode]).toEqual([place, 10]);
      expect(existsSync(mountDir)).toBe(false);
      editProfile(vault, { mountDir: vault.mountDir });
    }
    await vault.succeed('mount');
    await other.succeed('sync');
  });

  it('is refused to a sync when a vault of nobody known is mounted there', async ({ installation }) => {
    const other = await installSource(installation, 'other');
    const stranger = installation.path('stranger');
    const point = join(installation.path('home', 'other'), 'inside');
    for (const path of [stranger, point]) mkdirSync(path);
    const input = 'a password\n';
    execFileSync('gocryptfs', ['-init', '-q', '-scryptn', '10', '--', stranger], { input });
    execFileSync('gocryptfs', ['-q', '--', stranger, point], { input, stdio: ['pipe', 'ignore', 'ignore'] });
    writeFileSync(join(point, 'secret'), 'TOPSECRET');
    const { exitCode, json } = await other.run('sync');
    expect([exitCode, json.results[0].error.code]).toEqual([10, 'CONFIG_INVALID']);
    expect(json.results[0].error.message).toContain(point);
    expect(Object.keys(readTree(other.remoteDir)).map((path) => relative('.', path))).not.toContain(
      'inside/secret',
    );
  });
});
