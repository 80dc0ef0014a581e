import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileLayout } from '../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../src/clients/names.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import { program } from '../support/running-command.ts';

let installation: Installation;

beforeAll(async () => {
  installation = createInstallation();
  const remote = ['--remote-type', 'local', '--remote-path', installation.path('remote')];
  const made = await installation.cryptosync(['install', '--client', 'a', '--no-links', ...remote]);
  expect(made, made.stderr).toMatchObject({ exitCode: 0 });
});

afterAll(() => installation.cleanUp());

describe('a mistake on the command line', () => {
  it.each([
    [['install', '--nope']],
    [['install', '--client']],
    [['install', '--engine', 'encfs']],
    [['install', '--quiet', '--verbose']],
    [['install', 'extra']],
    [['mount', '--wait', 'soon']],
    [['mount', '--idle', '30']],
    [['sync', 'one', 'two']],
    [['sync', '--mode', 'move']],
    [['sync', '--max-delete', 'lots']],
    [['sync', '--bwlimit', 'slow']],
    [['sync', '--client', 'a', '--profile', 'encrypted']],
    [['sync', '']],
    [['status', '--root', '']],
    [['install', '--client', 'new', '--mount-dir', '']],
    [['install', '--client', 'new', '--bin-dir', '']],
    [['install', '--client', 'new', '--remote-type', 'local', '--remote-path', '']],
    [['status', 'extra']],
    [['fly']],
    [['']],
  ])('is USAGE and exit 2, one sentence for people and one document for programs: %j', async (args) => {
    const [forPeople, forPrograms] = await Promise.all([
      installation.cryptosync(args),
      installation.cryptosync([...args, '--json']),
    ]);
    expect(forPeople, forPeople.stdout).toMatchObject({ exitCode: 2, stdout: '' });
    expect(forPeople.stderr).toMatch(/^error: .+ \[USAGE\]\nnext: .+\n$/);
    expect(forPrograms).toMatchObject({ exitCode: 2, stderr: '' });
    expect(forPrograms.json.error).toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: expect.any(String),
      hint: expect.any(String),
    });
    expect(forPrograms.stdout + forPeople.stderr).not.toMatch(/\n\s+at |node_modules/);
  });
});

describe('--json', () => {
  it.each([
    [['status', '--client', 'a'], 0],
    [['status', '--all'], 0],
    [['status', '--client', 'nobody'], 10],
    [['mount', '--client', 'a'], 0],
    [['sync', '--client', 'a', '--dry-run'], 0],
    [['sync', '--client', 'a'], 0],
    [['sync', '--client', 'nobody'], 10],
    [['unmount', '--client', 'a'], 0],
    [['unmount', '--client', 'a', '--client', 'nobody'], 3],
    [['mount', '--client', 'a', '--client', '../x'], 2],
    [['install', '--client', 'a', '--no-links'], 0],
    [['install', '--client', 'b', '--no-links', '--dry-run'], 0],
    [['install', '--client', 'a', '--no-links', '--remote-path', '/other'], 10],
  ])('prints exactly one document, whatever happens: %j', async (args, exit) => {
    for (const more of [['--quiet'], ['--verbose']]) {
      const result = await installation.cryptosync([...args, ...more, '--json']);
      expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: exit, stderr: '' });
      expect(result.json).toBeTypeOf('object');
      if (exit !== 0) expect(result.json.error).toMatchObject({ exit });
    }
  });

  it('has a row for each client, with the state that the kernel tells and the error of those that failed', async () => {
    const args = ['mount', '--client', 'nobody', '--client', 'a', '--json'];
    const { json, exitCode } = await installation.cryptosync(args);
    expect(exitCode).toBe(3);
    expect(json.results).toMatchObject([
      {
        client: 'nobody',
        profile: 'default',
        state: 'unknown',
        changed: false,
        error: {
          code: 'CLIENT_NOT_FOUND',
          exit: 10,
          hint: expect.stringContaining('install --client nobody'),
        },
      },
      { client: 'a', profile: 'default', state: 'mounted', changed: true },
    ]);
    expect(json.error).toMatchObject({ code: 'PARTIAL', exit: 3 });
    const unmounted = await installation.cryptosync(['unmount', '--client', 'a', '--json']);
    expect(unmounted.json.results).toMatchObject([{ state: 'unmounted', changed: true }]);
    const env = { CRYPTOSYNC_PASSWORD: 'wrong' };
    const refused = await installation.cryptosync(['mount', '--client', 'a', '--json'], { env });
    expect(refused.json).toMatchObject({
      results: [{ state: 'unmounted', changed: false, error: { code: 'WRONG_PASSWORD' } }],
      error: { code: 'WRONG_PASSWORD', exit: 12 },
    });
  });
});

describe('a name that the tool has never seen', () => {
  it.each(['status', 'mount', 'unmount', 'sync'])('leaves no trace after %s', async (command) => {
    const { exitCode } = await installation.cryptosync([command, '--client', 'typo', '--json']);
    expect(exitCode).toBe(10);
    expect(() => readFileSync(installation.client('typo'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });
});

describe('--quiet', () => {
  it.each([
    [['install', '--client', 'a', '--no-links', '--auto-mount', '--vault-password', 'x']],
    [['sync', '--client', 'a', '--dry-run']],
    [['sync', '--client', 'a']],
    [['mount', '--client', 'a', '--read-only']],
    [['status', '--client', 'a']],
    [['unmount', '--client', 'a']],
  ])('prints nothing where all went well: %j', async (args) => {
    const result = await installation.cryptosync([...args, '--quiet']);
    expect(result).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('still tells an error', async () => {
    const result = await installation.cryptosync(['mount', '--client', 'nobody', '--quiet']);
    expect(result).toMatchObject({ exitCode: 10, stdout: '' });
    expect(result.stderr).toMatch(/^error: .*\[CLIENT_NOT_FOUND\]\nnext: /);
  });
});

describe('what is read by others', () => {
  it('has no colours and no cursor movements where there is no terminal', async () => {
    for (const args of [
      ['status', '--all'],
      ['mount', '--client', 'nobody'],
      ['--help'],
      ['sync', '--client', 'a'],
    ]) {
      const { stdout, stderr } = await installation.cryptosync(args, { env: { TERM: 'xterm-256color' } });
      expect(stdout + stderr).not.toContain('\x1b');
    }
  });

  it('may stop reading: a closed pipe is no failure', async () => {
    // more than a pipe holds
    for (let index = 0; index < 300; index += 1) {
      const client = parseClientId(`many-${index}`);
      const { profileFile } = profileLayout(installation.root, client, parseProfileName('default'));
      mkdirSync(dirname(profileFile), { recursive: true });
      writeFileSync(profileFile, '{}');
    }
    const script = 'set -o pipefail; "$1" "$2" status --all --json | head -c 1';
    const args = ['-c', script, 'bash', process.execPath, program];
    const { environment } = installation;
    const result = await installation.runProgram(toolOnThisMachine('bash'), args, { environment });
    expect(result).toMatchObject({ exitCode: 0, stdout: '{', stderr: '' });
    const whole = await installation.cryptosync(['status', '--all', '--json']);
    expect(whole.stdout.length).toBeGreaterThan(100_000);
    expect(whole.json.vaults.length).toBeGreaterThan(300);
  });
});
