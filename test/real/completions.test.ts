/** The generated completion scripts in bash, zsh and fish themselves, and the command that installs them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { shells } from '../../src/operations/completions.ts';
import { type Installation, it } from '../support/installation.ts';
import { completeIn, completionScripts, typeInBash } from '../support/shells.ts';
import { writeFiles } from '../support/tree.ts';

/** Trees of clients as completion reads them: no vault is needed. */
function makeClients(root: string, clients: Readonly<Record<string, readonly string[]>>): void {
  for (const [client, profiles] of Object.entries(clients)) {
    mkdirSync(`${root}/${client}/cryptosync/config`, { recursive: true });
    for (const profile of profiles)
      writeFileSync(`${root}/${client}/cryptosync/config/${profile}.json`, '{}');
  }
}

/** What a shell has on a terminal, and a root with a space in its path. */
function environmentOf(installation: Installation): NodeJS.ProcessEnv & { CRYPTOSYNC_ROOT: string } {
  const { PATH, HOME } = installation.environment;
  const root = installation.path('all clients');
  makeClients(root, { alpha: ['default', 'photos'], alps: ['default'], beta: ['default', 'mail'] });
  return { PATH, HOME, TERM: 'dumb', CRYPTOSYNC_ROOT: root };
}

describe.each(shells)('completion in %s', (shell) => {
  it('offers commands, sub-commands and flags', async ({ installation }) => {
    const environment = environmentOf(installation);
    const offered = async (...words: string[]): Promise<readonly string[]> =>
      (await completeIn(shell, words, environment)).matches;
    expect(await offered('cryptosync', 'mo')).toEqual(['mount']);
    expect(await offered('cryptosync', '')).toEqual(expect.arrayContaining(['install', 'doctor', 'config']));
    expect(await offered('cryptosync', 'config', 'ge')).toEqual(['get']);
    expect(await offered('cryptosync', 'config', 'get', 'remote.')).toEqual(['remote.name', 'remote.path']);
    expect(await offered('cryptosync', 'completions', '')).toEqual(
      expect.arrayContaining(['bash', 'fish', 'install', 'zsh']),
    );
    expect(await offered('cryptosync', 'mount', '--read')).toEqual(['--read-only']);
    expect(await offered('cryptosync', 'install', '--no-l')).toEqual(['--no-links']);
    expect(await offered('cryptosync', 'mount', '--engine')).toEqual([]);
  });

  it('offers the values of a flag', async ({ installation }) => {
    const environment = environmentOf(installation);
    const { matches } = await completeIn(shell, ['cryptosync', 'install', '--engine', ''], environment);
    expect(matches).toEqual(['cryfs', 'gocryptfs']);
  });

  it('offers the clients and the profiles of the client on the line', async ({ installation }) => {
    const environment = environmentOf(installation);
    mkdirSync(`${environment.CRYPTOSYNC_ROOT}/no-client`);
    mkdirSync(`${environment.CRYPTOSYNC_ROOT}/odd name/cryptosync`, { recursive: true });
    const offered = async (...words: string[]): Promise<readonly string[]> =>
      (await completeIn(shell, ['cryptosync', ...words], environment)).matches;
    expect(await offered('sync', '--client', '')).toEqual(['alpha', 'alps', 'beta']);
    expect(await offered('sync', '-c', 'alp')).toEqual(['alpha', 'alps']);
    expect(await offered('sync', '-c', 'alps', '--client', 'b')).toEqual(['beta']);
    expect(await offered('sync', '--client', 'alpha', '--profile', '')).toEqual(['default', 'photos']);
    expect(await offered('sync', '--client=beta', '-p', '')).toEqual(['default', 'mail']);
    expect(await offered('sync', '--all', '-p', '')).toEqual(['default', 'mail', 'photos']);
  });

  it('takes the root from the line before the environment and the settings', async ({ installation }) => {
    const { CRYPTOSYNC_ROOT: root, ...environment } = environmentOf(installation);
    const other = installation.path("o'ther $root");
    makeClients(other, { gamma: ['default'] });
    const clients = async (env: NodeJS.ProcessEnv, ...words: string[]): Promise<readonly string[]> =>
      (await completeIn(shell, ['cryptosync', 'mount', ...words, '--client', ''], env)).matches;
    const quoted = `"${other.replace('$', String.raw`\$`)}"`;
    expect(await clients({ ...environment, CRYPTOSYNC_ROOT: root }, '--root', quoted)).toEqual(['gamma']);
    const escaped = other.replaceAll(/[' $]/g, String.raw`\$&`);
    expect(await clients({ ...environment, CRYPTOSYNC_ROOT: root }, `--root=${escaped}`)).toEqual(['gamma']);
    expect(
      await clients({ ...environment, HOME: installation.directory }, '--root', String.raw`~/all\ clients`),
    ).toEqual(['alpha', 'alps', 'beta']);
    const settings = installation.path('settings.json');
    writeFileSync(
      settings,
      JSON.stringify({ logFile: '/x/"root": "/y"', nested: { root: '/z' }, root: other }),
    );
    expect(await clients({ ...environment, CRYPTOSYNC_CONFIG: settings })).toEqual(['gamma']);
    expect(
      await clients({ ...environment, CRYPTOSYNC_CONFIG: settings, CRYPTOSYNC_ROOT: root }),
    ).toHaveLength(3);
    writeFileSync(settings, '{ "root": "torn');
    expect(await clients({ ...environment, CRYPTOSYNC_CONFIG: settings })).not.toContain('gamma');
  });

  it('takes the client of the profiles from the environment and the settings', async ({ installation }) => {
    const environment = environmentOf(installation);
    const settings = installation.path('settings.json');
    writeFileSync(settings, `{\n\t"client" : "alpha"\n}\n`);
    const profiles = async (env: NodeJS.ProcessEnv): Promise<readonly string[]> =>
      (await completeIn(shell, ['cryptosync', 'mount', '-p', ''], { ...environment, ...env })).matches;
    expect(await profiles({ CRYPTOSYNC_CONFIG: settings })).toEqual(['default', 'photos']);
    expect(await profiles({ CRYPTOSYNC_CONFIG: settings, CRYPTOSYNC_CLIENT: 'beta' })).toEqual([
      'default',
      'mail',
    ]);
    expect(await profiles({})).toEqual([]);
  });

  it('offers the remotes and the kept generations of the client on the line', async ({ installation }) => {
    const environment = environmentOf(installation);
    const alpha = `${environment.CRYPTOSYNC_ROOT}/alpha`;
    mkdirSync(`${alpha}/rclone`);
    mkdirSync(`${alpha}/cryptosync/state`);
    writeFileSync(
      `${alpha}/rclone/rclone.conf`,
      '# [none]\n[default-remote]\ntype = local\n\n[s3]\ntype = s3\npass = [x]\n[odd name]\n',
    );
    const head = (generation: number, trash: readonly number[]): string => {
      const kept = trash.map((number) => [number, '2026-11-26T19:11:25Z']);
      return `${JSON.stringify({ cryptosync: 'record', place: 's3:[9]', generation, manifest: { file: '7_a' }, trash: kept })}\n[5,"x"]\n`;
    };
    writeFileSync(`${alpha}/cryptosync/state/record-default-0123456789ab.jsonl`, head(12, [11, 12]));
    writeFileSync(`${alpha}/cryptosync/state/record-default-x-0123456789ab.jsonl`, head(99, []));
    writeFileSync(`${alpha}/cryptosync/state/record-photos-0123456789ab-0123456789ab.jsonl`, head(3, [3]));
    const offered = async (...words: string[]): Promise<readonly string[]> =>
      (await completeIn(shell, ['cryptosync', ...words], environment)).matches;
    expect(await offered('install', '-c', 'alpha', '--remote-name', '')).toEqual(['default-remote', 's3']);
    expect(await offered('restore', '-c', 'alpha', '--from', 'd')).toEqual(['default-remote:']);
    expect(await offered('restore', '-c', 'beta', '--from', '')).toEqual([]);
    const restore = ['restore', '--client', 'alpha'];
    expect(await offered(...restore, '--generation', '')).toEqual(['10', '11', '12']);
    expect(await offered(...restore, '--profile', 'photos', '--generation', '')).toEqual(['2', '3']);
    expect(await offered(...restore, '-p', 'photos', '--at-least', '2')).toEqual(['2']);
    expect(await offered('restore', '--client', 'alps', '--generation', '')).toEqual([]);
    expect(await offered('help', 'opera')).toEqual(['operating']);
  });

  it('runs nothing that stands on the line', async ({ installation }) => {
    const environment = environmentOf(installation);
    const trap = installation.path('trap');
    await completeIn(
      shell,
      ['cryptosync', 'mount', '--root', `"$(touch '${trap}')"`, '-c', `"\`touch ${trap}\`"`, '-p', ''],
      environment,
    );
    expect(() => lstatSync(trap)).toThrow('ENOENT');
  });

  it('offers 1,000 clients, and starts no node', async ({ installation }) => {
    const { CRYPTOSYNC_ROOT: _, ...environment } = environmentOf(installation);
    const root = installation.path('a thousand');
    const names = Array.from({ length: 1000 }, (_, index) => `client${index}`);
    makeClients(root, Object.fromEntries(names.map((name) => [name, ['default']])));
    // were it started, it would be found here
    writeFiles(installation.binDirectory, { node: '#!/bin/sh\ntouch "$NODE_WAS_STARTED"\n' });
    chmodSync(`${installation.binDirectory}/node`, 0o755);
    const trap = installation.path('node-was-started');
    const { matches } = await completeIn(shell, ['cryptosync', 'mount', '--client', ''], {
      ...environment,
      CRYPTOSYNC_ROOT: root,
      NODE_WAS_STARTED: trap,
      PATH: `${installation.binDirectory}:${environment.PATH}`,
    });
    expect(matches).toHaveLength(1000);
    expect(() => lstatSync(trap)).toThrow('ENOENT');
  });
});

it('completes in a bash on a terminal, file names with spaces too', async ({ installation }) => {
  const environment = environmentOf(installation);
  writeFileSync(installation.path('the password of alpha'), '');
  const file = `${installation.directory}/the`;
  expect(await typeInBash(`cryptosync mo\t -c alph\t --password-file ${file}\t\n`, environment)).toEqual([
    'mount',
    '-c',
    'alpha',
    '--password-file',
    installation.path('the password of alpha'),
  ]);
  expect(await typeInBash('cryptosync st\t --client=bet\t -p mai\t\n', environment)).toEqual([
    'status',
    '--client=beta',
    '-p',
    'mail',
  ]);
  expect(
    await typeInBash(`cryptosync mount --root ${installation.directory}/all\t -c alps\t\n`, environment),
  ).toEqual(['mount', '--root', `${environment.CRYPTOSYNC_ROOT}/`, '-c', 'alps']);
});

it('prints the script of each shell as the package has it', async ({ installation }) => {
  for (const shell of shells) {
    const { stdout, exitCode } = await installation.cryptosync(['completions', shell]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(readFileSync(completionScripts[shell], 'utf8'));
  }
  const unknown = await installation.cryptosync(['completions', 'tcsh', '--json']);
  expect(unknown).toMatchObject({ exitCode: 2, json: { error: { code: 'USAGE' } } });
});

/** A user of the machine without rights of any kind. */
const nobody = { uid: 65534, gid: 65534 };

describe('completions install', () => {
  it('puts the script where the shell of a user looks, once', async ({ installation }) => {
    const home = installation.path('home');
    execFileSync('chown', ['-R', '65534:65534', home]);
    const env = { HOME: home, XDG_CONFIG_HOME: undefined, SHELL: '/usr/bin/fish' };
    const options = { ...nobody, env: { ...env, CRYPTOSYNC_LOG: `${home}/log` } };
    const first = await installation.cryptosync(['completions', 'install', '--json'], options);
    const place = `${home}/.config/fish/completions/cryptosync.fish`;
    expect(first.json).toMatchObject({ shell: 'fish', path: place, changed: true });
    expect(readFileSync(place, 'utf8')).toBe(readFileSync(completionScripts.fish, 'utf8'));
    expect(lstatSync(place).mode & 0o777).toBe(0o644);
    const second = await installation.cryptosync(['completions', 'install', '--json'], options);
    expect(second.json).toMatchObject({ changed: false });
    const zsh = await installation.cryptosync(
      ['completions', 'install', '--shell', 'zsh', '--json'],
      options,
    );
    expect(zsh.json.path).toBe(`${home}/.local/share/zsh/site-functions/_cryptosync`);
    expect(zsh.json.next).toContain(`fpath=('${home}/.local/share/zsh/site-functions' $fpath)`);
    const bash = await installation.cryptosync(['completions', 'install', '--shell', 'bash'], options);
    expect(bash.stdout).toContain(`wrote ${home}/.local/share/bash-completion/completions/cryptosync`);
    expect(bash.stdout).toContain('next: ');
  });

  it('brings an older script up to date and tells so', async ({ installation }) => {
    const directory = installation.path('completions');
    writeFiles(directory, { cryptosync: '# bash completion for cryptosync. An older one.\n' });
    const args = ['completions', 'install', '--shell', 'bash', '--dir', directory, '--json'];
    expect((await installation.cryptosync(args)).json).toMatchObject({ changed: true });
    expect(readFileSync(`${directory}/cryptosync`, 'utf8')).toBe(
      readFileSync(completionScripts.bash, 'utf8'),
    );
    expect((await installation.cryptosync(args)).json).toMatchObject({ changed: false });
  });

  it('replaces a link instead of writing through it, and leaves what is not ours', async ({
    installation,
  }) => {
    const directory = installation.path('completions');
    writeFiles(directory, { elsewhere: 'keep me', '_cryptosync/file': '' });
    symlinkSync('elsewhere', `${directory}/cryptosync`);
    const install = (shell: string) =>
      installation.cryptosync(['completions', 'install', '--shell', shell, '--dir', directory, '--json']);
    expect(await install('bash')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(`${directory}/elsewhere`, 'utf8')).toBe('keep me');
    expect(lstatSync(`${directory}/cryptosync`).isFile()).toBe(true);
    writeFileSync(`${directory}/cryptosync`, 'somebody else wrote this');
    expect(await install('bash')).toMatchObject({
      exitCode: 10,
      json: { error: { code: 'CONFIG_INVALID' } },
    });
    expect(readFileSync(`${directory}/cryptosync`, 'utf8')).toBe('somebody else wrote this');
    expect(await install('zsh')).toMatchObject({ exitCode: 10 });
  });

  it('asks for the shell when SHELL names none that it knows', async ({ installation }) => {
    for (const SHELL of [undefined, '/bin/dash']) {
      const result = await installation.cryptosync(['completions', 'install', '--json'], { env: { SHELL } });
      expect(result).toMatchObject({ exitCode: 2, json: { error: { code: 'USAGE' } } });
      expect(result.json.error.hint).toContain('--shell');
    }
  });

  it('installs scripts that the shells then find by themselves', async ({ installation }) => {
    const environment = environmentOf(installation);
    const directory = installation.path('completions');
    for (const shell of shells) {
      const { json } = await installation.cryptosync([
        'completions',
        'install',
        '--shell',
        shell,
        '--dir',
        directory,
        '--json',
      ]);
      const { matches } = await completeIn(shell, ['cryptosync', 'unm'], environment, { script: json.path });
      expect(matches).toEqual(['unmount']);
    }
  });
});
