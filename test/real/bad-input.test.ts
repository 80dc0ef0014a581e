import { lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type CommandOptions, type CommandResult, program } from '../support/running-command.ts';
import { snapshot } from '../support/snapshot.ts';
import { asNobody, readableProgram } from '../support/stranger.ts';

let installation: Installation;

beforeAll(async () => {
  installation = createInstallation();
  const remote = ['--remote-type', 'local', '--remote-path', installation.path('remote')];
  const made = await installation.cryptosync(['install', '--client', 'there', '--no-links', ...remote]);
  expect(made, made.stderr).toMatchObject({ exitCode: 0 });
});

afterAll(() => installation.cleanUp());

/** Everything but the log: what a refused command must leave as it is. */
const everything = (): string[] =>
  snapshot(installation.directory, ['log', 'home', 'tmp', 'nobody', 'program']);

/** Runs a command that must be refused with a code, a sentence and a next step, and changes nothing. */
async function refused(
  args: readonly string[],
  exit: number,
  code: string,
  options: CommandOptions = {},
): Promise<{ message: string; hint: string }> {
  const before = everything();
  const links = args[0] === 'install' ? ['--no-links'] : [];
  const result: CommandResult = await installation.cryptosync([...args, ...links, '--json'], options);
  expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: exit });
  const { error } = result.json;
  expect(error).toMatchObject({ code, exit, message: expect.any(String), hint: expect.any(String) });
  expect(error.message).not.toMatch(/\n|undefined|\[object|^\s*$/);
  expect(everything()).toEqual(before);
  return error;
}

const commands = ['install', 'mount', 'unmount', 'sync', 'status'];

describe('a client id', () => {
  it.each(['../../etc', 'a b', '-x', '', 'x'.repeat(65)])(
    'such as %j is refused by every command',
    async (id) => {
      await Promise.all(
        commands.map(async (command) => {
          const { message } = await refused([command, `--client=${id}`], 2, 'INVALID_CLIENT_ID');
          expect(message).toContain(JSON.stringify(id));
        }),
      );
    },
  );

  it('that stands in the environment is checked all the same', async () => {
    const env = { CRYPTOSYNC_CLIENT: '../../etc' };
    await Promise.all(commands.map((command) => refused([command], 2, 'INVALID_CLIENT_ID', { env })));
  });
});

describe('a profile name', () => {
  it.each(['encrypted', 'decrypted', '../x', 'a b', '-x', ''])('such as %j is refused', async (name) => {
    await Promise.all(
      commands.map((command) => refused([command, '--client=there', `--profile=${name}`], 2, 'USAGE')),
    );
  });
});

describe('bytes that are no UTF-8', () => {
  const run = (script: string, ...words: string[]) =>
    installation.runProgram('/bin/sh', ['-c', script, process.execPath, program, ...words], {
      environment: installation.environment,
    });
  const latin = `"$(printf '${'%s/caf\\351'}' "$1")"`;
  const there = '--client there --no-input --json';

  it.each([
    ['--root', `status --json --root ${latin}`],
    ['--log-file', `unmount ${there} --log-file ${latin}`],
    ['--html', `report --json --html ${latin}`],
    ['--prometheus', `status --json --prometheus ${latin}`],
    ['--output', `recovery-sheet ${there} --output ${latin}`],
    ['--output', `export ${there} --output=${latin}`],
    ['--to', `restore ${there} --to ${latin}`],
    ['--path', `restore ${there} --to /srv/found --path "$(printf 'caf\\351')"`],
    ['--scratch', `verify ${there} --drill --scratch ${latin}`],
    ['--mount-dir', `install --client other --no-links --json --mount-dir ${latin}`],
    ['--dir', `schedule render ${there} --sync daily --dir ${latin}`],
    ['--bin-dir', `install --client other --json --bin-dir ${latin}`],
    ['an argument', `import --json --no-input ${latin}`],
    ['an argument', `config set ${there} mountDir ${latin}`],
  ])('in %s of %s are refused, and nothing of another name is made or missed', async (name, words) => {
    const before = everything();
    const { exitCode, json, stdout, stderr } = await run(
      `exec "$0" "$1" ${words.replaceAll('$1', '$2')}`,
      installation.directory,
    );
    expect(exitCode, stdout + stderr).toBe(2);
    expect(json.error).toMatchObject({ code: 'USAGE', message: `${name} holds bytes that are no UTF-8` });
    expect(everything()).toEqual(before);
  });

  it.each(['CRYPTOSYNC_ROOT', 'CRYPTOSYNC_LOG', 'CRYPTOSYNC_CONFIG'])('in %s are refused', async (name) => {
    const before = everything();
    const { exitCode, json } = await run(
      `${name}="$(printf '%s/caf\\351' "$2")" exec "$0" "$1" unmount ${there}`,
      installation.directory,
    );
    expect(exitCode).toBe(2);
    expect(json.error).toMatchObject({ code: 'USAGE', message: `${name} holds bytes that are no UTF-8` });
    expect(everything()).toEqual(before);
  });
});

describe('a root', () => {
  it('that is a file, lies below one, or is a link that leads nowhere is refused by every command', async () => {
    writeFileSync(installation.path('file'), '');
    symlinkSync('nowhere', installation.path('dangling'));
    for (const root of ['file', 'file/below', 'dangling']) {
      for (const command of commands) {
        const args = [command, '--client=there', '--root', installation.path(root)];
        expect((await refused(args, 10, 'CONFIG_INVALID')).message).toContain(installation.path(root));
      }
    }
  });

  it('that is a link which somebody else made is refused by every command, and one of root is taken', async () => {
    const link = installation.path('link');
    symlinkSync(installation.root, link);
    lchownSync(link, 12_345, 12_345);
    for (const command of commands) {
      const { message } = await refused([command, '--client=there', '--root', link], 10, 'CONFIG_INVALID');
      expect(message).toContain('uid 12345');
    }
    lchownSync(link, 0, 0);
    const { json } = await installation.cryptosync(['status', '--client=there', '--root', link, '--json']);
    expect(json.vaults[0].health).toBe('unmounted');
  });

  it("that a user may not write is refused before any question, and another user's tree is closed to him", async () => {
    const program = readableProgram(installation);
    mkdirSync(installation.path('closed'), { mode: 0o555 });
    const runs = [
      ['install', '--client=a', '--no-links', '--root', installation.path('closed')],
      ...['install', 'mount', 'unmount', 'sync'].map((command) => [
        command,
        '--client=there',
        '--root',
        installation.root,
      ]),
    ];
    const before = everything();
    for (const args of runs) {
      const result = await asNobody(installation, program, [...args, '--json']);
      expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 10 });
      expect(result.json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
      expect(result.json.error.message).toMatch(/^can't use .*permission denied$/);
    }
    expect(everything()).toEqual(before);
  });
});

describe('a directory of a new vault', () => {
  it('that holds other files is not taken for one', async () => {
    mkdirSync(installation.client('other', 'vault', 'encrypted'), { recursive: true });
    writeFileSync(installation.client('other', 'vault', 'encrypted', 'plain.txt'), 'not a vault');
    const { message } = await refused(['install', '--client=other'], 10, 'CONFIG_INVALID');
    expect(message).toContain('plain.txt');
  });

  it.each([
    ['is not empty', () => 'full', 13, 'MOUNT_DIR_NOT_EMPTY', /file/],
    ['is a file', () => 'full/file', 10, 'CONFIG_INVALID', /not a directory/],
    ['is the vault', () => 'root/new/vault/encrypted', 10, 'CONFIG_INVALID', /is the encrypted directory/],
    ['is inside the vault', () => 'root/new/vault/encrypted/in', 10, 'CONFIG_INVALID', /lies in/],
    ['holds the vault', () => 'root/new/vault', 10, 'CONFIG_INVALID', /holds/],
    ['leads into the vault by a link', () => 'shortcut/encrypted', 10, 'CONFIG_INVALID', /is the encrypted/],
  ])('is refused with a mount directory that %s', async (_, place, exit, code, why) => {
    mkdirSync(installation.path('full'), { recursive: true });
    writeFileSync(installation.path('full', 'file'), '');
    mkdirSync(installation.client('new', 'vault'), { recursive: true });
    symlinkSync(installation.client('new', 'vault'), installation.path('shortcut'));
    try {
      const args = ['install', '--client=new', '--mount-dir', installation.path(place())];
      expect((await refused(args, exit, code)).message).toMatch(why);
    } finally {
      await installation.runProgram('/bin/rm', [installation.path('shortcut')], { environment: {} });
    }
  });

  it.each([
    ['/', 10, 'CONFIG_INVALID', 'holds the encrypted directory'],
    ['/proc', 13, 'MOUNT_FAILED', 'is mounted there'],
  ] as const)(
    'is refused with a mount directory where something else is mounted: %s',
    async (place, exit, code, why) => {
      const { message } = await refused(['install', '--client=fresh', '--mount-dir', place], exit, code);
      expect(message).toContain(why);
    },
  );
});

describe('a password', () => {
  const without = { CRYPTOSYNC_PASSWORD: undefined };
  it.each([
    ['nothing', ''],
    ['one newline', '\n'],
    ['two newlines at its end', 'word\n\n'],
    ['a line feed', 'two\nwords\n'],
    ['a carriage return', 'word\r\n'],
    ['a NUL', 'wo\0rd\n'],
    ['2049 bytes', `${'x'.repeat(2049)}\n`],
  ])('with %s is refused, whether it comes from a file, from stdin or from a command', async (_, text) => {
    const file = installation.path('password');
    writeFileSync(file, text, { mode: 0o600 });
    const options = { env: without, input: text };
    const runs = [
      ['install', '--client=new', '--password-file', file],
      ['mount', '--client=there', '--password-file', '-'],
      ['mount', '--client=there', '--password-command', `cat ${file}`],
    ];
    await Promise.all(runs.map((args) => refused(args, 12, 'INVALID_PASSWORD', options)));
  });

  it('that is missing is asked for by the flags that give it, where there is no terminal', async () => {
    for (const args of [
      ['install', '--client=new'],
      ['mount', '--client=there'],
    ]) {
      const { hint } = await refused(args, 12, 'PASSWORD_REQUIRED', { env: without });
      expect(hint).toMatch(/--password-file.*--password-command.*CRYPTOSYNC_PASSWORD/);
    }
  });

  it('of 2048 bytes opens what it made', async () => {
    const env = { CRYPTOSYNC_PASSWORD: 'x'.repeat(2048) };
    for (const args of [['install', '--no-links'], ['mount'], ['unmount']])
      expect(await installation.cryptosync([...args, '--client=long'], { env })).toMatchObject({
        exitCode: 0,
      });
  });

  it('that is wrong opens nothing, and the vault is unmounted as before', async () => {
    const vault = () => snapshot(installation.client('there', 'vault'));
    const before = vault();
    const result = await installation.cryptosync(['mount', '--client=there', '--json'], {
      env: { CRYPTOSYNC_PASSWORD: 'wrong' },
    });
    expect(result).toMatchObject({ exitCode: 12, json: { error: { code: 'WRONG_PASSWORD' } } });
    expect(result.json.results[0]).toMatchObject({ state: 'unmounted', changed: false });
    expect(vault()).toEqual(before);
  });
});

describe('a path with a control character', () => {
  const inInstall = ['mount-dir', 'bin-dir', 'source', 'remote-path', 'password-file', 'remote-options-file'];
  const flags = [
    ...['root', 'log-file', ...inInstall].map((flag) => ['install', flag]),
    ['mount', 'password-file'],
  ];
  it.each(flags)('is refused by %s --%s, whatever character it is', async (command = '', flag = '') => {
    for (const path of ['/tmp/a\nb', '/tmp/a\u0085b']) {
      const args = [command, '--client', 'new', `--${flag}=${path}`];
      const result = await installation.cryptosync([...args, '--json']);
      expect([path, result.exitCode, result.json.error.code]).toEqual([path, 2, 'USAGE']);
      expect(result.json.error.message).toContain(`--${flag} holds a control character`);
    }
  });

  it('is refused in the environment, in a profile, and in the settings of all clients', async () => {
    const env = { CRYPTOSYNC_ROOT: `${installation.root}\nx` };
    expect(await refused(['status'], 2, 'USAGE', { env })).toMatchObject({
      message: expect.stringContaining('control character'),
    });
    const client = ['--client', 'there'];
    for (const key of ['mountDir', 'encryptedDir', 'remote.path', 'passwordFile'])
      await refused(['config', 'set', key, '/a\nb', ...client], 10, 'CONFIG_INVALID');
    for (const key of ['root', 'logFile'])
      await refused(['config', 'set', key, '/a\nb', '--global'], 10, 'CONFIG_INVALID');
  });
});
