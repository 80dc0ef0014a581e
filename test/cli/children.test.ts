import { globSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type Call, type RecordingTools, recordingTools } from '../support/recording-tools.ts';
import type { CommandResult } from '../support/running-command.ts';
import { type Storage, startStorage } from '../support/storage.ts';

const password = 'a unique pass phrase 7f3d';
/** What an operator's shell may have set: all of it would change rclone, or is secret. */
const hostile = {
  CRYPTOSYNC_PASSWORD: undefined,
  CRYPTOSYNC_ENCRYPTION_KEY: 'key-in-the-environment',
  RCLONE_DRY_RUN: 'true',
  RCLONE_EXCLUDE: '**',
  RCLONE_CONFIG: '/nowhere/rclone.conf',
  RCLONE_CONFIG_STORE_TYPE: 's3',
  RCLONE_MAX_DELETE: '0',
  RCLONE_RC_USER: 'theirs',
  RCLONE_RC_PASS: 'theirs',
  RCLONE_RC_NO_AUTH: 'true',
  SOMETHING_ELSE: 'kept for proxies and credentials',
};

let installation: Installation;
let tools: RecordingTools;
/** A store that is not a directory of this machine: only for those rclone is needed. */
let storage: Storage;

async function run(args: readonly string[], input = `${password}\n`): Promise<CommandResult> {
  const env = { ...hostile, PATH: tools.directory };
  const result = await installation.cryptosync([...args, '--client', 'a', '--json'], { env, input });
  expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

beforeAll(async () => {
  installation = createInstallation();
  tools = recordingTools(installation.path('tools'));
  storage = await startStorage('webdav', installation.path('server'));
  const place = ['--remote-name', 'store', ...storage.installOptions('a')];
  await run(['install', '--no-links', '--password-file', '-', ...place]);
});

afterAll(async () => {
  await storage.close();
  await installation.cleanUp();
});

const option = (call: Call, name: string): string | undefined => call.args[call.args.indexOf(name) + 1];

describe('what children are given', () => {
  it('gocryptfs gets the password on stdin alone, next to no environment, and -- before paths', async () => {
    await run(['mount', '--password-file', '-']);
    await run(['unmount']);
    const calls = tools.calls('gocryptfs');
    // the vault's making and proving, and this mount
    expect(calls.length).toBeGreaterThanOrEqual(3);
    for (const { args, environment, stdin } of calls) {
      expect(stdin).toBe(`${password}\n`);
      expect([...args, ...Object.values(environment)].join('\n')).not.toContain(password);
      expect(Object.keys(environment).sort()).toEqual(['HOME', 'PATH', 'TMPDIR']);
      const paths = args.filter((word) => word.startsWith('/'));
      expect(paths.length).toBeGreaterThan(0);
      expect(args.slice(args.indexOf('--') + 1)).toEqual(paths);
      expect(args.filter((word) => /extpass|passfile|masterkey/.test(word))).toEqual([]);
    }
  });

  it('fusermount3 and flock get no secret either, and fusermount3 -- before the path', () => {
    for (const { args, environment, stdin } of [...tools.calls('fusermount3'), ...tools.calls('flock')]) {
      expect(stdin).toBe('');
      expect(Object.keys(environment).filter((name) => /CRYPTOSYNC|RCLONE/.test(name))).toEqual([]);
      if (args[0]?.startsWith('-u')) expect(args[1]).toBe('--');
    }
    expect(tools.calls('fusermount3').length).toBeGreaterThan(0);
    expect(tools.calls('flock').length).toBeGreaterThan(0);
  });

  it('rclone sees no RCLONE_* and no CRYPTOSYNC_* of theirs, and what else the operator has set', async () => {
    tools.clear();
    await run(['mount', '--password-file', '-']);
    mkdirSync(installation.client('a', 'vault', 'decrypted', 'sub'));
    writeFileSync(installation.client('a', 'vault', 'decrypted', 'sub', 'file'), 'content');
    await run(['unmount']);
    expect((await run(['sync'])).json.results[0]).toMatchObject({
      outcome: 'synced',
      consistent: true,
      remote: 'store:a',
    });
    const calls = tools.calls('rclone');
    expect(calls.length).toBeGreaterThan(0);
    for (const { environment, stdin, args } of calls) {
      const ours = args[0] === 'rcd' ? ['RCLONE_RC_PASS', 'RCLONE_RC_USER'] : [];
      const found = Object.keys(environment).filter((name) => /^(RCLONE|CRYPTOSYNC)_/i.test(name));
      expect(found.sort()).toEqual(ours);
      expect(Object.values(environment)).not.toContain('theirs');
      expect(environment['SOMETHING_ELSE']).toBe('kept for proxies and credentials');
      expect(stdin + args.join()).not.toContain(password);
    }
  });

  it("every rclone call has the client's own rclone.conf, one attempt, deadlines and a log to read", async () => {
    await run(['sync', '--dry-run']);
    await run(['status', '--check-remote']);
    for (const call of tools.calls('rclone')) {
      expect(option(call, '--config')).toBe(installation.client('a', 'rclone', 'rclone.conf'));
      expect(option(call, '--retries')).toBe('1');
      expect(option(call, '--contimeout')).toMatch(/^\d+s$/);
      expect(option(call, '--timeout')).toMatch(/^\d+s$/);
      expect(call.args).toEqual(expect.arrayContaining(['--ask-password=false', '--use-json-log']));
      expect(call.args.filter((word) => /^-v|^--verbose|^--dump/.test(word))).toEqual([]);
    }
  });

  it('a transfer is limited, keeps links, and finds its names in no argument; what it replaces is in the trash', async () => {
    tools.clear();
    await run(['mount', '--password-file', '-']);
    const plain = installation.client('a', 'vault', 'decrypted', 'sub');
    writeFileSync(join(plain, 'file'), 'another content');
    writeFileSync(join(plain, 'second'), 'more');
    symlinkSync('second', join(plain, 'link'));
    await run(['unmount']);
    const { json } = await run(['sync', '--bwlimit', '100M']);
    expect(json.results[0]).toMatchObject({ outcome: 'synced', deleted: 0 });
    const calls = tools.calls('rclone');
    const daemons = calls.filter(({ args }) => args[0] === 'rcd');
    expect(daemons.map((call) => option(call, '--bwlimit'))).toEqual(['100M']);
    for (const { args } of calls) {
      expect(args).not.toContain('sync');
      expect(args.join()).not.toMatch(/--max-delete|--backup-dir|--delete/);
    }
    const stored = join(storage.directory, 'a');
    expect(globSync('*/*.rclonelink', { cwd: stored })).toHaveLength(1);
    const trash = globSync('.cryptosync/trash/*/*/*', { cwd: stored, exclude: (name) => name === 'x' });
    expect(trash).toHaveLength(1);
  });
});
