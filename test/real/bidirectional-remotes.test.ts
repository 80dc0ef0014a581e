/** Bidirectional syncs with an encrypted vault, through a crypt layer, and with servers. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cryptRemote } from '../../src/remotes/crypt.ts';
import { rclone } from '../../src/remotes/rclone/call.ts';
import { rclonePath } from '../../src/remotes/remote.ts';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { bothSides, contentOf, remove, writeAt } from '../support/both-sides.ts';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { unmountAllBelow } from '../support/machine.ts';
import {
  cleanEnvironment,
  makeKey,
  type Server,
  serveOpenSsh,
  serveS3,
  serveWebdav,
} from '../support/serve.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, canaryName, installVault, openByHand } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
});
afterAll(() => installation.cleanUp());

describe('a vault', () => {
  const sync = ['--direction', 'bidirectional'];
  let own: ClientVault;

  beforeAll(async () => {
    own = await installVault(installation, 'vault-client');
    await own.put({ 'here/a': '1', 'both/x': '1', 'shared/one': '1', 'shared/two': '2' });
    await own.succeed('sync', ...sync);
  });

  /** The same vault, opened on another machine that works on the remote's files. */
  function onOtherMachine(action: (mountPoint: string) => void): void {
    const mountPoint = mkdtempSync(installation.path('other-'));
    execFileSync('gocryptfs', ['-q', '--', own.remoteDir, mountPoint], {
      input: `${vaultPassword}\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    try {
      action(mountPoint);
    } finally {
      unmountAllBelow(mountPoint);
    }
  }

  async function onThisMachine(action: (mountPoint: string) => void): Promise<void> {
    await own.succeed('mount');
    action(own.mountDir);
    await own.succeed('unmount');
  }

  const hereAndThere = () => [
    openByHand(installation, own.encryptedDir),
    openByHand(installation, own.remoteDir),
  ];

  it('takes changes of both machines, and holds no name afterwards that does not decrypt', async () => {
    const long = 'n'.repeat(200);
    onOtherMachine((mountPoint) => {
      writeFiles(mountPoint, { 'there/b': '2', [`there/${long}`]: 'l' });
      writeAt(mountPoint, 'both/x', 'theirs', 30);
    });
    await onThisMachine((mountPoint) => {
      writeFiles(mountPoint, { 'here/c': '3' });
      writeAt(mountPoint, 'both/x', 'mine', 60);
    });
    const { results } = await own.succeed('sync', ...sync);
    expect(results[0].conflicts).toHaveLength(1);
    expect(results[0].conflicts[0]).toMatchObject({ winner: 'local' });
    const [here, there] = hereAndThere();
    expect(there).toEqual(here);
    expect(Object.keys(here ?? {}).sort()).toEqual(
      ['here/a', 'here/c', 'there/b', `there/${long}`, 'both/x', 'shared/one', 'shared/two'].sort(),
    );
    await onThisMachine((mountPoint) => {
      expect(contentOf(mountPoint)).toMatchObject({ 'both/x': 'mine', 'there/b': '2' });
    });
    expect((await own.succeed('sync', ...sync)).results[0]).toMatchObject({ outcome: 'unchanged' });
  });

  it('keeps what a directory is opened with, where one side deleted the directory and the other put a file in it', async () => {
    onOtherMachine((mountPoint) => writeFiles(mountPoint, { 'shared/three': '3' }));
    await onThisMachine((mountPoint) => remove(mountPoint, 'shared', 'here'));
    await own.succeed('sync', ...sync);
    const [here, there] = hereAndThere();
    expect(there).toEqual(here);
    expect(Object.keys(here ?? {}).filter((path) => /^(shared|here)/.test(path))).toEqual(['shared/three']);
    onOtherMachine((mountPoint) => expect(readTree(mountPoint)).not.toHaveProperty('here'));
    expect((await own.succeed('sync', ...sync)).results[0]).toMatchObject({ outcome: 'unchanged' });
  });

  it('is not mixed: not while it is mounted, and not with another configuration or another directory key', async () => {
    const refused = async (code: string): Promise<void> => {
      const before = [snapshot(own.encryptedDir), snapshot(own.remoteDir)];
      expect((await own.run('sync', ...sync)).json.error).toMatchObject({ code });
      expect([snapshot(own.encryptedDir), snapshot(own.remoteDir)]).toEqual(before);
    };
    await own.succeed('mount');
    await refused('VAULT_MOUNTED');
    await own.succeed('unmount');
    const name = 'gocryptfs.conf';
    const [config, kept] = [join(own.remoteDir, name), installation.path('kept.conf')];
    renameSync(config, kept);
    await refused('VAULT_MISMATCH');
    const changed = readFileSync(kept, 'utf8').replace(/"Creator": "[^"]*"/, '"Creator": "somebody else"');
    writeFileSync(config, changed);
    writeFileSync(join(own.encryptedDir, name), `${readFileSync(join(own.encryptedDir, name), 'utf8')} `);
    await refused('VAULT_MISMATCH');
    expect(changed).not.toBe(readFileSync(kept, 'utf8'));
    cpSync(kept, config, { preserveTimestamps: true });
    cpSync(kept, join(own.encryptedDir, name), { preserveTimestamps: true });
    onOtherMachine((mountPoint) => writeFiles(mountPoint, { 'made twice/b': '2' }));
    await onThisMachine((mountPoint) => writeFiles(mountPoint, { 'made twice/a': '1' }));
    await refused('VAULT_MISMATCH');
    await onThisMachine((mountPoint) => renameSync(join(mountPoint, 'made twice'), join(mountPoint, 'mine')));
    await own.succeed('sync', ...sync);
    const [here, there] = hereAndThere();
    expect(there).toEqual(here);
    expect(here).toMatchObject({ 'made twice/b': expect.any(String), 'mine/a': expect.any(String) });
    expect(Object.keys(here ?? {})).not.toContain(canaryName);
  });
});

describe('a crypt layer', () => {
  it.each(['standard', 'off'] as const)('with %s names keeps its state from run to run', async (mode) => {
    const [key, salt] = [generateEncryptionKey(), generateEncryptionKey()];
    const env = { CRYPTOSYNC_ENCRYPTION_KEY: key, CRYPTOSYNC_ENCRYPTION_SALT: salt };
    const crypt = { filenameEncryption: mode };
    const sides = bothSides(installation, vault, `crypt-${mode}`, { profile: { crypt } });
    writeFiles(sides.local, { edited: '1', 'dir/gone there': '1', gone: '1', both: '1', stays: '1' });
    await sides.succeed([], { env });

    const configFile = installation.client(vault.client, 'rclone', 'rclone.conf');
    const { name } = JSON.parse(readFileSync(vault.profileFile, 'utf8')).remote;
    const view = cryptRemote(
      { name, type: 'local', path: sides.remote, configFile },
      { filenameEncryption: mode, directoryNameEncryption: true },
      { key: validateEncryptionKey(key), salt: validateEncryptionKey(salt, 'salt') },
    );
    const there = async (...args: string[]): Promise<string> => {
      const call = { args, configFile, environment: view.environment, deadline: 30_000 };
      const result = await rclone(call, { environment: cleanEnvironment });
      expect(result.errors).toEqual([]);
      return result.stdout;
    };
    const incoming = installation.path(`incoming-${mode}`);
    writeFiles(incoming, { 'dir/new there': 'n' });
    writeAt(incoming, 'both', 'theirs', 60);
    await there('copy', incoming, rclonePath(view));
    await there('deletefile', rclonePath(view, 'dir/gone there'));
    writeFiles(sides.local, { edited: '2' });
    writeAt(sides.local, 'both', 'mine', 30);
    remove(sides.local, 'gone');
    const result = await sides.succeed([], { env });
    expect(result).toMatchObject({
      filesTransferred: 3,
      deleted: 2,
      conflicts: [{ path: 'both', winner: 'remote' }],
    });
    const files = { both: 'theirs', 'dir/new there': 'n', edited: '2', stays: '1' };
    expect(contentOf(sides.local)).toEqual(files);
    const back = installation.path(`back-${mode}`);
    await there('copy', rclonePath(view), back, '--filter', '- /.cryptosync/**');
    expect(contentOf(back)).toEqual(files);
    expect(await there('lsf', '-R', '--files-only', rclonePath(view, '.cryptosync/trash'))).toMatch(
      /edited\n.*gone\n/,
    );
    expect(sides.kept('local')).toEqual(['1', 'mine']);
    expect(await sides.succeed([], { env })).toMatchObject({ outcome: 'unchanged' });

    const wrong = { env: { ...env, CRYPTOSYNC_ENCRYPTION_KEY: generateEncryptionKey() } };
    const before = [snapshot(sides.local), snapshot(sides.remote)];
    expect(await sides.fail([], wrong)).toMatchObject({ code: 'DECRYPTION_FAILED', exit: 12 });
    remove(sides.local, ...Object.keys(files).map((path) => path.split('/')[0] ?? ''));
    expect(await sides.fail([], { env })).toMatchObject({ code: 'VAULT_EMPTY' });
    expect(snapshot(sides.remote)).toEqual(before[1]);
  });

  it('leaves an emptied remote empty that was synced before', async () => {
    const env = { CRYPTOSYNC_ENCRYPTION_KEY: generateEncryptionKey() };
    const crypt = { filenameEncryption: 'standard' };
    const sides = bothSides(installation, vault, 'crypt-emptied', { profile: { crypt } });
    writeFiles(sides.local, { a: '1' });
    await sides.succeed([], { env });
    rmSync(sides.remote, { recursive: true });
    mkdirSync(sides.remote);
    expect(await sides.fail([], { env })).toMatchObject({ code: 'REMOTE_BEHIND', exit: 15 });
    expect(readTree(sides.remote)).toEqual({});
    await sides.succeed(['--resync', '--prefer', 'local'], { env });
    expect(await sides.succeed([], { env })).toMatchObject({ outcome: 'unchanged' });
  });
});

describe('a server', () => {
  let server: Server;
  const addRemote = (lines: readonly string[]): void =>
    appendFileSync(installation.client(vault.client, 'rclone', 'rclone.conf'), `\n${lines.join('\n')}\n`);

  it('by SFTP, whose times are whole seconds, gets every edit and gives every edit', async () => {
    const keys = installation.path('keys');
    mkdirSync(keys);
    makeKey(join(keys, 'user'));
    const sftp = await serveOpenSsh(keys, join(keys, 'user.pub'));
    server = sftp;
    try {
      writeFileSync(join(keys, 'known_hosts'), sftp.knownHostsLine);
      addRemote([
        ...[
          '[sftp]',
          'type = sftp',
          'host = 127.0.0.1',
          `port = ${sftp.port}`,
          `user = ${userInfo().username}`,
        ],
        ...[`key_file = ${join(keys, 'user')}`, `known_hosts_file = ${join(keys, 'known_hosts')}`],
      ]);
      const served = installation.path('served');
      const sides = bothSides(installation, vault, 'sftp', {
        served,
        mapping: { remotePath: join(served, 'sftp') },
        profile: { remote: { name: 'sftp', path: '' } },
      });
      writeFiles(sides.local, {
        'dir/gone': '1',
        'gone/there': '1',
        mine: '1',
        theirs: '1',
        both: '1',
        stays: '1',
      });
      await sides.succeed();
      expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
      // within the same second and of the same size
      writeFiles(sides.local, { mine: '2' });
      writeAt(sides.remote, 'theirs', '2', 1.2);
      writeAt(sides.local, 'both', 'mine', 30.7);
      writeAt(sides.remote, 'both', 'them', 30.2);
      remove(sides.local, 'dir');
      remove(sides.remote, 'gone');
      const result = await sides.succeed();
      expect(result).toMatchObject({ filesTransferred: 3, deleted: 2, conflicts: [{ path: 'both' }] });
      const files = contentOf(sides.local);
      expect(files).toMatchObject({ mine: '2', theirs: '2', stays: '1' });
      expect(contentOf(sides.remote)).toEqual(files);
      expect(Object.keys(files)).toEqual(['both', 'mine', 'stays', 'theirs']);
      expect(readTree(sides.remote, ['.cryptosync'])).not.toHaveProperty('dir');
      expect([...sides.kept('local'), ...sides.kept('remote')].sort()).toEqual(
        ['1', '1', '1', '1', files['both'] === 'mine' ? 'them' : 'mine'].sort(),
      );
      expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
    } finally {
      await server.stop();
    }
  });

  it('by S3, which has no directories and moves by copying, gets and gives changes', async () => {
    const bucket = installation.path('s3');
    mkdirSync(bucket);
    server = await serveS3(bucket, 'bucket');
    try {
      const endpoint = `endpoint = http://127.0.0.1:${server.port}`;
      addRemote([
        ...[
          '[s3]',
          'type = s3',
          'provider = Other',
          'region = us-east-1',
          'no_check_bucket = true',
          endpoint,
        ],
        ...['access_key_id = S3RVER', 'secret_access_key = S3RVER'],
      ]);
      const sides = bothSides(installation, vault, 's3', {
        mapping: { remotePath: 'bucket/place' },
        // s3rver leaves a directory that holds only directories out of listings by directory
        profile: { remote: { name: 's3', path: '' }, rcloneFlags: ['--fast-list'] },
      });
      const configFile = installation.client(vault.client, 'rclone', 'rclone.conf');
      const there = async (...args: string[]): Promise<void> => {
        const result = await rclone(
          { args, configFile, deadline: 30_000 },
          { environment: cleanEnvironment },
        );
        expect(result.errors).toEqual([]);
      };
      writeFiles(sides.local, {
        'dir/gone': '1',
        'dir/there': '1',
        mine: '1',
        theirs: '1',
        'only/a/dir': '1',
      });
      await sides.succeed();
      const incoming = installation.path('s3-incoming');
      writeAt(incoming, 'theirs', '2', 30);
      await there('copy', incoming, 's3:bucket/place');
      await there('deletefile', 's3:bucket/place/dir/there');
      writeFiles(sides.local, { mine: '2' });
      remove(sides.local, 'dir/gone');
      expect(await sides.succeed()).toMatchObject({ filesTransferred: 2, deleted: 2 });
      const files = { mine: '2', 'only/a/dir': '1', theirs: '2' };
      expect(contentOf(sides.local)).toEqual(files);
      const back = installation.path('s3-back');
      await there('copy', '--fast-list', 's3:bucket/place', back);
      expect(contentOf(back)).toEqual(files);
      expect(Object.values(contentOf(join(back, '.cryptosync', 'trash')))).toEqual(['1', '1']);
      expect(await sides.succeed()).toMatchObject({ outcome: 'unchanged' });
    } finally {
      await server.stop();
    }
  });

  it('by WebDAV, which keeps no times, is refused before anything moves', async () => {
    const served = installation.path('dav');
    mkdirSync(served);
    server = await serveWebdav(served);
    try {
      addRemote(['[dav]', 'type = webdav', `url = http://127.0.0.1:${server.port}`, 'vendor = other']);
      const sides = bothSides(installation, vault, 'dav', {
        served,
        mapping: { remotePath: 'dav' },
        profile: { remote: { name: 'dav', path: '' } },
      });
      writeFiles(sides.local, { a: '1' });
      const error = await sides.fail();
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
      expect(error.hint).toMatch(/--direction upload/);
      expect(readTree(served)).toEqual({});
    } finally {
      await server.stop();
    }
  });
});
