import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { pathOfOperators } from '../support/quick-engines/path-of.ts';
import type { CommandOptions, CommandResult } from '../support/running-command.ts';
import { findSecrets } from '../support/secret-forms.ts';
import { inputFiles, searchFiles } from '../support/secret-search.ts';
import { type Watched, watchForSecrets } from '../support/secret-watch.ts';
import { type Server, serveWebdav } from '../support/serve.ts';

// who is watched is what an operator has
process.env['PATH'] = pathOfOperators();

const unique = (name: string): string => `${name} ${randomBytes(9).toString('hex')} "ü" #;=`;
const secrets = {
  'vault password': unique('vault'),
  'wrong password': unique('wrong'),
  'remote secret': unique('remote'),
};

const inputs = inputFiles();
const { fileOf } = inputs;
let installation: Installation;
let server: Server;
const results: CommandResult[] = [];
let watched: Watched;

async function run(exitCode: number, args: readonly string[], options: CommandOptions = {}): Promise<void> {
  const env = { CRYPTOSYNC_PASSWORD: undefined, ...options.env };
  const result = await installation.cryptosync([...args, '--client', 'a'], { ...options, env });
  results.push(result);
  expect(result.exitCode, `${args.join(' ')}: ${result.stdout}${result.stderr}`).toBe(exitCode);
}

/** Everything that an operator does in a vault's life, and what goes wrong in it. */
async function live(): Promise<void> {
  const password = ['--password-file', fileOf('password', `${secrets['vault password']}\n`)];
  const wrong = fileOf('wrong', secrets['wrong password']);
  const options = (port: number, secret: string): string[] => {
    const lines = [`url=http://127.0.0.1:${port}/`, 'vendor=other', 'user=bob', `pass=${secret}`, ''];
    return ['--remote-type', 'webdav', '--remote-options-file', fileOf('options', lines.join('\n'))];
  };
  const install = ['install', '--no-links', '--remote-name', 'dav'];
  const place = options(server.port, secrets['remote secret']);
  await run(0, [...install, ...place, ...password, '--verbose', '--initial-sync', '--auto-mount']);
  writeFileSync(installation.client('a', 'vault', 'decrypted', 'file'), 'content');
  await run(0, ['sync', '--verbose']);
  await run(0, ['status', '--check-remote']);
  await run(0, ['unmount', '--json']);
  await run(12, ['mount', '--verbose', '--password-file', wrong]);
  await run(12, ['mount', '--json', '--password-file', '-'], { input: secrets['wrong password'] });
  await run(12, ['mount', '--verbose', '--password-command', `cat ${wrong}; echo more`]);
  await run(0, ['mount', '--json', '--password-file', '-'], { input: `${secrets['vault password']}\n` });
  await run(0, ['unmount']);
  await run(0, ['mount', '--password-command', `cat ${password[1]}`]);
  await run(0, ['unmount', '--verbose']);
  await run(0, [...install, ...place, '--json', '--force']);
  await run(10, [
    'install',
    '--no-links',
    ...place,
    '--remote-name',
    'dav',
    '--remote-path',
    'other',
    '--verbose',
  ]);
  await run(0, ['sync', 'elsewhere', '--bwlimit', '100M', '--verbose']);
  await run(0, [...install, ...options(server.port, secrets['wrong password']), '--force']);
  await run(14, ['sync', '--verbose']);
  await server.stop();
  await run(14, ['sync', '--json', '--verbose']);
  await run(0, ['status', '--check-remote', '--json']);
}

beforeAll(async () => {
  installation = createInstallation();
  mkdirSync(installation.path('served'));
  const hash = createHash('sha1').update(secrets['remote secret']).digest('base64');
  server = await serveWebdav(installation.path('served'), {
    htpasswd: fileOf('users', `bob:{SHA}${hash}\n`),
  });
  const watch = await watchForSecrets(secrets);
  try {
    await live();
  } finally {
    watched = await watch.stop();
  }
}, 180_000);

afterAll(async () => {
  await server.stop();
  await installation.cleanUp();
  inputs.remove();
});

describe('passwords and secrets', () => {
  it('stand in no command line and no environment of any process', () => {
    expect(watched.hits).toEqual([]);
    // it did look, and often enough to see the tools at work
    expect(watched.programs).toEqual(expect.arrayContaining(['gocryptfs', 'rclone']));
    expect(watched.sweeps).toBeGreaterThan(100);
  });

  it('are in nothing that was printed', () => {
    expect(results.length).toBeGreaterThan(15);
    for (const { stdout, stderr } of results) expect(findSecrets(stdout + stderr, secrets)).toEqual([]);
  });

  it('are in no file, but for the secret of the remote in rclone.conf, where rclone obscured it', () => {
    const { found, count } = searchFiles(installation.directory, secrets);
    expect(count).toBeGreaterThan(15);
    // the last install gave the remote the wrong password for its secret
    expect(found).toEqual(['root/a/rclone/rclone.conf: wrong password: obscured']);
    expect(readFileSync(installation.logFile, 'utf8')).toContain('WRONG_PASSWORD');
  });
});

describe('the watcher', () => {
  it('finds what is there to be found', async () => {
    const watch = await watchForSecrets(secrets);
    spawnSync('sleep', ['0.1'], { argv0: secrets['vault password'] });
    const encoded = Buffer.from(`user:${secrets['remote secret']}`).toString('base64');
    spawnSync('sleep', ['0.1'], { env: { PATH: process.env['PATH'], AUTHORIZATION: `Basic ${encoded}` } });
    const { hits } = await watch.stop();
    expect(hits.join('\n')).toMatch(/cmdline .*vault password: raw/);
    expect(hits.join('\n')).toMatch(/environ .*remote secret: base64/);
    expect(hits.join('\n')).not.toContain('wrong password');
  });
});
