import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type RecordingTools, recordingTools } from '../support/recording-tools.ts';
import type { CommandResult } from '../support/running-command.ts';
import { readTree } from '../support/tree.ts';

const secret = 's3cret, "quoted" #1 = ünï';
let installation: Installation;
let tools: RecordingTools;

beforeAll(() => {
  installation = createInstallation();
  tools = recordingTools(installation.path('tools'));
});

afterAll(() => installation.cleanUp());

function install(client: string, args: readonly string[], input = ''): Promise<CommandResult> {
  return installation.cryptosync(['install', '--client', client, '--no-links', '--json', ...args], {
    env: { PATH: tools.directory },
    input,
  });
}

/** What rclone itself reads in the client's rclone.conf. */
function configured(client: string): Record<string, Record<string, string>> {
  const conf = installation.client(client, 'rclone', 'rclone.conf');
  return JSON.parse(execFileSync('rclone', ['config', 'dump', '--config', conf], { encoding: 'utf8' }));
}

function reveal(obscured: string | undefined): string {
  return execFileSync('rclone', ['reveal', '--', obscured ?? ''], { encoding: 'utf8' }).slice(0, -1);
}

/** Everything that other users of the machine could see of the tools. */
const publicWords = (): string =>
  tools
    .calls()
    .flatMap(({ args }) => args)
    .join('\n');

describe('the options of a remote', () => {
  it('come from stdin with their secrets, which rclone keeps obscured and nobody else sees', async () => {
    const input = `# for the store\nurl = http://127.0.0.1:9/dav\nuser = bob\n\npass = ${secret}\n`;
    const args = ['--remote-name', 'my-dav', '--remote-type', 'webdav', '--remote-options-file', '-'];
    const result = await install('stdin', args, input);
    expect(result, result.stdout).toMatchObject({ exitCode: 0, stderr: '' });
    const options = configured('stdin')['my-dav'];
    expect(options).toMatchObject({ type: 'webdav', url: 'http://127.0.0.1:9/dav', user: 'bob' });
    expect(options?.['pass']).not.toBe(secret);
    expect(reveal(options?.['pass'])).toBe(secret);
    const conf = installation.client('stdin', 'rclone', 'rclone.conf');
    expect(lstatSync(conf).mode & 0o777).toBe(0o600);
    expect(readFileSync(conf, 'utf8')).not.toContain(secret);
    expect(result.stdout + publicWords()).not.toContain(secret);
    expect(publicWords()).not.toContain(options?.['pass']);
    for (const { environment } of tools.calls('rclone'))
      expect(Object.values(environment).join('\n')).not.toContain(secret);
  });

  it('may hold commas and quotes in a list, and a secret there is warned of', async () => {
    const list = `"url=http://127.0.0.1:9/a,b",user="c,""d""",pass=simple`;
    const result = await install('list', ['--remote-type', 'webdav', '--remote-options', list]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(configured('list')['default-remote']).toMatchObject({
      url: 'http://127.0.0.1:9/a,b',
      user: 'c,"d"',
    });
    expect(reveal(configured('list')['default-remote']?.['pass'])).toBe('simple');
    expect(result.stderr).toMatch(/warning: pass on the command line is unsafe.*--remote-options-file/);
  });

  it('may be given one by one, and those of a file win', async () => {
    const file = installation.path('options');
    writeFileSync(file, 'user=from-file\n', { mode: 0o600 });
    const single = ['--remote-option', 'url=http://127.0.0.1:9/', '--remote-option', 'user=from-argv'];
    const result = await install('single', [
      '--remote-type',
      'webdav',
      ...single,
      '--remote-options-file',
      file,
    ]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(configured('single')['default-remote']).toMatchObject({ user: 'from-file' });
  });

  it('take gdrive for drive, and say that a login is still needed', async () => {
    const result = await install('drive', ['--remote-type', 'gdrive', '--remote-option', 'client_id=x']);
    expect(result).toMatchObject({ exitCode: 0, json: { remote: { type: 'drive' } } });
    expect(result.stderr).toMatch(/login.*rclone-config --client drive/);
  });

  it('can not both be read from stdin with the password', async () => {
    const both = ['--remote-type', 'webdav', '--remote-options-file', '-', '--password-file', '-'];
    expect(await install('both', both, 'hunter2\n')).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'USAGE', message: expect.not.stringContaining('hunter2') } },
    });
  });

  const webdav = ['--remote-type', 'webdav'];
  it.each([
    [
      'a type that rclone does not have',
      ['--remote-type', 'dropbox2'],
      10,
      'REMOTE_TYPE_UNKNOWN',
      /s3.*webdav/,
    ],
    ['an option that the backend does not have', [...webdav, '--remote-option', 'ulr=x'], 2, 'USAGE', /url/],
    [
      'a newline in an option',
      [...webdav, '--remote-option', 'url=http://x\n[evil]'],
      2,
      'USAGE',
      /one line/,
    ],
    ['a newline in the path', [...webdav, '--remote-path', 'a\nb'], 2, 'USAGE', /one line/],
    ['options without a type', ['--remote-option', 'url=x'], 2, 'USAGE', /--remote-type/],
    ['something that is no pair', [...webdav, '--remote-options', 'url'], 2, 'USAGE', /Keys/],
    ['an open quote', [...webdav, '--remote-options', 'url="a'], 2, 'USAGE', /help/],
    [
      'a file that is not there',
      [...webdav, '--remote-options-file', '/nowhere/x'],
      10,
      'CONFIG_INVALID',
      /path/,
    ],
    [
      'a value that rclone.conf can not hold',
      [...webdav, '--remote-option', 'user=a`b'],
      2,
      'USAGE',
      /rclone/,
    ],
    ['a name that is none', [...webdav, '--remote-name', 'a:b'], 2, 'USAGE', /letters/],
  ])('are refused with %s, and nothing is made', async (_, args, exit, code, hint) => {
    const before = readTree(installation.root);
    const result = await install('refused', args);
    expect(result).toMatchObject({
      exitCode: exit,
      json: { error: { code, hint: expect.stringMatching(hint) } },
    });
    expect(readTree(installation.root)).toEqual(before);
  });
});
