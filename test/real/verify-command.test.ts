/** The check as an operator sees it: exit codes, names in the clear, ledger and status, repair, the drill. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree } from '../support/tree.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

describe('cryptosync verify', () => {
  let installation: Installation;
  let vault: ClientVault;
  let keep: string;
  /** The ciphertext of `contracts/precious.txt`, below the remote. */
  let cipher: string;
  beforeAll(async () => {
    installation = createInstallation();
    vault = await installVault(installation);
    await vault.put({ 'contracts/precious.txt': 'precious '.repeat(2000), other: 'another' });
    await vault.succeed('sync');
    keep = installation.path('kept');
    cpSync(vault.remoteDir, keep, { recursive: true, preserveTimestamps: true });
    const sizes = Object.keys(readTree(vault.remoteDir, ['.cryptosync'])).map(
      (name) => [name, statSync(join(vault.remoteDir, name)).size] as const,
    );
    [cipher] = sizes.sort((a, b) => b[1] - a[1])[0] ?? [''];
  });
  afterAll(() => installation.cleanUp());
  beforeEach(() => {
    rmSync(vault.remoteDir, { recursive: true, force: true });
    cpSync(keep, vault.remoteDir, { recursive: true, preserveTimestamps: true });
  });
  const there = (): string => join(vault.remoteDir, cipher);
  const flip = (): void => {
    const { atime, mtime } = statSync(there());
    const bytes = readFileSync(there());
    bytes[9000] = (bytes[9000] ?? 0) ^ 1;
    writeFileSync(there(), bytes);
    utimesSync(there(), atime, mtime);
  };
  const check = async (...args: string[]) => {
    const { exitCode, json } = await vault.run('verify', ...args);
    return { exitCode, ...json.results[0] };
  };

  test('of what is whole is exit 0, in the ledger, in status, and in the list of generations', async () => {
    expect(await check()).toMatchObject({
      exitCode: 0,
      outcome: 'verified',
      how: 'quick',
      seal: 'right',
      damaged: [],
    });
    expect(await check('--deep', '--sample', '100%')).toMatchObject({ exitCode: 0, how: 'sample' });
    expect(await check('--deep')).toMatchObject({ exitCode: 0, outcome: 'verified', filesRead: 6 });
    expect(vault.ledger().at(-1)).toMatchObject({
      operation: 'verify',
      outcome: 'verified',
      places: [{ how: 'deep', generation: 1 }],
    });
    expect(await vault.status()).toMatchObject({
      health: 'unmounted',
      lastVerification: { outcome: 'verified', how: 'deep', generation: 1 },
    });
    expect((await vault.succeed('generations')).places[0].generations[0].verified).toMatchObject({
      how: 'deep',
    });
  });

  test('of damage is exit 16, names the file in the clear where the vault is mounted, and status tells it', async () => {
    flip();
    const unmounted = await check('--deep');
    expect(unmounted).toMatchObject({ exitCode: 16, outcome: 'damaged', error: { code: 'VERIFY_FAILED' } });
    expect(unmounted.damaged).toEqual([{ path: cipher, damage: 'content' }]);
    await vault.succeed('mount');
    expect((await check('--deep')).damaged).toEqual([
      { path: cipher, damage: 'content', plaintext: 'contracts/precious.txt' },
    ]);
    await vault.succeed('unmount');
    const [listed] = (await vault.succeed('generations')).places[0].generations;
    expect(listed).toMatchObject({ damaged: { how: 'deep' } });
    const { stdout } = await installation.cryptosync(['generations', '--client', 'client1']);
    expect(stdout.split('\n')[1]).toMatch(/ \d{4}-\d\d-\d\d DAMAGED$/);
    expect(await vault.status()).toMatchObject({
      health: 'error',
      notes: [expect.stringMatching(/found 1 damaged file of generation 1/)],
      lastVerification: { outcome: 'damaged', damaged: 1 },
    });
  });

  test('sends again what is damaged there and sound here, keeps what stood there, and never the other way round', async () => {
    flip();
    const bad = readFileSync(there());
    const here = snapshot(vault.encryptedDir);
    const generation = vault.marker().id;
    expect(await check('--deep', '--repair')).toMatchObject({
      exitCode: 0,
      outcome: 'verified',
      damaged: [{ path: cipher, repaired: true }],
    });
    expect(readFileSync(there())).toEqual(readFileSync(join(vault.encryptedDir, cipher)));
    const [kept = ''] = readdirSync(join(vault.remoteDir, '.cryptosync', 'trash'));
    expect(readFileSync(join(vault.remoteDir, '.cryptosync', 'trash', kept, cipher))).toEqual(bad);
    expect(vault.marker().id).toBe(generation);
    expect(snapshot(vault.encryptedDir)).toEqual(here);
    expect((await vault.succeed('generations')).places[0].generations[0]).toMatchObject({ damaged: null });
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'unchanged' });
    // damaged on both sides: nothing is sent, and this side is not touched
    flip();
    const own = join(vault.encryptedDir, cipher);
    const good = readFileSync(own);
    const { atime, mtime } = statSync(own);
    writeFileSync(own, 'broken here');
    const left = await check('--deep', '--repair');
    expect(left).toMatchObject({ exitCode: 16, damaged: [{ path: cipher, damage: 'content' }] });
    // what was just tried is no advice
    expect(left.error.hint).toMatch(/not sound here either/);
    expect(left.error.hint).not.toMatch(/--repair/);
    expect(readFileSync(own, 'utf8')).toBe('broken here');
    writeFileSync(own, good);
    utimesSync(own, atime, mtime);
  });

  test('writes a manifest that was lost anew, out of what this machine knows', async () => {
    rmSync(join(vault.remoteDir, '.cryptosync', 'manifests', vault.marker().manifest.file));
    expect(await check()).toMatchObject({
      exitCode: 16,
      damaged: [{ damage: 'manifest', path: vault.marker().manifest.file }],
    });
    expect(await check('--repair')).toMatchObject({
      exitCode: 0,
      generation: 1,
      damaged: [{ damage: 'manifest', repaired: true }],
    });
    expect(await check('--deep')).toMatchObject({ exitCode: 0, outcome: 'verified', seal: 'right' });
  });

  test('finds a configuration that was swapped, though only the list is looked at', async () => {
    const config = join(vault.remoteDir, 'gocryptfs.conf');
    const { atime, mtime } = statSync(config);
    const text = readFileSync(config, 'utf8');
    writeFileSync(
      config,
      text.replace(/[A-Za-z]/g, (letter) => (letter === 'a' ? 'b' : letter)),
    );
    utimesSync(config, atime, mtime);
    expect(await check()).toMatchObject({
      exitCode: 16,
      damaged: [{ path: 'gocryptfs.conf', damage: 'content' }],
    });
  });

  test('of a place that can not be asked is neither: exit 14, and status says so', async () => {
    const conf = installation.client('client1', 'rclone', 'rclone.conf');
    const before = readFileSync(conf);
    writeFileSync(conf, '[default-remote]\ntype = webdav\nurl = http://127.0.0.1:1\nvendor = other\n');
    try {
      expect(await check('--deep')).toMatchObject({
        exitCode: 14,
        outcome: 'unchecked',
        error: { code: 'REMOTE_UNREACHABLE' },
      });
    } finally {
      writeFileSync(conf, before);
    }
  });

  test('of a place that was wiped or set back is damage', async () => {
    renameSync(vault.remoteDir, `${vault.remoteDir}.away`);
    mkdirSync(dirname(vault.remoteDir), { recursive: true });
    expect(await check()).toMatchObject({ exitCode: 16, outcome: 'damaged' });
    expect(await vault.status()).toMatchObject({ health: 'error' });
    rmSync(`${vault.remoteDir}.away`, { recursive: true });
  });

  test('the drill brings it back, opens it, reads it, compares it with the mounted vault, and leaves nothing', async () => {
    const state = installation.client('client1', 'cryptosync', 'state');
    const before = readdirSync(state).filter((name) => !name.startsWith('record-'));
    const { drill, ...rest } = await check('--drill');
    expect(rest).toMatchObject({ exitCode: 0, outcome: 'verified', how: 'drill', seal: 'right' });
    expect(drill).toMatchObject({ files: 3, differentFromLive: null });
    expect(drill.totalMs).toBeGreaterThanOrEqual(drill.restoreMs);
    await vault.succeed('mount');
    writeFileSync(join(vault.mountDir, 'other'), 'changed since');
    expect((await check('--drill')).drill).toMatchObject({ differentFromLive: 1 });
    await vault.succeed('unmount');
    expect(readdirSync(state).filter((name) => !name.startsWith('record-'))).toEqual(before);
    expect(mountsBelow(installation.directory)).toEqual([]);
    const wrong = await installation.cryptosync(['verify', '--client', 'client1', '--drill', '--json'], {
      env: { CRYPTOSYNC_PASSWORD: 'wrong' },
    });
    expect(wrong).toMatchObject({ exitCode: 12 });
    flip();
    expect(await check('--drill')).toMatchObject({ exitCode: 16, damaged: [{ path: cipher }] });
  });

  test('of several clients tells each', async () => {
    await installVault(installation, 'client2');
    const { exitCode, json } = await installation.cryptosync(['verify', '--all', '--json']);
    expect(exitCode).toBe(3);
    expect(json.results).toMatchObject([
      { client: 'client1', outcome: 'verified' },
      { client: 'client2', outcome: 'unchecked', error: { code: 'REMOTE_EMPTY' } },
    ]);
  });
});
