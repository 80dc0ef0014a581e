import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import type { CommandResult } from '../support/running-command.ts';
import { readTree } from '../support/tree.ts';

let installation: Installation;

/** What cron gives to a job, and nothing else. */
const cronEnvironment = { PATH: '/usr/bin:/bin', SHELL: '/bin/sh', LOGNAME: 'root' };

beforeAll(async () => {
  installation = createInstallation();
  const remote = ['--remote-type', 'local', '--remote-path', installation.path('remote')];
  const links = ['--bin-dir', installation.binDirectory];
  const made = await installation.cryptosync(['install', '--client', 'client1', ...links, ...remote]);
  expect(made, made.stderr).toMatchObject({ exitCode: 0 });
  writeFileSync(installation.path('password'), `${vaultPassword}\n`, { mode: 0o600 });
});

afterAll(() => installation.cleanUp());

const linkTo = (action: string): string =>
  join(installation.binDirectory, `cryptosync-${action}-client1-default`);

async function fromCron(action: string, ...args: string[]): Promise<CommandResult> {
  // the log would go to the machine's own
  const environment = { ...cronEnvironment, CRYPTOSYNC_LOG: installation.logFile };
  return await installation.runProgram(linkTo(action), args, { environment, cwd: '/' });
}

describe('the links', () => {
  it('lead to scripts that are 0755 and call cryptosync', () => {
    for (const action of ['mount', 'unmount', 'sync']) {
      const script = installation.client('client1', 'cryptosync', 'scripts', `${action}_default.sh`);
      expect(readlinkSync(linkTo(action))).toBe(script);
      expect((lstatSync(script).mode & 0o777).toString(8)).toBe('755');
      expect(readFileSync(script, 'utf8')).toMatch(/^#!\/bin\/sh\n/);
      expect(readFileSync(script, 'utf8')).not.toContain(vaultPassword);
    }
  });

  it("do their work from cron's environment: no HOME, a short PATH, no terminal, another directory", async () => {
    const mounted = await fromCron('mount', '--password-file', installation.path('password'));
    expect(mounted, mounted.stderr).toMatchObject({ exitCode: 0 });
    writeFileSync(installation.client('client1', 'vault', 'decrypted', 'file'), 'content');
    expect(await fromCron('sync', '--quiet')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await fromCron('unmount')).toMatchObject({ exitCode: 0 });
    const { json } = await installation.cryptosync(['status', '--client', 'client1', '--json']);
    expect(json.vaults[0]).toMatchObject({
      state: 'unmounted',
      lastSync: { outcome: 'synced', generation: 1 },
    });
  });

  it('pass their arguments on', async () => {
    const elsewhere = installation.path('some', 'path with spaces');
    const synced = await fromCron('sync', elsewhere, '--json');
    expect(synced.json.results[0]).toMatchObject({
      remote: `default-remote:${elsewhere}`,
      outcome: 'synced',
    });
    expect(Object.keys(readTree(elsewhere))).toContain('gocryptfs.conf');
    expect(await fromCron('sync', '--no-such-flag')).toMatchObject({ exitCode: 2 });
    expect(await fromCron('mount', '--json')).toMatchObject({ exitCode: 12 });
  });

  it('end with the exit code of the command', async () => {
    writeFileSync(installation.path('wrong'), 'wrong\n', { mode: 0o600 });
    expect(await fromCron('mount', '--password-file', installation.path('wrong'))).toMatchObject({
      exitCode: 12,
    });
  });
});

describe('an install', () => {
  const install = (binDirectory: string, ...args: string[]): Promise<CommandResult> =>
    installation.cryptosync(['install', '--client', 'client1', '--bin-dir', binDirectory, '--json', ...args]);

  it("refuses to replace somebody else's file, directory or link, and changes nothing at all", async () => {
    const link = linkTo('sync');
    const script = readlinkSync(link);
    for (const make of [
      () => writeFileSync(link, 'mine', { mode: 0o755 }),
      () => mkdirSync(link),
      () => symlinkSync('/bin/true', link),
    ]) {
      unlinkSync(link);
      make();
      const before = readTree(installation.directory, ['log']);
      const refused = await install(installation.binDirectory, '--force');
      expect(refused).toMatchObject({ exitCode: 10, json: { error: { code: 'CONFIG_INVALID' } } });
      expect(refused.json.error.message).toContain(link);
      expect(refused.json.error.hint).toMatch(/--bin-dir|--no-links/);
      expect(readTree(installation.directory, ['log'])).toEqual(before);
      rmSync(link, { recursive: true });
      symlinkSync(script, link);
    }
  });

  it('mends a script that was changed and a link that leads nowhere, and says which', async () => {
    const script = installation.client('client1', 'cryptosync', 'scripts', 'sync_default.sh');
    chmodSync(script, 0o600);
    unlinkSync(linkTo('mount'));
    symlinkSync('/gone/mount_default.sh', linkTo('mount'));
    expect((await install(installation.binDirectory)).json.created).toEqual([script, linkTo('mount')]);
    expect((await install(installation.binDirectory)).json.created).toEqual([]);
  });

  it('makes no links with --no-links, and refuses a place for them that is no directory', async () => {
    writeFileSync(installation.path('file'), '');
    const none = await installation.cryptosync(['install', '--client', 'client2', '--no-links', '--json']);
    expect(none.json.created.filter((path: string) => path.includes('/bin/'))).toEqual([]);
    const before = readTree(installation.root);
    const refused = await install(installation.path('file'));
    expect(refused).toMatchObject({ exitCode: 10, json: { error: { code: 'CONFIG_INVALID' } } });
    expect(readTree(installation.root)).toEqual(before);
  });
});
