/** Restoring what is sound from a remote where some of it is damaged: it is asked for, told file by file, and never silent. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { snapshotOf } from '../support/machines.ts';
import { snapshot } from '../support/snapshot.ts';
import { type ClientVault, installVault, openByHand } from '../support/vault.ts';

const long = 'a name of two hundred bytes '.repeat(7).trim();
const files = {
  'a.txt': 'sound',
  'below/b.txt': 'will be damaged',
  'below/c.txt': 'sound too',
  [`far/${long}`]: 'will be lost',
};

describe('restore --skip-damaged', () => {
  let installation: Installation;
  let vault: ClientVault;
  /** Sets the remote back to what was sent. */
  let setBack: () => void;
  /** By path in the clear: the path of its ciphertext. */
  const cipher: Record<string, string> = {};
  beforeAll(async () => {
    installation = createInstallation();
    vault = await installVault(installation);
    await vault.put(files);
    await vault.succeed('sync');
    await vault.succeed('mount');
    const byInode = (directory: string): [string, string][] =>
      execFileSync('find', [directory, '-printf', '%i %P\\n'], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((line) => line.split(/ (.*)/s).slice(0, 2) as [string, string]);
    const there = new Map(byInode(vault.encryptedDir));
    for (const [inode, plain] of byInode(vault.mountDir)) cipher[plain] = there.get(inode) ?? '';
    await vault.succeed('unmount');
    setBack = snapshotOf(vault.remoteDir);
  });
  afterAll(() => installation.cleanUp());
  beforeEach(() => {
    setBack();
    // what a run before has brought is not fetched again
    rmSync(`${vault.encryptedDir}.restoring`, { recursive: true, force: true });
  });

  const at = (plain: string): string => join(vault.remoteDir, cipher[plain] ?? '');
  const damageTwo = (): void => {
    writeFileSync(at('below/b.txt'), 'something else');
    rmSync(at(`far/${long}`));
  };
  const lostTwo = [
    {
      path: expect.any(String),
      plaintext: 'below/b.txt',
      why: expect.stringContaining('is not what was sent'),
    },
    { path: expect.any(String), plaintext: `far/${long}`, why: expect.stringContaining('is not there') },
  ];
  const byPlain = (lost: readonly { plaintext: string }[]) =>
    [...lost].sort((one, other) => (one.plaintext < other.plaintext ? -1 : 1));
  const sound = { 'a.txt': expect.any(String), 'below/c.txt': expect.any(String) };

  test('puts all else in the place of the vault, names each file in the clear, and ends with 16', async () => {
    damageTwo();
    const before = snapshot(vault.encryptedDir);
    expect((await vault.run('restore')).json.error).toMatchObject({ code: 'VERIFY_FAILED' });
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    const { exitCode, json } = await vault.run('restore', '--skip-damaged');
    expect(exitCode).toBe(16);
    expect(json.error).toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining('below/b.txt'),
      hint: expect.stringContaining('cryptosync generations'),
    });
    expect(json.restored).toMatchObject([{ generation: 1, seal: 'right', directory: vault.encryptedDir }]);
    expect(byPlain(json.restored[0].lost)).toEqual(lostTwo);
    expect(openByHand(installation, vault.encryptedDir)).toEqual(sound);
    expect(snapshot(json.restored[0].keptAside)).toEqual(before);
    expect(vault.ledger().at(-1)).toMatchObject({ outcome: 'restored', restored: [{ lost: 2 }] });
    // what was damaged at the remote goes to the trash there: it is a vault like any other
    const synced = await vault.succeed('sync');
    expect(synced.results).toMatchObject([{ outcome: 'synced', generation: 2 }]);
    rmSync(vault.encryptedDir, { recursive: true });
    cpSync(json.restored[0].keptAside, vault.encryptedDir, { recursive: true, preserveTimestamps: true });
  });

  test('beside it, and on a machine that knows nothing, says the same to people', async () => {
    damageTwo();
    const target = ['--from', `r:${vault.remoteDir}`, '--remote-type', 'local', '--no-links'];
    for (const args of [['--to', installation.path('beside')], target]) {
      const { exitCode, stdout, stderr } = await installation.cryptosync(
        ['restore', '--client', 'client1', '--skip-damaged', ...args],
        args === target ? { env: { CRYPTOSYNC_ROOT: installation.path('bare') } } : {},
      );
      expect(exitCode, stderr).toBe(16);
      expect(stdout).toMatch(/: left out: below\/b\.txt: .* is not what was sent\n/);
      expect(stdout).toMatch(/: left out: far\/a name .* is not there\n/);
      expect(stderr).toContain('[VERIFY_FAILED]');
    }
    expect(openByHand(installation, installation.path('beside'))).toEqual(sound);
    const bare = installation.path('bare', 'client1', 'vault', 'encrypted');
    expect(openByHand(installation, bare)).toEqual(sound);
  });

  test('by path: what is sound of it comes, and a file that was all that was asked for is told', async () => {
    damageTwo();
    const to = installation.path('found');
    const { exitCode, json } = await vault.run(
      ...(['restore', '--skip-damaged', '--path', 'below', '--path', 'a.txt', '--to', to] as const),
    );
    expect(exitCode).toBe(16);
    expect(json.restored[0].lost).toEqual([lostTwo[0]]);
    expect(readdirSync(join(to, 'below'))).toEqual(['c.txt']);
    expect(readFileSync(join(to, 'a.txt'), 'utf8')).toBe('sound');
    const only = installation.path('only');
    const none = await vault.run('restore', '--skip-damaged', '--path', 'below/b.txt', '--to', only);
    expect(none.exitCode).toBe(16);
    expect(none.json.restored[0].lost).toEqual([lostTwo[0]]);
    expect(readdirSync(only)).toEqual([]);
    // what is damaged elsewhere is nothing to this path
    const other = ['--path', 'below/c.txt', '--to', installation.path('other')];
    expect((await vault.succeed('restore', ...other)).restored[0].lost).toEqual([]);
    const typo = await vault.run('restore', '--skip-damaged', '--path', 'below/d', '--to', only);
    expect(typo.json.error).toMatchObject({ code: 'USAGE' });
  });

  test.for([
    ['the configuration', 'gocryptfs.conf', 'without its configuration the vault can'],
    ['the root’s own names', 'gocryptfs.diriv', undefined],
  ] as const)('puts nothing in place when %s is damaged', async ([, name, message]) => {
    writeFileSync(join(vault.remoteDir, name), 'nothing that opens');
    const before = snapshot(vault.encryptedDir);
    const { exitCode, json } = await vault.run('restore', '--skip-damaged');
    expect([12, 13, 15, 16], JSON.stringify(json.error)).toContain(exitCode);
    expect(json.error.message).toContain(message ?? '');
    expect(snapshot(vault.encryptedDir)).toEqual(before);
    expect(mountsBelow(installation.directory)).toEqual([]);
  });

  test('a directory whose names can not be read is named by its ciphertext', async () => {
    rmSync(join(vault.remoteDir, cipher['below'] ?? '', 'gocryptfs.diriv'));
    const to = installation.path('nameless');
    const { json } = await vault.run('restore', '--skip-damaged', '--to', to);
    expect(json.restored[0].lost).toEqual([
      { path: `${cipher['below']}/gocryptfs.diriv`, why: expect.stringContaining('is not there') },
    ]);
    expect(existsSync(join(to, cipher['below/b.txt'] ?? ''))).toBe(true);
  });

  test('files that an unsound remote has beside sound ones come from an earlier run as well', async () => {
    damageTwo();
    const to = installation.path('twice');
    mkdirSync(to);
    expect((await vault.run('restore', '--to', to)).json.error).toMatchObject({ code: 'VERIFY_FAILED' });
    const { json } = await vault.run('restore', '--skip-damaged', '--to', to);
    expect(json.restored[0].lost).toHaveLength(2);
    expect(json.restored[0].filesFetched + json.restored[0].filesResumed).toBe(json.restored[0].files);
  });
});
