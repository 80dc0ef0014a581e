/** Restoring as an operator does it: over a vault, beside it, on a machine that knows nothing, and after every mishap. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { killWhen } from '../support/kill.ts';
import { mountsBelow } from '../support/machine.ts';
import { snapshotOf } from '../support/machines.ts';
import { snapshot } from '../support/snapshot.ts';
import { startStorage, storageKinds } from '../support/storage.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, editProfile, installVault, openByHand, vaultOf } from '../support/vault.ts';

const aside = ({ encryptedDir }: ClientVault): string[] =>
  readdirSync(join(encryptedDir, '..')).filter((name) => name.startsWith('encrypted.before-restore-'));

/** Two generations, and the vault unmounted. */
async function twoGenerations(installation: Installation): Promise<ClientVault> {
  const vault = await installVault(installation);
  await vault.put({ 'a.txt': 'first', 'below/b.txt': 'too' });
  await vault.succeed('sync');
  await vault.put({ 'a.txt': 'second', 'new.txt': 'new' });
  await vault.succeed('sync');
  return vault;
}

describe('cryptosync restore', () => {
  let installation: Installation;
  let vault: ClientVault;
  /** Sets the remote back to what was sent. */
  let setBack: () => void;
  beforeAll(async () => {
    installation = createInstallation();
    vault = await twoGenerations(installation);
    setBack = snapshotOf(vault.remoteDir);
  });
  afterAll(() => installation.cleanUp());
  beforeEach(() => {
    setBack();
    for (const name of aside(vault)) rmSync(join(vault.encryptedDir, '..', name), { recursive: true });
  });

  const bare = (name: string, ...args: string[]) =>
    installation.cryptosync(
      [
        'restore',
        '--client',
        'client1',
        '--no-links',
        '--json',
        '--from',
        `anything:${vault.remoteDir}`,
      ].concat(['--remote-type', 'local', ...args]),
      { env: { CRYPTOSYNC_ROOT: installation.path(name) } },
    );

  test('puts a generation in the place of the vault, which is moved aside', async () => {
    const before = readTree(vault.encryptedDir);
    const { restored } = await vault.succeed('restore', '--generation', '1');
    expect(restored).toMatchObject([
      { generation: 1, seal: 'right', notRestored: [], directory: vault.encryptedDir },
    ]);
    expect(openByHand(installation, vault.encryptedDir)).toEqual({
      'a.txt': expect.any(String),
      'below/b.txt': expect.any(String),
    });
    expect(readTree(restored[0].keptAside)).toEqual(before);
    // and goes on from it: what the remote has besides goes to its trash
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 3 });
    expect((await vault.succeed('mount')).results[0]).toMatchObject({ state: 'mounted' });
    expect((await vault.run('restore')).json.error).toMatchObject({ code: 'VAULT_MOUNTED', exit: 75 });
    await vault.succeed('unmount');
    expect((await vault.succeed('restore', '--generation', '2')).restored[0]).toMatchObject({
      generation: 2,
    });
    expect(openByHand(installation, vault.encryptedDir)).toHaveProperty(['new.txt']);
    expect(vault.ledger().at(-1)).toMatchObject({ operation: 'restore', outcome: 'restored' });
  });

  test('beside it, into a directory that is not there yet, and never over one that is', async () => {
    const before = snapshot(vault.encryptedDir);
    const to = installation.path('looked-at');
    await vault.succeed('restore', '--at', '2999-01-01', '--to', to);
    expect(openByHand(installation, to)).toHaveProperty(['new.txt']);
    expect((await vault.run('restore', '--to', to)).json.error).toMatchObject({ code: 'USAGE' });
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    rmSync(to, { recursive: true });
  });

  test('refuses a remote that was set back', async () => {
    const before = snapshot(vault.encryptedDir);
    expect((await vault.run('restore', '--at-least', '99')).json.error).toMatchObject({
      code: 'REMOTE_BEHIND',
      exit: 15,
    });
    expect(snapshot(vault.encryptedDir)).toEqual(before);
  });

  test('on a machine that knows nothing: credentials and password are enough', async () => {
    const result = await bare('bare', '--generation', '1');
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(result.json.restored).toMatchObject([{ generation: 1, seal: 'right', keptAside: null }]);
    const env = { CRYPTOSYNC_ROOT: installation.path('bare') };
    const run = (...args: string[]) =>
      installation.cryptosync([...args, '--client', 'client1', '--json'], { env });
    expect((await run('mount')).json.results).toMatchObject([{ state: 'mounted' }]);
    expect(Object.keys(readTree(installation.path('bare', 'client1', 'vault', 'decrypted')))).toContain(
      'below/b.txt',
    );
    await run('unmount');
    // the same command once more is a restore like any other; another remote is not set up by it
    expect((await bare('bare', '--generation', '1')).json.restored).toMatchObject([
      { generation: 1, keptAside: expect.any(String) },
    ]);
    expect((await bare('bare', '--crypt')).json.error).toMatchObject({ code: 'ALREADY_INSTALLED' });
    // an older state than the remote's newest is sent only when that is said
    expect((await run('sync')).json.error).toMatchObject({ code: 'REMOTE_AHEAD' });
    expect((await run('restore')).json.restored).toMatchObject([
      { generation: expect.any(Number), keptAside: expect.any(String) },
    ]);
    expect((await run('sync')).json.results).toMatchObject([{ outcome: 'unchanged' }]);
  });

  test('on a machine that knows nothing: what was stopped behind the vault is ended, and nothing is fetched again', async () => {
    const there = (...names: string[]): string => installation.path('half', 'client1', ...names);
    const scripts = there('cryptosync', 'scripts');
    mkdirSync(scripts, { recursive: true, mode: 0o700 });
    // nothing can be written there, until that is taken back
    execFileSync('chattr', ['+i', scripts]);
    try {
      expect((await bare('half')).json.error).toMatchObject({ code: 'CONFIG_INVALID' });
    } finally {
      execFileSync('chattr', ['-i', scripts]);
    }
    const brought = readTree(there('vault', 'encrypted'));
    // by the same command, also without what is set up by now
    const again = [
      'restore',
      '--client',
      'client1',
      '--no-links',
      '--json',
      '--root',
      installation.path('half'),
    ];
    const [half] = (await installation.cryptosync(again)).json.restored;
    expect(half).toMatchObject({ generation: 2, keptAside: null, filesFetched: 0, filesResumed: half.files });
    expect(readTree(there('vault', 'encrypted'))).toEqual(brought);
    // and it was ended once: what was left is no reason any more
    expect((await bare('half')).json.restored).toMatchObject([{ keptAside: expect.any(String) }]);
  });

  test('on a machine that knows nothing: a vault that was left open without a profile is closed', async () => {
    const at = (...names: string[]): string => installation.path('open', ...names);
    expect(await bare('open')).toMatchObject({ exitCode: 0 });
    const mount = ['mount', '--client', 'client1', '--root', at()];
    expect(await installation.cryptosync(mount)).toMatchObject({ exitCode: 0 });
    rmSync(at('client1', 'cryptosync', 'config', 'default.json'));
    const again = await bare('open');
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('"restored"')]);
    expect(mountsBelow(at())).toEqual([]);
  });

  test('on a machine that knows nothing, beside: all of it, or files of it, and nothing else is left there', async () => {
    mkdirSync(installation.path('beside'));
    const at = (name: string): string => installation.path('beside', name);
    const args = ['--generation', '1', '--path', 'a.txt', '--path', 'below', '--to', at('found')];
    const found = await bare('stranger', ...args);
    expect(found.json.restored, found.stdout).toMatchObject([
      { generation: 1, seal: 'right', filesResumed: 0, directory: at('found') },
    ]);
    expect(found.json.restored[0].filesFetched).toBeLessThan(8);
    expect(readFileSync(at('found/a.txt'), 'utf8')).toBe('first');
    expect(Object.keys(readTree(at('found')))).toEqual(['a.txt', 'below/b.txt']);
    const whole = await bare('stranger', '--to', at('whole'));
    expect(whole.json.restored, whole.stdout).toMatchObject([{ generation: 2, keptAside: null }]);
    expect(openByHand(installation, at('whole'))).toHaveProperty(['new.txt']);
    const absent = await bare('stranger', '--path', 'none', '--to', at('none'));
    expect(absent.json.error).toMatchObject({ code: 'USAGE', exit: 2 });
    const wrong = await installation.cryptosync(
      [
        'restore',
        '--client',
        'client1',
        '--json',
        '--from',
        `r:${vault.remoteDir}`,
        '--remote-type',
        'local',
      ].concat(['--path', 'a.txt', '--to', at('wrong')]),
      { env: { CRYPTOSYNC_ROOT: installation.path('stranger'), CRYPTOSYNC_PASSWORD: 'wrong' } },
    );
    expect(wrong.json.error).toMatchObject({ code: 'WRONG_PASSWORD', exit: 12 });
    rmSync(at('wrong'), { recursive: true });
    expect(readdirSync(installation.path('beside')).sort()).toEqual(['found', 'whole']);
    expect(existsSync(installation.path('stranger'))).toBe(false);
    expect(mountsBelow(installation.directory)).toEqual([]);
  });

  test('with a wrong password nothing is put in place, and with the right one nothing is fetched again', async () => {
    const env = { CRYPTOSYNC_ROOT: installation.path('mistyped'), CRYPTOSYNC_PASSWORD: 'wrong' };
    const args = ['restore', '--client', 'client1', '--no-links', '--json', '--remote-type', 'local'];
    const place = ['--from', `r:${vault.remoteDir}`];
    const refused = await installation.cryptosync([...args, ...place], { env });
    expect(refused.json.error).toMatchObject({ code: 'WRONG_PASSWORD', exit: 12 });
    expect(readdirSync(installation.path('mistyped', 'client1', 'vault'))).not.toContain('encrypted');
    const right = { CRYPTOSYNC_ROOT: installation.path('mistyped') };
    const { json } = await installation.cryptosync([...args, ...place], { env: right });
    expect(json.restored).toMatchObject([{ filesFetched: 0, seal: 'right' }]);
    expect(mountsBelow(installation.directory)).toEqual([]);
  });

  const stripped = (change: (lines: string[]) => string[]): void => {
    const own = join(vault.remoteDir, '.cryptosync');
    const marker = vault.marker();
    const file = join(own, 'manifests', marker.manifest.file);
    const lines = change(gunzipSync(readFileSync(file)).toString().trimEnd().split('\n').slice(0, -1));
    const end = JSON.stringify({ end: { entries: lines.length - 1, seal: null } });
    writeFileSync(file, gzipSync(`${[...lines, end].join('\n')}\n`));
    writeFileSync(vault.markerFile, JSON.stringify({ ...marker, seal: null }));
  };

  test('a manifest that was forged is found when the vault is opened, and nothing is put in place', async () => {
    stripped((lines) => lines.filter((line) => !/"kind":"removed"/.test(line)).slice(0, -1));
    const { json } = await bare('forged');
    expect(json.error, JSON.stringify(json)).toMatchObject({ code: 'VERIFY_FAILED', exit: 16 });
    expect(readdirSync(installation.path('forged', 'client1', 'vault'))).not.toContain('encrypted');
    // on a machine that knows the vault, too
    const before = snapshot(vault.encryptedDir);
    expect((await vault.run('restore')).json.error).toMatchObject({ code: 'VERIFY_FAILED' });
    expect(snapshot(vault.encryptedDir)).toEqual(before);
  });

  test('a file that is not what was sent is named, and the vault stays', async () => {
    const [name = ''] = readdirSync(vault.remoteDir).filter((one) => !/^(gocryptfs|\.)/.test(one));
    const path = join(vault.remoteDir, name);
    const damaged = readdirSync(vault.remoteDir, { withFileTypes: true }).find(
      (one) => one.isFile() && one.name === name,
    )
      ? path
      : join(path, 'gocryptfs.diriv');
    writeFileSync(damaged, 'something else');
    // what a run before has fetched would do
    rmSync(`${vault.encryptedDir}.restoring`, { recursive: true, force: true });
    const before = snapshot(vault.encryptedDir);
    const { json } = await vault.run('restore');
    expect(json.error).toMatchObject({ code: 'VERIFY_FAILED', message: expect.stringContaining(name) });
    expect(snapshot(vault.encryptedDir)).toEqual(before);
  });
});

describe('a restore that is cut off', () => {
  it('fetches only the rest the next time', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(manyFiles(60, 20_000));
    await vault.succeed('sync');
    editProfile(vault, { bwlimit: '1M' });
    const state = installation.client('client1', 'cryptosync', 'state');
    const arrived = (): number => {
      const incoming = readdirSync(state).find((name) => name.startsWith('incoming-'));
      return incoming === undefined ? 0 : readdirSync(join(state, incoming)).length;
    };
    const args = ['restore', '--client', 'client1', '--json'];
    expect(await killWhen(installation, args, () => arrived() >= 50)).toBe(true);
    editProfile(vault, { bwlimit: undefined });
    const [{ filesFetched, filesResumed }] = (await vault.succeed('restore')).restored;
    expect(filesResumed).toBeGreaterThanOrEqual(48);
    expect(filesFetched + filesResumed).toBe(64);
    expect(Object.keys(openByHand(installation, vault.encryptedDir))).toHaveLength(60);
  });
});

describe('single files and directories of the plaintext', () => {
  it('come back without the whole vault, of any generation, with all that they were', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const long = 'a name of two hundred bytes '.repeat(7).trim();
    await vault.succeed('mount');
    writeFiles(vault.mountDir, {
      'contracts/2026/one': 'first',
      [`contracts/2026/${long}/deep`]: 'deep',
      'contracts/2025/old': 'old',
      ...manyFiles(50, 100),
    });
    const wanted = join(vault.mountDir, 'contracts/2026');
    execFileSync(
      'sh',
      [
        '-c',
        'ln -s one link; ln one hard; chmod 640 one; chown 1234:55 one; truncate -s 5M sparse; touch -d 2001-01-01 *',
      ],
      { cwd: wanted },
    );
    const before = readTree(wanted);
    await vault.succeed('sync');
    rmSync(wanted, { recursive: true });
    await vault.succeed('sync');
    const to = installation.path('found');
    const absent = await vault.run('restore', '--path', 'contracts/2026', '--to', to);
    expect(absent.json.error).toMatchObject({ code: 'USAGE', exit: 2 });
    expect(existsSync(to)).toBe(false);
    const args = ['--path', 'contracts/2026/', '--generation', '1', '--to', to];
    const { restored } = await vault.succeed('restore', ...args);
    expect(readTree(join(to, 'contracts/2026'))).toEqual(before);
    const one = statSync(join(to, 'contracts/2026/one'));
    expect(one).toMatchObject({ uid: 1234, gid: 55, nlink: 2, mode: 0o100640 });
    expect(Math.round(one.mtimeMs)).toBe(new Date(2001, 0, 1).getTime());
    expect(statSync(join(to, 'contracts/2026/sparse')).blocks * 512).toBeLessThan(100_000);
    expect(readdirSync(join(to, 'contracts'))).toEqual(['2026']);
    expect(restored).toMatchObject([{ generation: 1, seal: 'right', filesResumed: 0 }]);
    expect(restored[0].filesFetched).toBeLessThan(20);
    // never over what is there; and what is there stays beside what comes
    expect((await vault.run('restore', ...args)).json.error).toMatchObject({ code: 'USAGE' });
    const two = ['--path', 'contracts/2025/old', '--path', 'many/7', '--to', to];
    const { stdout } = await installation.cryptosync(['restore', '--client', 'client1', ...two]);
    expect(stdout).toMatch(
      /: contracts\/2025\/old, many\/7 of generation \d+ of .* put together from \d+ files/,
    );
    expect(readFileSync(join(to, 'contracts/2025/old'), 'utf8')).toBe('old');
    expect(readdirSync(to).sort()).toEqual(['contracts', 'many']);
    await vault.succeed('unmount');
    expect(mountsBelow(installation.directory)).toEqual([]);
    for (const outside of ['../up', '..', '/']) {
      expect((await vault.run('restore', '--path', outside, '--to', to)).json.error).toMatchObject({
        code: 'USAGE',
      });
    }
  });

  it('come back through a crypt layer over a synced directory', async ({ installation }) => {
    const vault = vaultOf(installation, 'client1');
    const source = installation.path('plain');
    writeFiles(source, { 'a/one': 'first', 'a/two': 'second', other: 'other' });
    const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
    await vault.succeed('install', '--no-links', ...remote, '--crypt', '--source', source, '--allow-outside');
    const env = { CRYPTOSYNC_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    const run = (...args: string[]) =>
      installation.cryptosync([...args, '--client', 'client1', '--json'], { env });
    await run('sync');
    rmSync(source, { recursive: true });
    const to = installation.path('found');
    expect((await run('restore', '--path', 'a', '--to', to)).json.restored).toMatchObject([
      { filesFetched: 2 },
    ]);
    expect(readTree(to)).toEqual({ 'a/one': expect.any(String), 'a/two': expect.any(String) });
    const bare = (name: string, ...args: string[]) =>
      installation.cryptosync(
        ['restore', '--client', 'client1', '--json', '--crypt', '--from', `r:${vault.remoteDir}`].concat(
          ['--remote-type', 'local', '--to', installation.path(name)],
          args,
        ),
        { env: { ...env, CRYPTOSYNC_ROOT: installation.path('stranger') } },
      );
    const part = await bare('part', '--path', 'a');
    expect(part.json.restored, part.stdout).toMatchObject([{ filesFetched: 2, generation: 1 }]);
    expect(readTree(installation.path('part'))).toEqual(readTree(to));
    const whole = await bare('whole');
    expect(whole.json.restored, whole.stdout).toMatchObject([{ files: 3, generation: 1 }]);
    expect(Object.keys(readTree(installation.path('whole')))).toEqual(['a/one', 'a/two', 'other']);
    expect(existsSync(installation.path('stranger'))).toBe(false);
    expect((await run('verify', '--deep')).json.results).toMatchObject([
      { outcome: 'verified', filesRead: 3 },
    ]);
    expect((await run('restore')).json.restored).toMatchObject([{ directory: source, files: 3 }]);
    expect(Object.keys(readTree(source))).toEqual(['a/one', 'a/two', 'other']);
  });
});

describe('a CryFS vault', () => {
  // each opening costs ten seconds: what is promised of it is tried on one vault, in order
  it('gives files back as a whole and says so, opens in an older state, and is drilled', {
    timeout: 500_000,
  }, async ({ installation }) => {
    const vault = await installVault(installation, 'client1', '--engine', 'cryfs');
    await vault.succeed('sync');
    await vault.put({ 'd/a': 'newer', other: 'other' });
    await vault.succeed('sync');
    const to = installation.path('found');
    const { exitCode, json, stderr } = await vault.run('restore', '--path', 'd', '--to', to);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('all of the vault is fetched');
    expect(readFileSync(join(to, 'd/a'), 'utf8')).toBe('newer');
    expect(readdirSync(to, { recursive: true })).toEqual(['d', 'd/a']);
    const all = Object.keys(readTree(vault.remoteDir, ['.cryptosync'])).length;
    expect(json.restored).toMatchObject([{ generation: 2, seal: 'right', files: all, filesFetched: all }]);
    expect((await vault.succeed('restore', '--generation', '1')).restored).toMatchObject([{ seal: 'right' }]);
    await vault.succeed('mount');
    expect(readdirSync(vault.mountDir)).toEqual(['.cryptosync-vault']);
    const [drilled] = (await vault.succeed('verify', '--drill')).results;
    expect(drilled).toMatchObject({
      ...{ outcome: 'verified', how: 'drill', generation: 2, seal: 'right' },
      // both files are not in the older state that is mounted
      drill: { files: 3, differentFromLive: 2 },
    });
    await vault.succeed('unmount');
    const state = installation.client('client1', 'cryptosync', 'state');
    expect(readdirSync(state).filter((name) => /drill|trial/.test(name))).toEqual([]);
    expect(mountsBelow(installation.directory)).toEqual([]);
  });
});

describe('on every kind of storage', () => {
  it.for(storageKinds.filter((kind) => kind !== 'local' && kind !== 'openssh'))(
    '%s gives a vault back to a machine that knows nothing',
    async (kind, { installation }) => {
      mkdirSync(installation.path(kind));
      const storage = await startStorage(kind, installation.path(kind));
      installation.atCleanUp(() => storage.close());
      const vault = vaultOf(installation, 'client1');
      const options = storage.installOptions('place');
      await vault.succeed('install', '--no-links', '--remote-name', 'r', ...options);
      if (storage.rcloneFlags.length > 0) editProfile(vault, { rcloneFlags: storage.rcloneFlags });
      await vault.put({ 'a.txt': 'precious' });
      await vault.succeed('sync');
      const path = options[options.indexOf('--remote-path') + 1] ?? '';
      const others = options.filter(
        (one, index) => one !== '--remote-path' && options[index - 1] !== '--remote-path',
      );
      const result = await installation.cryptosync(
        ['restore', '--client', 'client1', '--no-links', '--json', '--from', `r:${path}`, ...others],
        { env: { CRYPTOSYNC_ROOT: installation.path('bare') } },
      );
      expect(result.json.restored, result.stdout).toMatchObject([{ generation: 1, seal: 'right' }]);
      const restored = installation.path('bare', 'client1', 'vault', 'encrypted');
      expect(execFileSync('diff', ['-r', restored, vault.encryptedDir], { encoding: 'utf8' })).toBe('');
    },
  );
});
