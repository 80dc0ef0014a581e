/** A command that fails before it begins anything leaves a line in the log, and nothing that was typed by mistake. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';

const typo = 'hunter2hunter2';

describe('a command that fails before it begins', () => {
  it('says so in the log, whatever was wrong', async ({ installation }) => {
    const cases: [args: string[], line: RegExp][] = [
      [
        ['mount', '-c', 'nobody'],
        /ERROR\] nobody\/default: mount failed: CLIENT_NOT_FOUND there is no client/,
      ],
      [['sync', '-c', 'nobody'], /ERROR\] nobody\/default: sync failed: CLIENT_NOT_FOUND /],
      [['passwd', '-c', 'nobody'], /ERROR\] nobody: passwd failed: CLIENT_NOT_FOUND /],
      [['uninstall', '-c', 'nobody', '-p', 'x'], /ERROR\] nobody\/x: uninstall failed: CLIENT_NOT_FOUND /],
      [['status', '-c', 'nobody'], /ERROR\] nobody\/default: status failed: CLIENT_NOT_FOUND /],
      [
        ['sync', '-c', 'a', '--wait', 'soon'],
        /ERROR\] a: sync failed: USAGE --wait "soon" is not a duration/,
      ],
      [['sync', '-c', 'a', '--mode', typo], /ERROR\] a: sync failed: USAGE Expected --mode=… to be one of: /],
      [['mount', '-c', 'a', typo], /ERROR\] a: mount failed: USAGE Unexpected argument: …/],
      [['mount', '-c', 'a', `--pasword=${typo}`], /ERROR\] a: mount failed: USAGE Nonexistent flag: …/],
      [
        ['config', 'set', 'idle', '5m', '-c', 'nobody'],
        /ERROR\] nobody: config set failed: CLIENT_NOT_FOUND /,
      ],
      [
        ['rclone-config', '-c', 'nobody', '--', 'show'],
        /ERROR\] nobody: rclone-config failed: CLIENT_NOT_FOUND /,
      ],
    ];
    for (const [args, line] of cases) {
      writeFileSync(installation.logFile, '');
      const { exitCode } = await installation.cryptosync(args);
      const log = readFileSync(installation.logFile, 'utf8');
      expect([2, 10], args.join(' ')).toContain(exitCode);
      expect(log).toMatch(line);
      expect(log.trim().split('\n')).toHaveLength(1);
      expect(log).not.toContain(typo);
    }
  });

  it('says so where --log-file says, when the settings are what is wrong', async ({ installation }) => {
    writeFileSync(installation.path('settings.json'), '{');
    const log = installation.path('other.log');
    await installation.cryptosync(['mount', '-c', 'a', '--log-file', log]);
    expect(readFileSync(log, 'utf8')).toMatch(/ERROR\] a: mount failed: CONFIG_INVALID /);
  });
});

describe('status', () => {
  const rows = ({ json }: { json: { vaults: { client: string; profile: string }[] } }): string[] =>
    json.vaults.map(({ client, profile }) => `${client}/${profile}`);

  it('shows what is there, and fails for what was named and is not', async ({ installation }) => {
    for (const [client, profile] of [
      ['a', 'default'],
      ['b', 'photos'],
    ]) {
      mkdirSync(installation.client(client ?? '', 'cryptosync', 'config'), { recursive: true, mode: 0o700 });
      const profileFile = installation.client(client ?? '', 'cryptosync', 'config', `${profile}.json`);
      const directories = { encryptedDir: `/${client}/e`, mountDir: `/${client}/m` };
      const known = { version: 1, engine: 'gocryptfs', createdAt: '2026-01-31T02:00:00Z' };
      writeFileSync(profileFile, JSON.stringify({ ...known, ...directories }), { mode: 0o600 });
    }
    const status = (...args: string[]) => installation.cryptosync(['status', '--json', ...args]);
    const cases: [args: string[], exitCode: number, shown: string[], code?: string][] = [
      [[], 0, ['a/default', 'b/photos']],
      [['--all'], 0, ['a/default', 'b/photos']],
      [['-p', 'photos'], 0, ['b/photos']],
      [['--all', '-p', 'photos'], 0, ['b/photos']],
      [['-c', 'a'], 0, ['a/default']],
      [['-c', 'default'], 10, ['default/default'], 'CLIENT_NOT_FOUND'],
      [['-c', 'nobody'], 10, ['nobody/default'], 'CLIENT_NOT_FOUND'],
      [['-c', 'nobody', '-p', 'x'], 10, ['nobody/x'], 'CLIENT_NOT_FOUND'],
      [['-c', 'a', '-p', 'photos'], 10, ['a/photos'], 'PROFILE_NOT_FOUND'],
      [['-c', 'a', '-c', 'nobody'], 3, ['a/default', 'nobody/default'], 'PARTIAL'],
    ];
    for (const [args, exitCode, shown, code] of cases) {
      const result = await status(...args);
      expect(result, args.join(' ')).toMatchObject({ exitCode });
      expect(rows(result)).toEqual(shown);
      expect(result.json.error?.code).toBe(code);
    }
    expect((await status('--all', '-p', 'nothing')).exitCode).not.toBe(0);
  });
});
