/**
 * CryFS through the built command, from install to an older copy that is accepted. These tests go on with one vault, in
 * order.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { codesIn } from '../support/codes.ts';
import { createInstallation, type Installation, it, vaultPassword } from '../support/installation.ts';
import { mountsBelow, processesNaming, waitUntil } from '../support/machine.ts';
import { openTerminal } from '../support/terminal.ts';
import { readTree, type Tree, writeFiles } from '../support/tree.ts';
import { type ClientVault, canaryName, installVault, vaultOf } from '../support/vault.ts';

// other tests may have the cores at the same time
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const patience = { deadline: 240_000 };

const files: Record<string, string> = Object.fromEntries(
  Array.from({ length: 100 }, (_, index) => [`files/${index}.txt`, `content ${index}\n`.repeat(500)]),
);

let installation: Installation;
let vault: ClientVault;
/** The remote as it was after the first sync. */
let older: string;

const inState = (...parts: string[]): string =>
  installation.client('client1', 'cryptosync', 'state', ...parts);
const daemons = (): number[] =>
  processesNaming(vault.encryptedDir)
    .filter(({ args }) => args[0]?.endsWith('cryfs'))
    .map(({ pid }) => pid);
/** The command for the client, with time for several openings. */
const run = (command: string, ...args: string[]) =>
  installation.cryptosync([command, '--client', 'client1', '--json', ...args], patience);

/** What CryFS alone shows of a copy, on a machine that never saw the vault. */
async function openCopy(directory: string): Promise<Tree> {
  const place = mkdtempSync(installation.path('by-hand-'));
  const [copy, mountPoint] = [join(place, 'copy'), join(place, 'mount')];
  mkdirSync(mountPoint);
  cpSync(directory, copy, { recursive: true });
  execFileSync('cryfs', [copy, mountPoint], {
    input: vaultPassword,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      CRYFS_FRONTEND: 'noninteractive',
      CRYFS_NO_UPDATE_CHECK: 'true',
      CRYFS_LOCAL_STATE_DIR: join(place, 'state'),
    },
  });
  const tree = readTree(mountPoint, [canaryName]);
  execFileSync('fusermount3', ['-u', mountPoint]);
  await waitUntil(() => processesNaming(copy).length === 0, 30_000);
  return tree;
}

/** Puts a copy of ciphertext in the vault's place, as a restore does. */
function putInPlace(copy: string): void {
  rmSync(vault.encryptedDir, { recursive: true });
  cpSync(copy, vault.encryptedDir, { recursive: true, preserveTimestamps: true });
  rmSync(join(vault.encryptedDir, '.cryptosync'), { recursive: true, force: true });
}

beforeAll(async () => {
  installation = createInstallation();
  vault = vaultOf(installation, 'client1');
  older = installation.path('older');
});
afterAll(async () => {
  await installation.cleanUp();
});

describe('a CryFS vault', () => {
  it('is made and mounted by one install, with its configuration inside and its state apart', async () => {
    const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
    const installed = await run('install', '--use-cryfs', '--no-links', '--auto-mount', ...remote);
    expect(installed, installed.stdout + installed.stderr).toMatchObject({ exitCode: 0 });
    expect(installed.json).toMatchObject({ engine: 'cryfs', mounted: true });
    expect(readdirSync(vault.encryptedDir)).toContain('cryfs.config');
    expect(readdirSync(inState('engine-default', 'filesystems'))).toHaveLength(1);
    expect(readdirSync(installation.path('home'))).toEqual([]);
    expect(daemons()).toHaveLength(1);
    expect(await vault.status()).toMatchObject({ engine: 'cryfs', state: 'mounted', health: 'healthy' });
    expect((await run('mount')).json.results).toMatchObject([{ state: 'mounted', changed: false }]);
    writeFiles(vault.mountDir, files);
  });

  it('is not synced while it is mounted', async () => {
    const mounted = daemons();
    const refused = await run('sync');
    expect([refused.exitCode, refused.json.error.code]).toEqual([75, 'VAULT_MOUNTED']);
    expect(refused.json.error.hint).toContain('--remount');
    expect(existsSync(vault.remoteDir)).toBe(false);
    expect(daemons()).toEqual(mounted);
    expect((await run('passwd')).json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect((await run('recovery-sheet')).json.error).toMatchObject({ code: 'VAULT_MOUNTED', exit: 75 });
  });

  it('is unmounted for the while by --remount, and a copy of the remote has 100 of 100 files', async () => {
    const [before] = daemons();
    const written = readTree(vault.mountDir, [canaryName]);
    expect(Object.keys(written)).toHaveLength(100);
    const { json } = await run('sync', '--remount');
    expect(json.results).toMatchObject([{ outcome: 'synced', consistent: true, generation: 1 }]);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(daemons()).toHaveLength(1);
    expect(daemons()).not.toEqual([before]);
    expect(readTree(vault.mountDir, [canaryName])).toEqual(written);
    cpSync(vault.remoteDir, older, { recursive: true, preserveTimestamps: true });
    expect(await openCopy(vault.remoteDir)).toEqual(written);
  });

  it('is mounted again after a sync that failed, too', async () => {
    const foreign = installation.path('remotes', 'foreign');
    writeFiles(foreign, { 'of somebody else': 'x' });
    const refused = await run('sync', foreign, '--remount');
    expect([refused.exitCode, refused.json.error.code]).toEqual([15, 'REMOTE_NOT_EMPTY']);
    expect(readdirSync(foreign)).toEqual(['of somebody else']);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(await vault.status()).toMatchObject({
      state: 'mounted',
      lastSync: { outcome: 'synced' },
      lastElsewhere: { outcome: 'refused' },
    });
  });

  it('is remounted by every sync when its profile says so', async () => {
    const set = ['config', 'set', 'whenMounted', 'remount', '--client', 'client1'];
    expect((await installation.cryptosync(set)).exitCode).toBe(0);
    writeFiles(vault.mountDir, { 'newer.txt': 'newer' });
    const { json } = await run('sync');
    expect(json.results).toMatchObject([{ outcome: 'synced', generation: 2 }]);
    expect(readFileSync(join(vault.mountDir, 'newer.txt'), 'utf8')).toBe('newer');
    expect((await run('unmount')).json.results).toMatchObject([{ state: 'unmounted', changed: true }]);
    expect(daemons()).toEqual([]);
  });

  it('has a recovery sheet with its configuration, for which it is opened and closed', async () => {
    const { json } = await run('recovery-sheet', '--html');
    expect(json).toMatchObject({ hasMasterKey: false, output: null });
    const [code = ''] = codesIn(installation, json.page);
    expect(Buffer.from(code, 'base64')).toEqual(readFileSync(join(vault.encryptedDir, 'cryfs.config')));
    expect(daemons()).toEqual([]);
  });

  it('is neither opened nor sent after a download that did not end, until that has ended', async () => {
    const [record = ''] = readdirSync(inState()).filter((name) => /^record-.*\.jsonl$/.test(name));
    const note = inState(`${record}.incoming`);
    const left = { state: 'of another generation', directory: vault.encryptedDir };
    writeFileSync(note, JSON.stringify(left), { mode: 0o600 });
    const remote = readTree(vault.remoteDir);
    for (const args of [
      ['mount'],
      ['sync'],
      ['sync', '--direction', 'bidirectional'],
      ['install', '--auto-mount'],
      ['recovery-sheet'],
      [
        'export',
        '--with-vault',
        '--output',
        installation.path('never.age'),
        '--passphrase-file',
        '/dev/null',
      ],
    ]) {
      const [command = '', ...more] = args;
      const { exitCode, json } = await run(command, ...more);
      expect([args, exitCode, json.error.code]).toEqual([args, 15, 'VAULT_MISMATCH']);
      expect(json.error.hint).toContain('sync --direction download');
    }
    expect(mountsBelow(installation.directory)).toEqual([]);
    expect(readTree(vault.remoteDir)).toEqual(remote);
    expect((await run('sync', '--direction', 'download')).exitCode).toBe(0);
    expect(existsSync(note)).toBe(false);
  });

  it('is never opened, made anew or synced without its configuration', async () => {
    const config = join(vault.encryptedDir, 'cryfs.config');
    renameSync(config, installation.path('cryfs.config'));
    const before = readTree(vault.encryptedDir);
    const remote = readTree(vault.remoteDir);
    for (const command of ['mount', 'sync', 'install']) {
      const { json } = await run(command, ...(command === 'install' ? ['--no-links'] : []));
      expect([command, json.error.code]).toEqual([
        command,
        command === 'install' ? 'CONFIG_INVALID' : 'VAULT_MISSING',
      ]);
    }
    expect(readTree(vault.encryptedDir)).toEqual(before);
    expect(readTree(vault.remoteDir)).toEqual(remote);
    renameSync(installation.path('cryfs.config'), config);
  });
});

describe('an older copy of a CryFS vault on the same machine', () => {
  it('is refused, and from then on the newest data as well', async () => {
    const newest = installation.path('newest');
    cpSync(vault.encryptedDir, newest, { recursive: true, preserveTimestamps: true });
    for (const copy of [older, newest]) {
      putInPlace(copy);
      const refused = await run('mount');
      expect([refused.exitCode, refused.json.error.code]).toEqual([15, 'VAULT_MISMATCH']);
      expect(refused.json.error.hint).toContain('mount --accept-rollback');
      expect(mountsBelow(installation.directory)).toEqual([]);
      expect(daemons()).toEqual([]);
    }
  });

  it('is opened after the operator typed that he accepts it, and CryFS keeps its former record aside', async () => {
    const unconfirmed = await run('mount', '--accept-rollback');
    expect([unconfirmed.exitCode, unconfirmed.json.error.code]).toEqual([2, 'USAGE']);
    expect(unconfirmed.json.error.hint).toContain('--yes');
    const declined = openTerminal(installation, ['mount', '-c', 'client1', '--accept-rollback']);
    await declined.waitFor('Type client1 to go on');
    declined.enter('no');
    expect(await declined.exitCode()).toBe(2);
    declined.close();
    expect(readdirSync(inState()).filter((name) => name.includes('before-rollback'))).toEqual([]);

    const terminal = openTerminal(installation, ['mount', '-c', 'client1', '--accept-rollback']);
    await terminal.waitFor('Type client1 to go on');
    terminal.enter('client1');
    // it takes its time, and says so
    await terminal.waitFor('Mounting client1/default');
    await waitUntil(() => daemons().length > 0 && mountsBelow(installation.directory).length > 0, 120_000);
    expect(await terminal.exitCode()).toBe(0);
    expect(readFileSync(join(vault.mountDir, 'newer.txt'), 'utf8')).toBe('newer');
    const kept = readdirSync(inState()).filter((name) => name.startsWith('engine-default.before-rollback-'));
    expect(kept).toHaveLength(1);
    expect(readdirSync(inState(kept[0] ?? '', 'filesystems'))).toHaveLength(1);
    const mounts = vault
      .ledger()
      .filter(({ operation, event }) => operation === 'mount' && event === 'ended');
    expect(mounts.at(-1)).toMatchObject({ outcome: 'mounted', acceptedRollback: inState(kept[0] ?? '') });
    expect(readFileSync(installation.logFile, 'utf8')).toMatch(
      /\[WARN\] client1\/default: an older .* accepted/,
    );
    await run('unmount');
  });

  it('is opened in a script by --accept-rollback --yes', async () => {
    putInPlace(older);
    const note = inState('record-default-000000000000.jsonl.incoming');
    writeFileSync(note, JSON.stringify({ state: 'x', directory: vault.encryptedDir }), { mode: 0o600 });
    const { json } = await run('mount', '--accept-rollback', '--yes');
    expect(json.results).toMatchObject([
      { state: 'mounted', formerState: expect.stringContaining('before-rollback') },
    ]);
    expect(Object.keys(readTree(vault.mountDir, [canaryName]))).toHaveLength(100);
    expect(existsSync(note)).toBe(false);
    expect(readdirSync(inState()).filter((name) => name.includes('before-rollback'))).toHaveLength(2);
    expect((await run('unmount')).exitCode).toBe(0);
  });
});

describe('engines that are costly to open', () => {
  it('open at most two vaults at the same time', async ({ installation: place }) => {
    for (const client of ['a', 'b', 'c', 'd']) await installVault(place, client);
    const fakes = place.path('fakes');
    mkdirSync(fakes);
    const real = execFileSync('sh', ['-c', 'command -v gocryptfs'], { encoding: 'utf8' }).trim();
    // the real one, slowly, telling how many are on their way
    writeFileSync(
      join(fakes, 'gocryptfs'),
      `#!/bin/sh\n: >${fakes}/running-$$\nls ${fakes} | grep -c running >>${fakes}/counts\nsleep 1\nrm ${fakes}/running-$$\nexec ${real} "$@"\n`,
      { mode: 0o755 },
    );
    const env = { PATH: `${fakes}:${process.env['PATH']}` };
    const mounted = await place.cryptosync(['mount', '--all', '--json'], { env });
    expect(mounted.exitCode).toBe(0);
    const counts = readFileSync(join(fakes, 'counts'), 'utf8').trim().split('\n').map(Number);
    expect(counts.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...counts)).toBe(2);
  });

  it('are mounted again as they were: to read, when that is how they were', async ({
    installation: place,
  }) => {
    const still = await installVault(place);
    await still.put({ 'a.txt': 'a' });
    await still.succeed('sync');
    await still.succeed('mount', '--read-only');
    const { results } = await still.succeed('sync', '--direction', 'download', '--remount');
    expect(results).toMatchObject([{ direction: 'download' }]);
    expect(mountsBelow(place.directory)).toEqual([still.mountDir]);
    expect(() => writeFileSync(join(still.mountDir, 'b.txt'), 'b')).toThrow('EROFS');
  });
});
