import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type Call, type RecordingTools, recordingTools } from '../support/recording-tools.ts';
import type { CommandResult } from '../support/running-command.ts';

const password = 'a unique pass phrase 7f3d';
/** What an operator's shell may have set: all of it would change rclone, or is secret. */
const hostile = {
  CRYPTOSYNC_PASSWORD: undefined,
  CRYPTOSYNC_ENCRYPTION_KEY: 'key-in-the-environment',
  RCLONE_DRY_RUN: 'true',
  RCLONE_EXCLUDE: '**',
  RCLONE_CONFIG: '/nowhere/rclone.conf',
  RCLONE_CONFIG_STORE_TYPE: 'webdav',
  RCLONE_MAX_DELETE: '0',
  SOMETHING_ELSE: 'kept for proxies and credentials',
};

let installation: Installation;
let tools: RecordingTools;

async function run(args: readonly string[], input = `${password}\n`): Promise<CommandResult> {
  const env = { ...hostile, PATH: tools.directory };
  const result = await installation.cryptosync([...args, '--client', 'a', '--json'], { env, input });
  expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

beforeAll(async () => {
  installation = createInstallation();
  tools = recordingTools(installation.path('tools'));
  const place = ['--remote-type', 'local', '--remote-path', installation.path('remote')];
  await run(['install', '--no-links', '--password-file', '-', '--remote-name', 'store', ...place]);
});

afterAll(() => installation.cleanUp());

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

  it('rclone sees no RCLONE_* and no CRYPTOSYNC_*, and what else the operator has set', async () => {
    tools.clear();
    await run(['mount', '--password-file', '-']);
    mkdirSync(installation.client('a', 'vault', 'decrypted', 'sub'));
    writeFileSync(installation.client('a', 'vault', 'decrypted', 'sub', 'file'), 'content');
    await run(['unmount']);
    expect((await run(['sync'])).json.results[0]).toMatchObject({
      outcome: 'synced',
      consistent: true,
      remote: `store:${installation.path('remote')}`,
    });
    const calls = tools.calls('rclone');
    expect(calls.length).toBeGreaterThan(0);
    for (const { environment, stdin, args } of calls) {
      expect(Object.keys(environment).filter((name) => /^(RCLONE|CRYPTOSYNC)_/i.test(name))).toEqual([]);
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

  it('a transfer keeps links, leaves the own directory out, has a trash, and deletes no more than planned', async () => {
    tools.clear();
    await run(['mount', '--password-file', '-']);
    writeFileSync(installation.client('a', 'vault', 'decrypted', 'sub', 'second'), 'more');
    await run(['unmount']);
    await run(['sync', '--bwlimit', '100M']);
    const sync = tools.calls('rclone').filter(({ args }) => args[0] === 'sync');
    expect(sync.length).toBeGreaterThan(0);
    for (const call of sync) {
      expect(call.args).toContain('--links');
      expect(call.args[1]).toBe(installation.client('a', 'vault', 'encrypted'));
      expect(call.args[2]).toBe(`store:${installation.path('remote')}`);
      expect(option(call, '--filter')).toBe('- /.cryptosync/**');
      const trash = `store:${join(installation.path('remote'), '.cryptosync', 'trash')}/`;
      expect(option(call, '--backup-dir')?.startsWith(trash)).toBe(true);
      expect(option(call, '--bwlimit')).toBe('100M');
    }
    const carriedOut = sync.filter(({ args }) => !args.includes('--dry-run'));
    expect(carriedOut.map((call) => option(call, '--max-delete'))).toEqual(['0']);
  });
});
