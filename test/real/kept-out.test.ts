/**
 * What is written for an operator stays out of what is sent and sent to, whatever command writes it, and takes no device,
 * FIFO or link out of its place; and what is in the clear and lies there all the same is found before it is sent.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
let other: ClientVault;
/** Of the other client: a plain directory that it sends. */
let source: string;
beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  await vault.put({ 'a.txt': 'first', 'below/b.txt': 'too' });
  await vault.succeed('sync');
  other = await installVault(installation, 'other');
  source = installation.client('other', 'files');
  mkdirSync(source);
  writeFileSync(join(source, 'file'), 'sent');
  editProfile(other, { mappings: [{ source, plaintext: true }] });
  writeFileSync(installation.path('passphrase'), 'a passphrase that is long enough\n', { mode: 0o600 });
});
afterAll(() => installation.cleanUp());

const places = [
  ['the ciphertext', () => vault.encryptedDir],
  ['the remote directory', () => vault.remoteDir],
  ['a source', () => source],
] as const;

const writers = [
  ['recovery-sheet', (path: string) => ['--client', 'client1', '--output', path], false],
  [
    'export',
    (path: string) => [
      ...['--client', 'client1', '--output', path],
      ...['--passphrase-file', installation.path('passphrase')],
    ],
    true,
  ],
  ['restore', (path: string) => ['--client', 'client1', '--to', path], true],
  ['restore', (path: string) => ['--client', 'client1', '--path', 'below', '--to', path], true],
  ['report', (path: string) => ['--html', path], true],
] as const;

describe.each(writers)('%s', (command, args, mayLieInSource) => {
  it.each(places)('puts nothing that would be sent, or be taken away, into %s', async (what, where) => {
    const path = join(where(), `new-${writers.findIndex(([, other]) => other === args)}`);
    const names = readdirSync(where());
    const { exitCode, stdout } = await installation.cryptosync([command, ...args(path), '--json']);
    if (what === 'a source' && mayLieInSource) {
      expect(exitCode, stdout).toBe(0);
      expect(existsSync(path)).toBe(true);
      return;
    }
    expect(exitCode, stdout).toBe(10);
    expect(stdout).toContain(`lies in ${what} of`);
    expect(readdirSync(where())).toEqual(names);
  });
});

describe('a sync of a vault', () => {
  const stray = (): string => join(vault.encryptedDir, 'stray.prom');
  it.each([
    ['the log', () => ['--log-file', stray()], undefined],
    ['the metrics file', () => [], () => ({ metricsFile: stray() })],
  ] as const)('sends nothing while %s lies in its ciphertext', async (what, flags, settings) => {
    const file = installation.path('other-settings.json');
    writeFileSync(file, JSON.stringify(settings?.() ?? {}), { mode: 0o600 });
    const env = { CRYPTOSYNC_CONFIG: file };
    const generation = vault.marker().generation;
    const { exitCode, stdout } = await installation.cryptosync(
      ['sync', '--client', 'client1', '--json', ...flags()],
      { env },
    );
    expect(exitCode, stdout).toBe(10);
    expect(stdout).toContain(`${what} ${stray()} lies in the ciphertext of client1/default`);
    expect(vault.marker().generation).toBe(generation);
    // the log has begun before anything is known of vaults
    expect(existsSync(stray())).toBe(what === 'the log');
    rmSync(stray(), { force: true });
  });

  it.each([
    ['the ciphertext', () => vault, () => vault.encryptedDir],
    ['a source', () => other, () => source],
  ] as const)(
    'or of files, sends nothing while the file with the password lies among them: %s',
    async (what, client, where) => {
      const file = join(where(), 'password');
      writeFileSync(file, vaultPassword, { mode: 0o600 });
      editProfile(client(), { passwordFile: file });
      const { json } = await client().run('sync');
      expect(JSON.stringify(json)).toContain(`the password file ${file} lies in ${what}`);
      expect(existsSync(join(client().remoteDir, 'password'))).toBe(false);
      rmSync(file);
      editProfile(client(), { passwordFile: undefined });
      await client().succeed('sync');
    },
  );
});

describe('a mapping', () => {
  // such a vault is no reason to refuse what holds all clients
  const elsewhere = { encryptedDir: '/elsewhere/encrypted', mountDir: '/elsewhere/decrypted' };
  it.each([
    ['its own credentials', () => installation.client('client1', 'rclone'), {}],
    ['its own state', () => installation.client('client1', 'cryptosync', 'state'), {}],
    ['another client’s profiles', () => installation.client('other', 'cryptosync'), {}],
    ['all of another client', () => installation.client('other'), {}],
    ['all clients', () => dirname(installation.client('other')), elsewhere],
    ['what all clients lie in', () => dirname(dirname(installation.client('other'))), elsewhere],
  ] as const)('does not sync %s', async (_what, where, vaultAt) => {
    const own = JSON.parse(readFileSync(vault.profileFile, 'utf8')) as Record<string, unknown>;
    editProfile(vault, vaultAt);
    const before = readFileSync(vault.profileFile, 'utf8');
    const mappings = JSON.stringify([{ source: where(), plaintext: true, allowOutside: true }]);
    const args = ['config', 'set', 'mappings', mappings, '--client', 'client1', '--json'];
    const { exitCode, stdout } = await installation.cryptosync(args);
    expect(exitCode, stdout).toBe(10);
    expect(stdout).toContain(`${where()} holds what is kept of a client`);
    expect(readFileSync(vault.profileFile, 'utf8')).toBe(before);
    editProfile(vault, own);
  });

  it('does not sync all of the machine, in which its vault and its mount lie', async () => {
    const before = readFileSync(vault.profileFile, 'utf8');
    const mappings = JSON.stringify([{ source: '/', plaintext: true, allowOutside: true }]);
    const args = ['config', 'set', 'mappings', mappings, '--client', 'client1', '--json'];
    const { exitCode, stdout } = await installation.cryptosync(args);
    expect(exitCode, stdout).toBe(10);
    expect(stdout).toContain('/ overlaps the vault of client1/default');
    expect(readFileSync(vault.profileFile, 'utf8')).toBe(before);
  });
});

describe('what is no file', () => {
  const path = (): string => installation.path('odd.prom');
  const kinds = [
    ['a FIFO', () => execFileSync('mkfifo', [path()])],
    ['a device', () => execFileSync('mknod', [path(), 'c', '1', '3'])],
    ['a link', () => symlinkSync('/dev/null', path())],
  ] as const;
  const ways = [
    ['report', () => ['report', '--html', path()], 10],
    ['status', () => ['status', '--prometheus', path()], 10],
    // who only tells changes nothing of the outcome
    ['a run, after which metrics are written', () => ['unmount', '--client', 'client1'], 0],
  ] as const;
  it.each(kinds.flatMap(([kind, make]) => ways.map((way) => [kind, ...way, make] as const)))(
    '%s is not put out of its place by %s',
    async (_kind, _way, args, expected, make) => {
      make();
      const { ino } = lstatSync(path());
      const settings = installation.path('other-settings.json');
      writeFileSync(settings, JSON.stringify({ metricsFile: path() }), { mode: 0o600 });
      const { exitCode, stdout, stderr } = await installation.cryptosync(args(), {
        env: { CRYPTOSYNC_CONFIG: settings },
      });
      expect(exitCode, stdout + stderr).toBe(expected);
      expect(stderr).toContain(`${path()} is not a regular file`);
      expect(lstatSync(path()).ino).toBe(ino);
      rmSync(path());
    },
  );

  test('a page that is written anew stays whose it was', async () => {
    const page = installation.path('page.html');
    writeFileSync(page, 'old', { mode: 0o640 });
    execFileSync('chown', ['65534:65534', page]);
    expect((await installation.cryptosync(['report', '--html', page])).exitCode).toBe(0);
    expect(statSync(page)).toMatchObject({ uid: 65534, gid: 65534 });
    expect(statSync(page).mode & 0o777).toBe(0o640);
    expect(statSync(page).size).toBeGreaterThan(1000);
  });
});
