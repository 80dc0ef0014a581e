/** No place on a remote lies in another, by whatever name: a mirror of the outer one would take the inner one away. */
import { appendFileSync, existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { readTree } from '../support/tree.ts';

let one: Installation;
const install = (client: string, ...args: string[]): ReturnType<Installation['cryptosync']> =>
  one.cryptosync(['install', '--client', client, '--no-links', '--json', ...args]);
const codeOf = ({ stdout }: { stdout: string }): string =>
  (JSON.parse(stdout) as { error?: { code: string } }).error?.code ?? 'none';

/** Adds remotes to a client's file, as an operator's `rclone-config` does. */
function configure(client: string, text: string): void {
  appendFileSync(one.client(client, 'rclone', 'rclone.conf'), text, { mode: 0o600 });
}

beforeAll(async () => {
  one = createInstallation();
  symlinkSync(one.path('acct'), one.path('link'));
  expect(
    (await install('a', '--remote-type', 'local', '--remote-path', one.path('acct', 'a'))).exitCode,
  ).toBe(0);
  expect((await one.cryptosync(['sync', '--client', 'a'])).exitCode).toBe(0);
}, 60_000);

afterAll(() => one.cleanUp());

describe('a place inside another client’s, or around it', () => {
  it.each([
    ['below', ['--remote-type', 'local', '--remote-path', 'acct/a/b']],
    ['above', ['--remote-type', 'local', '--remote-path', 'acct']],
    ['with slashes and dots', ['--remote-type', 'local', '--remote-path', 'acct/./a//b/']],
    ['through a link', ['--remote-type', 'local', '--remote-path', 'link/a/b']],
    [
      'by an alias',
      ['--remote-type', 'alias', '--remote-option', 'remote=ROOT/acct', '--remote-path', 'a/b'],
    ],
    [
      'by a crypt layer',
      ['--remote-type', 'crypt', '--remote-option', 'remote=ROOT/acct/a', '--remote-path', 'b'],
    ],
    [
      'by a union',
      ['--remote-type', 'union', '--remote-option', 'upstreams=ROOT/x ROOT/acct/a', '--remote-path', 'b'],
    ],
    [
      'by a combination',
      ['--remote-type', 'combine', '--remote-option', 'upstreams=x=ROOT/acct', '--remote-path', 'x/a/b'],
    ],
  ])('is refused at install: %s', async (_, args) => {
    const options = args.map((arg) =>
      arg.startsWith('acct') || arg.startsWith('link')
        ? one.path(arg)
        : arg.replaceAll('ROOT', one.directory),
    );
    const before = readTree(one.path('acct'));
    const result = await install('b', ...options);
    expect([codeOf(result), result.stdout]).toEqual(['CONFIG_INVALID', expect.stringContaining('a/default')]);
    expect(existsSync(one.client('b', 'vault', 'encrypted', 'gocryptfs.conf'))).toBe(false);
    expect(readTree(one.path('acct'))).toEqual(before);
  });

  it('is refused when it is set, and when rclone.conf came to lead there', async () => {
    expect((await install('c', '--remote-type', 'local', '--remote-path', one.path('c'))).exitCode).toBe(0);
    const set = await one.cryptosync([
      'config',
      'set',
      'remote.path',
      one.path('acct', 'a', 'c'),
      '--client',
      'c',
      '--json',
    ]);
    expect(codeOf(set)).toBe('CONFIG_INVALID');
    configure('c', `\n[lead]\ntype = alias\nremote = ${one.path('elsewhere')}\n`);
    for (const [key, value] of [
      ['remote.name', 'lead'],
      ['remote.path', 'a/c'],
    ] as const) {
      const result = await one.cryptosync(['config', 'set', key, value, '--client', 'c', '--json']);
      expect([key, codeOf(result)]).toEqual([key, 'none']);
    }
    writeFileSync(
      one.client('c', 'rclone', 'rclone.conf'),
      `[lead]\ntype = alias\nremote = ${one.path('acct')}\n`,
    );
    const before = readTree(one.path('acct'));
    const sync = await one.cryptosync(['sync', '--client', 'c', '--json']);
    expect(sync.stdout).toContain('CONFIG_INVALID');
    expect(readTree(one.path('acct'))).toEqual(before);
    writeFileSync(one.client('c', 'rclone', 'rclone.conf'), '');
  });

  it('is refused by the marker above it, where another machine’s client has it', async () => {
    const other = createInstallation(one.path('tmp'));
    try {
      const path = one.path('acct', 'a', 'deep', 'down');
      const args = [
        'install',
        '--client',
        'z',
        '--no-links',
        '--remote-type',
        'local',
        '--remote-path',
        path,
      ];
      expect((await other.cryptosync(args)).exitCode).toBe(0);
      const before = readTree(one.path('acct'));
      const sync = await other.cryptosync(['sync', '--client', 'z', '--json']);
      expect(sync.stdout).toContain('VAULT_FOREIGN');
      expect(readTree(one.path('acct'))).toEqual(before);
    } finally {
      await other.cleanUp();
    }
  });

  it('is found by a full pass of the outer one, which then leaves it as it is', async () => {
    mkdirSync(one.path('acct', 'a', 'later', '.cryptosync'), { recursive: true });
    writeFileSync(one.path('acct', 'a', 'later', '.cryptosync', 'marker.json'), '{}');
    writeFileSync(one.path('acct', 'a', 'later', 'data'), 'of somebody');
    const before = readTree(one.path('acct'));
    const sync = await one.cryptosync(['sync', '--client', 'a', '--full', '--json']);
    expect(sync.stdout).toContain('VAULT_FOREIGN');
    expect(readTree(one.path('acct'))).toEqual(before);
  });
});

describe('an alias of a directory of this machine', () => {
  it('is that directory: nothing is written through a link in it, and one into the vault is refused', async () => {
    const args = [
      '--remote-type',
      'alias',
      '--remote-option',
      `remote=${one.path('disk')}`,
      '--remote-path',
      'd',
    ];
    expect((await install('d', ...args)).exitCode).toBe(0);
    mkdirSync(one.path('outside'));
    expect((await one.cryptosync(['sync', '--client', 'd'])).exitCode).toBe(0);
    expect(existsSync(one.path('disk', 'd', 'gocryptfs.conf'))).toBe(true);
    mkdirSync(one.client('d', 'vault', 'encrypted', 'x'));
    writeFileSync(join(one.client('d', 'vault', 'encrypted', 'x'), 'f'), 'secret');
    symlinkSync(one.path('outside'), one.path('disk', 'd', 'x'));
    const sync = await one.cryptosync(['sync', '--client', 'd', '--json']);
    expect(existsSync(one.path('outside', 'f'))).toBe(false);
    expect(sync.stdout).not.toContain('UNEXPECTED');
    writeFileSync(
      one.client('d', 'rclone', 'rclone.conf'),
      `[default-remote]\ntype = alias\nremote = ${one.client('d', 'vault', 'encrypted')}\n`,
    );
    const into = await one.cryptosync(['sync', '--client', 'd', '--json']);
    expect(into.stdout).toContain('CONFIG_INVALID');
  });

  it('whose disk is not mounted is not filled anew', async () => {
    const args = [
      '--remote-type',
      'alias',
      '--remote-option',
      `remote=${one.path('mnt')}`,
      '--remote-path',
      'e',
    ];
    expect((await install('e', ...args)).exitCode).toBe(0);
    expect((await one.cryptosync(['sync', '--client', 'e'])).exitCode).toBe(0);
    renameSync(one.path('mnt'), one.path('unplugged'));
    mkdirSync(one.path('mnt'));
    const sync = await one.cryptosync(['sync', '--client', 'e', '--json']);
    expect(sync.stdout).toContain('REMOTE_BEHIND');
    expect(readTree(one.path('mnt'))).toEqual({});
  });
});
