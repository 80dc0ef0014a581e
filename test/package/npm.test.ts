/** The tarball as npm installs it, on every node that it is for. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository, version } from '../support/packaging.ts';

const scratch = mkdtempSync(join(tmpdir(), 'cryptosync-npm-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let tarball: string;
beforeAll(() => {
  execFileSync('npm', ['pack', '--pack-destination', scratch], { cwd: repository, stdio: 'pipe' });
  tarball = globSync(`${scratch}/*.tgz`)[0] ?? '';
});

describe.each(['22', '24', '26'])('on node %s', (major) => {
  it('is installed by npm install -g, and works', () => {
    const home = join(scratch, `node-${major}`);
    const npm = (...args: string[]): string =>
      execFileSync('npm', args, {
        encoding: 'utf8',
        stdio: 'pipe',
        env: { ...process.env, npm_config_prefix: home },
      });
    npm('install', '--no-audit', '--no-fund', '--prefix', home, `node@${major}`);
    const bin = join(home, 'node_modules/node/bin');
    npm('install', '-g', '--no-audit', '--no-fund', tarball);
    const environment = {
      PATH: `${bin}:${process.env['PATH']}`,
      HOME: home,
      CRYPTOSYNC_ROOT: join(home, 'root'),
    };
    const run = (...args: string[]): string =>
      execFileSync(join(home, 'bin/cryptosync'), args, { encoding: 'utf8', env: environment, stdio: 'pipe' });
    expect(run('--version')).toMatch(
      new RegExp(`^cryptosync/${version} linux-x64 node-v${major}\\..* build [0-9a-f]{9}`),
    );
    expect(JSON.parse(run('status', '--all', '--json'))).toMatchObject({ vaults: [] });
    expect(run('help', 'exit-codes')).toMatch(/^Exit codes\n/);
    expect(run('key', 'generate').trim().length).toBeGreaterThan(20);
    expect(run('completions', 'bash')).toContain('complete -F _cryptosync cryptosync');
  });
});
