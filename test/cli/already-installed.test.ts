import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import type { CommandResult } from '../support/running-command.ts';
import { readTree, writeFiles } from '../support/tree.ts';

let installation: Installation;
const install = (...args: string[]): Promise<CommandResult> =>
  installation.cryptosync(['install', '--client', 'a', '--no-links', '--json', ...args]);
const remote = (path: string): string[] => [
  '--remote-type',
  'local',
  '--remote-path',
  installation.path(path),
];
const profile = () =>
  JSON.parse(readFileSync(installation.client('a', 'cryptosync', 'config', 'default.json'), 'utf8'));
const vaultTree = () => readTree(installation.client('a', 'vault', 'encrypted'));

/** All but the state, where every run is recorded. */
const configuration = () =>
  Object.entries(readTree(installation.root)).filter(([path]) => !path.includes('/state/'));

beforeAll(async () => {
  installation = createInstallation();
  expect(await install()).toMatchObject({ exitCode: 0 });
});

afterAll(() => installation.cleanUp());

describe('an installed client', () => {
  it('gets its first remote without --force: it had none', async () => {
    const result = await install(...remote('first'));
    expect(result, result.stdout).toMatchObject({ exitCode: 0 });
    expect(result.json.remote).toEqual({
      name: 'default-remote',
      type: 'local',
      path: installation.path('first'),
    });
  });

  it('is left as it is by the same install again', async () => {
    const before = configuration();
    const again = await install(...remote('first'));
    expect(again).toMatchObject({ exitCode: 0, json: { created: [], mounted: false, synced: false } });
    expect(configuration()).toEqual(before);
    expect((await install()).json).toMatchObject({
      created: [],
      remote: { path: installation.path('first') },
    });
  });

  it.each([
    ['another remote path', () => remote('second'), /remote path/],
    ['another remote', () => ['--remote-name', 'other'], /remote/],
    ['another type of the remote', () => ['--remote-type', 'webdav'], /type/],
    ['another option of the remote', () => [...remote('first'), '--remote-option', 'nounc=true'], /nounc/],
    ['another mount directory', () => ['--mount-dir', installation.path('mnt')], /mount directory/],
    ['another engine', () => ['--engine', 'cryfs'], /engine/],
  ])('is not given %s without --force, and nothing changes', async (_, args, what) => {
    const before = readTree(installation.root);
    const result = await install(...args());
    expect(result).toMatchObject({ exitCode: 10, json: { error: { code: 'ALREADY_INSTALLED', exit: 10 } } });
    expect(result.json.error.message).toMatch(what);
    expect(result.json.error.hint).toBeTruthy();
    expect(readTree(installation.root)).toEqual(before);
  });

  it('takes another remote, path and mount directory with --force, and its vault is not touched', async () => {
    await installation.cryptosync(['mount', '--client', 'a']);
    writeFiles(installation.client('a', 'vault', 'decrypted'), { 'kept/file': 'content' });
    await installation.cryptosync(['unmount', '--client', 'a']);
    const vault = vaultTree();
    const { vaultId, createdAt } = profile();
    const mountDir = installation.path('mnt');
    const changed = await install(
      '--force',
      ...remote('second'),
      '--remote-name',
      'other',
      '--mount-dir',
      mountDir,
    );
    expect(changed, changed.stdout).toMatchObject({
      exitCode: 0,
      json: { mountDir, remote: { name: 'other', type: 'local', path: installation.path('second') } },
    });
    expect(vaultTree()).toEqual(vault);
    expect(profile()).toMatchObject({ vaultId, createdAt, mountDir });
    const opened = await installation.cryptosync(['mount', '--client', 'a', '--json']);
    expect(opened.json.results[0]).toMatchObject({ state: 'mounted', mountDir });
    expect(readFileSync(`${mountDir}/kept/file`, 'utf8')).toBe('content');
  });

  it('keeps its mount directory while it is mounted, also with --force', async () => {
    const before = readTree(installation.root);
    const result = await install('--force', '--mount-dir', installation.path('elsewhere'));
    expect(result).toMatchObject({ exitCode: 75, json: { error: { code: 'VAULT_MOUNTED' } } });
    expect(readTree(installation.root)).toEqual(before);
    expect(await install('--force', ...remote('third'))).toMatchObject({ exitCode: 0 });
    expect((await installation.cryptosync(['unmount', '--client', 'a'])).exitCode).toBe(0);
  });

  it.each([[['--force']], [['--force', '--engine', 'cryfs']], [['--force', '--use-cryfs']]])(
    'keeps its vault whatever is forced: %j',
    async (args) => {
      const vault = vaultTree();
      await install(...args);
      expect(vaultTree()).toEqual(vault);
      expect(profile().engine).toBe('gocryptfs');
    },
  );

  it('keeps the options of its remote that --force does not name, the password among them', async () => {
    const conf = () => readFileSync(installation.client('dav', 'rclone', 'rclone.conf'), 'utf8');
    const change = (...options: string[]) =>
      installation.cryptosync([
        'install',
        '--client',
        'dav',
        '--no-links',
        '--json',
        '--remote-type',
        'webdav',
        ...options,
      ]);
    await change('--remote-options', 'url=http://127.0.0.1:1/a,user=u,pass=hunter2');
    const before = conf();
    const result = await change('--force', '--remote-option', 'url=http://127.0.0.1:1/b');
    expect(result, result.stdout).toMatchObject({ exitCode: 0 });
    expect(conf()).toContain('url = http://127.0.0.1:1/b');
    const line = (text: string, key: string) => text.split('\n').find((row) => row.startsWith(`${key} = `));
    expect(line(conf(), 'pass')).toBe(line(before, 'pass'));
    expect(line(conf(), 'user')).toBe('user = u');
  });
});
