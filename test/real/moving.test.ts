/** A client on its way to another root: exported and imported, with the real age beside it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgeIdentity, lockByAge, makeIdentity, openByAge, tarOf } from '../support/age.ts';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { type CommandOptions, type CommandResult, program } from '../support/running-command.ts';
import { searchFiles } from '../support/secret-search.ts';
import { openTerminal } from '../support/terminal.ts';
import { readTree } from '../support/tree.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

const remoteSecret = 'hunter2-remote-secret';
const passphrase = 'five words, none of them wrong';

let installation: Installation;
let identity: AgeIdentity;
let vault: ClientVault;
/** Of `vault`, to `identity`, with its ciphertext. */
let whole: string;
let roots = 0;

beforeAll(async () => {
  installation = createInstallation();
  identity = makeIdentity(installation);
  vault = await installVault(installation);
  appendFileSync(
    installation.client('client1', 'rclone', 'rclone.conf'),
    `[away]\ntype = webdav\nurl = http://127.0.0.1:1\npass = ${remoteSecret}\n`,
  );
  await vault.succeed('mount');
  const at = (name: string): string => join(vault.mountDir, name);
  mkdirSync(at('below/empty'), { recursive: true });
  writeFileSync(at('below/a.txt'), 'precious', { mode: 0o640 });
  linkSync(at('below/a.txt'), at('hard'));
  symlinkSync('below/a.txt', at('link'));
  symlinkSync('/etc/shadow', at('outside'));
  execFileSync('mkfifo', [at('fifo')]);
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', at('below/a.txt')]);
  writeFileSync(at('sparse'), '');
  truncateSync(at('sparse'), 4 * 2 ** 20);
  await vault.succeed('unmount');
  await vault.succeed('sync');
  whole = await exported('--with-vault', '--recipient', identity.recipient);
});

afterAll(() => installation.cleanUp());

let files = 0;

async function exported(...flags: string[]): Promise<string> {
  files += 1;
  const file = installation.path(`export-${files}.age`);
  await vault.succeed('export', '--output', file, ...flags);
  return file;
}

function newRoot(): string {
  roots += 1;
  return installation.path(`root-${roots}`);
}

function bringIn(file: string, root: string, ...flags: string[]): Promise<CommandResult> {
  return run(['import', file, '--identity', identity.file, '--no-links', '--json', '--root', root, ...flags]);
}

const run = (args: string[], options?: CommandOptions): Promise<CommandResult> =>
  installation.cryptosync(args, options);

/** Kinds, modes, owners, times, attributes, hard links and holes of all below a directory, as find(1) and getfattr(1) tell. */
function metadataOf(directory: string): string {
  const script = `find . -printf '%P %y %m %U:%G %n %T@ %l\\n' | sort; getfattr -h -R -d -m '^user' . 2>/dev/null`;
  return execFileSync('sh', ['-c', script], { cwd: directory, encoding: 'utf8' });
}

describe('an export', () => {
  it('is opened by age and tar alone, and holds what a stranger needs', () => {
    const directory = installation.path('by-hand');
    mkdirSync(directory);
    execFileSync('tar', ['-x', '--xattrs', '-C', directory], { input: openByAge(identity, whole) });
    const at = (...parts: string[]): string => join(directory, 'client1', ...parts);
    expect(metadataOf(at('vault/encrypted'))).toBe(metadataOf(vault.encryptedDir));
    expect(readTree(at('vault/encrypted'))).toEqual(readTree(vault.encryptedDir));
    expect(statSync(at('vault/encrypted')).mode & 0o777).toBe(0o700);
    expect(readFileSync(at('cryptosync/config/default.json'))).toEqual(readFileSync(vault.profileFile));
    expect(readFileSync(at('rclone/rclone.conf'), 'utf8')).toContain(remoteSecret);
    expect(readFileSync(at('RECOVERY.txt'), 'utf8')).toContain(vault.remoteDir);
  });

  it('to a passphrase is opened by age, which asks for it', async () => {
    const file = installation.path('with-passphrase.age');
    await run(['export', '-c', 'client1', '-o', file, '--passphrase-file', '-'], {
      input: `${passphrase}\n`,
    });
    // age asks on a terminal alone
    const opened = spawnSync('script', ['-qec', `age -d -o ${file}.tar ${file}`, '/dev/null'], {
      input: `${passphrase}\n`,
    });
    expect(opened.status).toBe(0);
    const names = execFileSync('tar', ['-tf', `${file}.tar`], { encoding: 'utf8' });
    expect(names).toContain('client1/cryptosync/engine/default/gocryptfs.conf\n');
    expect(names).not.toContain('vault/encrypted');
  });

  it('is 0600, and leaves nothing of it in the clear beside what was there', async () => {
    expect(lstatSync(whole).mode & 0o777).toBe(0o600);
    const { found } = searchFiles(installation.directory, { remoteSecret, passphrase, vaultPassword });
    const places = found.map((hit) => hit.split(':')[0] ?? '');
    const allowed = ['root/client1/rclone/rclone.conf', 'by-hand/client1/rclone/rclone.conf'];
    expect(places.filter((place) => !allowed.includes(place) && !place.endsWith('.age.tar'))).toEqual([]);
  });

  it('to stdout is the same file, with nothing else in it, and no success when nobody reads it', async () => {
    const command = `'${process.execPath}' '${program}' export -c client1 --with-vault -r ${identity.recipient} -o -`;
    const options = { env: installation.environment, maxBuffer: 2 ** 28 };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
    expect(status, `${stderr}`).toBe(0);
    expect(`${stderr}`).toContain('client1 is exported to stdout');
    const file = installation.path('by-stdout.age');
    writeFileSync(file, stdout);
    const names = execFileSync('tar', ['-t'], { input: openByAge(identity, file), encoding: 'utf8' });
    expect(names).toContain('client1/vault/encrypted/gocryptfs.conf\n');
    const unread = spawnSync('bash', ['-c', `set -o pipefail; ${command} | true`], options);
    expect(`${unread.stderr}`).toContain('went away');
    expect(unread.status).toBe(14);
    const flags = ['--output', '-', '--recipient', identity.recipient];
    expect((await vault.run('export', ...flags)).json.error).toMatchObject({ code: 'USAGE' });
  });

  it.each([
    ['that is there already', () => ['--output', whole], 'CONFIG_INVALID'],
    ['in the vault itself', () => ['--output', join(vault.encryptedDir, 'x.age')], 'CONFIG_INVALID'],
    [
      'to a recipient that is none',
      () => ['--output', '/tmp/never.age', '--recipient', 'age1abc'],
      'INVALID_ENCRYPTION_KEY',
    ],
    [
      'to both',
      () => ['--output', '/tmp/never.age', '--recipient', identity.recipient, '--passphrase-file', '/x'],
      'USAGE',
    ],
    ['without a passphrase', () => ['--output', '/tmp/never.age'], 'PASSWORD_REQUIRED'],
  ] as const)('%s is refused, and nothing is written', async (_, flags, code) => {
    const before = readTree(installation.directory, ['log', 'tmp']);
    expect((await vault.run('export', ...flags())).json.error).toMatchObject({ code });
    expect(existsSync('/tmp/never.age')).toBe(false);
    expect(readTree(installation.directory, ['log', 'tmp'])).toEqual(before);
  });

  it('of a mounted vault is refused with its ciphertext, and goes without', async () => {
    await vault.succeed('mount');
    const flags = ['--output', installation.path('mounted.age'), '--recipient', identity.recipient];
    expect((await vault.run('export', '--with-vault', ...flags)).json.error.code).toBe('VAULT_MOUNTED');
    await vault.succeed('export', ...flags);
    await vault.succeed('unmount');
  });
});

describe('an import', () => {
  it('brings all of it into another root, mounts it, and the next sync goes on there', async () => {
    const root = newRoot();
    const { exitCode, json } = await bringIn(whole, root);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ client: 'client1', withVault: true, mounted: ['default'], notes: [] });
    const here = (...parts: string[]): string => join(root, 'client1', ...parts);
    expect(readFileSync(here('vault/decrypted/below/a.txt'), 'utf8')).toBe('precious');
    expect((await run(['unmount', '-c', 'client1', '--root', root])).exitCode).toBe(0);
    expect(metadataOf(here('vault/encrypted'))).toBe(metadataOf(vault.encryptedDir));
    expect(readTree(here('vault/encrypted'))).toEqual(readTree(vault.encryptedDir));
    expect(statSync(here('vault/encrypted')).blocks).toBeLessThan(1000);
    expect(readdirSync(root)).toEqual(['client1']);
    for (const path of [
      'cryptosync/config/default.json',
      'cryptosync/scripts/sync_default.sh',
      'cryptosync/summary.json',
    ])
      expect(readFileSync(here(path), 'utf8')).not.toContain(`${installation.root}/`);
    const synced = await run(['sync', '-c', 'client1', '--root', root, '--json']);
    expect(synced, synced.stdout).toMatchObject({ exitCode: 0 });
    expect(synced.json.results[0]).toMatchObject({ filesTransferred: 0 });
  });

  it('is ended by the same command when it was stopped behind its place, and by no other', async () => {
    const root = newRoot();
    expect(await bringIn(whole, root, '--no-mount')).toMatchObject({ exitCode: 0 });
    const before = readTree(join(root, 'client1', 'vault'));
    const again = await bringIn(whole, root, '--no-mount');
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('by an earlier run')]);
    expect(readTree(join(root, 'client1', 'vault'))).toEqual(before);
    const other = await exported('--with-vault', '--recipient', identity.recipient);
    expect((await bringIn(other, root, '--no-mount')).json.error).toMatchObject({
      code: 'ALREADY_INSTALLED',
    });
  });

  it('takes what age has encrypted anew, and with a passphrase what a terminal asks for', async () => {
    const again = installation.path('again.age');
    lockByAge(identity, openByAge(identity, whole), again);
    expect(await bringIn(again, newRoot(), '--no-mount')).toMatchObject({ exitCode: 0 });
    const terminal = openTerminal(installation, [
      'export',
      '-c',
      'client1',
      '-o',
      installation.path('t.age'),
    ]);
    for (const question of ['New passphrase of the exported file:', 'The same again:']) {
      await terminal.waitFor(question);
      terminal.enter(passphrase);
    }
    expect(await terminal.exitCode()).toBe(0);
    const root = newRoot();
    const asked = openTerminal(installation, [
      'import',
      installation.path('t.age'),
      '--no-links',
      '--root',
      root,
    ]);
    await asked.waitFor('Passphrase of the exported file:');
    asked.enter(passphrase);
    expect(await asked.exitCode()).toBe(0);
    expect(asked.shown()).toContain('cryptosync restore --client client1');
  });

  it('asks again for a passphrase and for a password that were mistyped', async () => {
    const file = installation.path('again-asked.age');
    await run(['export', '-c', 'client1', '--with-vault', '-o', file, '--passphrase-file', '-'], {
      input: `${passphrase}\n`,
    });
    const root = newRoot();
    const terminal = openTerminal(installation, ['import', file, '--no-links', '--root', root], {
      CRYPTOSYNC_PASSWORD: undefined,
    });
    const asked = (text: string, times: number): RegExp => new RegExp(Array(times).fill(text).join('[^]*'));
    for (const [index, typed] of ['wrong', 'wrong too', passphrase].entries()) {
      await terminal.waitFor(asked('Passphrase of the exported file:', index + 1));
      terminal.enter(typed);
    }
    for (const [index, typed] of ['wrong', vaultPassword].entries()) {
      await terminal.waitFor(asked('Password of client1/default:', index + 1));
      terminal.enter(typed);
    }
    expect(await terminal.exitCode(), terminal.shown()).toBe(0);
    expect(terminal.shown()).toContain('mounted: client1/default');
    await run(['unmount', '-c', 'client1', '--root', root]);
    const thrice = openTerminal(installation, ['import', file, '--no-links', '--root', newRoot()]);
    for (const index of [1, 2, 3]) {
      await thrice.waitFor(asked('Passphrase of the exported file:', index));
      thrice.enter('wrong');
    }
    expect(await thrice.exitCode()).toBe(12);
  });

  it('without the ciphertext says how the vault comes back, and that works', async () => {
    const root = newRoot();
    const imported = await bringIn(await exported('--recipient', identity.recipient), root);
    expect(imported.json).toMatchObject({ withVault: false, mounted: [] });
    const back = await run(['restore', '-c', 'client1', '--root', root]);
    expect(back, back.stderr).toMatchObject({ exitCode: 0 });
    expect(readTree(join(root, 'client1/vault/encrypted'))).toEqual(readTree(vault.encryptedDir));
  });

  it.each([
    ['the client is here', () => bringIn(whole, installation.root), 'ALREADY_INSTALLED'],
    ['its identity is missing', () => run(['import', whole, '--json', '--root', newRoot()]), 'KEY_REQUIRED'],
    [
      'its identity is another',
      () => {
        const other = installation.path('other.txt');
        execFileSync('age-keygen', ['-o', other], { stdio: 'ignore' });
        return run(['import', whole, '--identity', other, '--json', '--root', newRoot()]);
      },
      'WRONG_PASSWORD',
    ],
    ['it is no such file', () => bringIn(vault.profileFile, newRoot()), 'CONFIG_INVALID'],
    [
      'it is cut short',
      () =>
        bringIn(
          changed((bytes) => bytes.subarray(0, -100)),
          newRoot(),
        ),
      'VERIFY_FAILED',
    ],
    [
      'it is cut at the edge of a chunk',
      () =>
        bringIn(
          changed((bytes) => bytes.subarray(0, bytes.length - (bytes.length % 65_552))),
          newRoot(),
        ),
      undefined,
    ],
    [
      'a byte of it is flipped',
      () =>
        bringIn(
          changed((bytes) => flip(bytes, bytes.length - 3000)),
          newRoot(),
        ),
      'VERIFY_FAILED',
    ],
    [
      'its header was changed',
      () =>
        bringIn(
          changed((bytes) => flip(bytes, 80)),
          newRoot(),
        ),
      undefined,
    ],
  ] as const)('when %s is refused, and leaves nothing', async (_, attempt, code) => {
    const before = readdirSync(installation.root);
    const { exitCode, json } = await attempt();
    expect(exitCode).not.toBe(0);
    if (code !== undefined) expect(json.error).toMatchObject({ code });
    expect(readdirSync(installation.root)).toEqual(before);
    const left = installation.path(`root-${roots}`);
    expect(existsSync(left) ? readdirSync(left) : []).not.toContain('.cryptosync-import');
  });

  it('with a wrong password of the vault leaves it in its place, and says what to type', async () => {
    const root = newRoot();
    const { exitCode, json } = await run(
      ['import', whole, '--identity', identity.file, '--no-links', '--json', '--root', root],
      { env: { CRYPTOSYNC_PASSWORD: 'wrong' } },
    );
    expect(exitCode).toBe(12);
    expect(json).toMatchObject({
      mounted: [],
      error: { code: 'WRONG_PASSWORD', hint: expect.stringContaining('mount') },
    });
    expect(existsSync(join(root, 'client1/vault/encrypted/gocryptfs.conf'))).toBe(true);
    // the same command does the rest
    expect((await bringIn(whole, root)).json.mounted).toEqual(['default']);
    await run(['unmount', '-c', 'client1', '--root', root]);
  });

  it('runs no program of the file, and takes none along unless it is told to', async () => {
    const trace = installation.path('it-ran');
    editProfile(vault, { passwordCommand: `touch ${trace}` });
    const file = await exported('--with-vault', '--recipient', identity.recipient);
    editProfile(vault, { passwordCommand: undefined });
    const root = newRoot();
    const refused = await bringIn(file, root);
    expect(refused.json.error).toMatchObject({
      code: 'CONFIG_INVALID',
      details: { commands: [`touch ${trace}`] },
    });
    expect(existsSync(root)).toBe(false);
    expect((await bringIn(file, root, '--accept-commands')).json.mounted).toEqual(['default']);
    expect(existsSync(trace)).toBe(false);
    await run(['unmount', '-c', 'client1', '--root', root]);
  });
});

function changed(change: (bytes: Buffer) => Buffer): string {
  files += 1;
  const file = installation.path(`changed-${files}.age`);
  writeFileSync(file, change(readFileSync(whole)));
  return file;
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('an archive that no export makes', () => {
  const manifest = (changes: object = {}): string =>
    JSON.stringify({
      format: 'cryptosync-export',
      version: 1,
      id: '6b0e2c0e-0000-4000-8000-000000000000',
      client: 'evil',
      createdAt: '2026-01-01T00:00:00Z',
      directory: '/old/evil',
      profiles: ['default'],
      vaults: [],
      bytes: 0,
      commands: [],
      ...changes,
    });
  const first = (changes?: object) => ({ name: 'evil/cryptosync/export.json', content: manifest(changes) });
  const profile = (changes: object = {}) => ({
    name: 'evil/cryptosync/config/default.json',
    mode: 0o600,
    content: JSON.stringify({
      version: 1,
      engine: 'gocryptfs',
      encryptedDir: '/old/evil/vault/encrypted',
      mountDir: '/old/evil/vault/decrypted',
      createdAt: '2026-01-01T00:00:00Z',
      ...changes,
    }),
  });
  const directory = (name: string) => ({ name: `${name}/`, type: 'directory' as const, mode: 0o700 });
  const symlink = (name: string, linkname: string) => ({ name, type: 'symlink' as const, linkname });

  async function bringHostile(
    members: Parameters<typeof tarOf>[0],
  ): Promise<{ result: CommandResult; root: string }> {
    const file = installation.path(`hostile-${roots}.age`);
    lockByAge(identity, await tarOf(members), file);
    const root = newRoot();
    return { result: await bringIn(file, root), root };
  }

  it('with nothing to refuse is brought in, and state that it makes up is left behind', async () => {
    const state = 'evil/cryptosync/state';
    const { result, root } = await bringHostile([
      first(),
      profile(),
      { name: `${state}/proof-1.json`, mode: 0o600, content: '{}' },
      symlink(`${state}/ledger-default.jsonl`, vault.ledgerFile),
    ]);
    expect(result.exitCode, result.stdout).toBe(0);
    const taken = readdirSync(join(root, state));
    expect(taken.filter((name) => /^(proof|ledger)-/.test(name))).toEqual([]);
  });

  it.each([
    [
      'a path upwards',
      'could not be unpacked',
      () => [first(), profile(), { name: 'evil/../../../trace', content: 'x' }],
    ],
    [
      'a path from the root',
      'it holds ',
      () => [first(), profile(), { name: installation.path('trace'), content: 'x' }],
    ],
    [
      'a file through a link',
      'could not be unpacked',
      () => [
        first(),
        profile(),
        symlink('evil/vault', installation.directory),
        { name: 'evil/vault/trace', content: 'x' },
      ],
    ],
    [
      'a vault behind a link',
      'is a link',
      () => [
        first({ vaults: ['default'] }),
        profile(),
        symlink('evil/vault', installation.client('client1', 'vault')),
      ],
    ],
    [
      'a vault that is a link',
      'is a link',
      () => [
        first({ vaults: ['default'] }),
        profile(),
        directory('evil/vault'),
        symlink('evil/vault/encrypted', vault.encryptedDir),
      ],
    ],
    [
      'what is remembered behind a link',
      'is a link',
      () => [
        first(),
        profile(),
        symlink('evil/cryptosync/state', installation.client('client1', 'cryptosync', 'state')),
      ],
    ],
    [
      'an engine’s file behind a link',
      'is a link',
      () => [first(), profile(), symlink('evil/cryptosync/engine', installation.path('engines'))],
    ],
    [
      'a hard link to a file outside',
      'could not be unpacked',
      () => [
        first(),
        profile(),
        { name: 'evil/rclone/rclone.conf', type: 'link' as const, linkname: vault.profileFile },
      ],
    ],
    [
      'a profile that is a link',
      'default.json is no small file',
      () => [first(), symlink('evil/cryptosync/config/default.json', vault.profileFile)],
    ],
    [
      'a profile that is a FIFO',
      'default.json is no small file',
      () => [first(), { name: profile().name, type: 'fifo' as const }],
    ],
    [
      'an rclone.conf that is a FIFO',
      'rclone.conf is no small file',
      () => [first(), profile(), { name: 'evil/rclone/rclone.conf', type: 'fifo' as const }],
    ],
    ['a profile of a stranger', 'evil: there is no such key', () => [first(), profile({ evil: true })]],
    ['no profile', 'it has no profile default', () => [first()]],
    ['no vault', 'the vault of default is not there', () => [first({ vaults: ['default'] }), profile()]],
    [
      'another client beside it',
      'it holds client1',
      () => [first(), profile(), { name: 'client1/cryptosync/x', content: 'x' }],
    ],
    [
      'a client that leads upwards',
      'client: must be a client id',
      () => [first({ client: '../evil' }), profile()],
    ],
    [
      'a profile that leads upwards',
      'profiles.0: must be a profile name',
      () => [first({ profiles: ['../evil'] }), profile()],
    ],
    ['a size that is none', 'bytes: ', () => [first({ bytes: -1 }), profile()]],
    ['more than the disk holds', 'is full', () => [first({ bytes: Number.MAX_SAFE_INTEGER }), profile()]],
    [
      'a program that it does not name',
      'it would run touch /tmp/it-ran',
      () => [first(), profile({ passwordCommand: 'touch /tmp/it-ran' })],
    ],
    [
      "a program of rclone's that it does not name",
      'it would run a: ssh = touch /tmp/it-ran',
      () => [
        first(),
        profile(),
        {
          name: 'evil/rclone/rclone.conf',
          mode: 0o600,
          content: '[a]\ntype = sftp\nssh = touch /tmp/it-ran\n',
        },
      ],
    ],
    [
      'a directory of this machine to send',
      "outside of the client's tree: /etc",
      () => [first(), profile({ mappings: [{ source: '/etc', plaintext: true, allowOutside: true }] })],
    ],
    [
      'a directory of this machine to write',
      "outside of the client's tree: /old/evil/../../etc",
      () => [
        first(),
        profile({
          mappings: [
            { source: '/old/evil/../../etc', direction: 'download', plaintext: true, allowOutside: true },
          ],
        }),
      ],
    ],
    ['something else first', 'is no export', () => [profile(), first()]],
    ['the same file twice', 'could not be unpacked', () => [first(), profile(), profile()]],
    ['nothing', 'is no export', () => []],
  ])('with %s is refused, writes nowhere, and leaves nothing', async (_, why, members) => {
    mkdirSync(installation.path('engines', 'default'), { recursive: true });
    const before = readTree(installation.root);
    const { result, root } = await bringHostile(members());
    const { exitCode, json } = result;
    expect(exitCode, JSON.stringify(json)).not.toBe(0);
    expect(json.error.code).not.toBe('UNEXPECTED');
    expect(json.error.message).toContain(why);
    expect(readdirSync(installation.path('engines'))).toEqual(['default']);
    expect(existsSync(root) ? readdirSync(root) : []).toEqual([]);
    expect(existsSync(installation.path('trace'))).toBe(false);
    expect(readTree(installation.root)).toEqual(before);
  });
});
