/** The file for Prometheus, and what docs/monitoring asks of it: judged by Prometheus' own tool. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../../support/installation.ts';
import { installVault } from '../../support/vault.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What promtool says to something, which it must take. */
function promtool(args: readonly string[], input?: string): string {
  const environment = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    env: environment,
    input,
    encoding: 'utf8',
  });
  expect([args[1], status, `${stdout}${stderr}`, error]).toEqual([args[1], 0, expect.anything(), undefined]);
  return stdout + stderr;
}

/** The values in a file, by what stands before them. */
function valuesIn(file: string): Record<string, number> {
  const text = readFileSync(file, 'utf8');
  // it has something to say only of what is wrong
  expect(promtool(['check', 'metrics'], text)).toBe('');
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const of = (name: string, client: string): string =>
  `cryptosync_${name}{client="${client}",profile="default"}`;

async function collected(installation: Installation): Promise<string> {
  const directory = installation.path('collector');
  mkdirSync(directory);
  const file = `${directory}/cryptosync.prom`;
  const set = await installation.cryptosync(['config', 'set', 'metricsFile', file, '--global']);
  expect(set, set.stderr).toMatchObject({ exitCode: 0 });
  return file;
}

describe('the metrics', () => {
  it('of a status are all that it shows, readable for the collector', async ({ installation }) => {
    const vault = await installVault(installation);
    await installVault(installation, 'client2');
    await vault.put({ 'a.txt': 'a', 'b.txt': 'b' });
    await vault.succeed('sync');
    await vault.succeed('verify');
    await vault.succeed('mount');
    const file = installation.path('own.prom');
    const result = await installation.cryptosync(['status', '--all', '--json', '--prometheus', file]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    expect(statSync(file).mode & 0o777).toBe(0o644);
    const values = valuesIn(file);
    const [status] = result.json.vaults;
    expect(values).toMatchObject({
      [of('last_success_timestamp_seconds', 'client1')]: Date.parse(status.lastSuccess) / 1000,
      [of('last_run_files', 'client1')]: status.lastSync.filesTransferred,
      [of('last_run_bytes', 'client1')]: status.lastSync.bytesTransferred,
      [of('last_run_duration_seconds', 'client1')]: status.lastSync.durationMs / 1000,
      [of('last_exit_code', 'client1')]: 0,
      [of('generation', 'client1')]: 1,
      [of('mounted', 'client1')]: 1,
      [of('mounted', 'client2')]: 0,
      [of('last_verified_timestamp_seconds', 'client1')]: Date.parse(status.lastVerification.at) / 1000,
    });
    expect(values).not.toHaveProperty([of('last_success_timestamp_seconds', 'client2')]);
    const nowhere = installation.path('nowhere', 'x.prom');
    const refused = await installation.cryptosync(['status', '--all', '--prometheus', nowhere]);
    expect(refused).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('no directory') });
  });

  it('are written after each run, also one that failed, and of two at once nothing is lost', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const other = await installVault(installation, 'client2');
    const file = await collected(installation);
    await vault.put({ 'a.txt': 'a' });
    expect(valuesIn(file)[of('mounted', 'client1')]).toBe(0);
    await other.put({ 'b.txt': 'b' });
    await Promise.all([vault.succeed('sync'), other.succeed('sync')]);
    const both = { [of('last_exit_code', 'client1')]: 0, [of('last_exit_code', 'client2')]: 0 };
    expect(valuesIn(file)).toMatchObject(both);
    expect(statSync(file).mode & 0o777).toBe(0o644);

    const before = installation.path('before');
    writeFileSync(before, '#!/bin/sh\nexit 1\n');
    chmodSync(before, 0o755);
    await installation.cryptosync([
      'config',
      'set',
      'hooks.before',
      JSON.stringify([before]),
      '-c',
      'client1',
    ]);
    expect((await vault.run('sync')).exitCode).toBe(14);
    expect(valuesIn(file)).toMatchObject({ ...both, [of('last_exit_code', 'client1')]: 14 });

    const all = await installation.cryptosync(['sync', '--all', '--json']);
    expect(all.exitCode).toBe(3);
    expect(valuesIn(file)[of('last_run_timestamp_seconds', 'client2')]).toBe(
      Date.parse(other.ledger().at(-1).at) / 1000,
    );
    expect(readdirSync(installation.path('collector'))).toEqual(['cryptosync.prom']);
  });

  it('that can not be written are a warning', async ({ installation }) => {
    const vault = await installVault(installation);
    const set = await installation.cryptosync([
      ...['config', 'set', 'metricsFile', installation.path('nowhere', 'x.prom'), '--global'],
    ]);
    expect(set.exitCode).toBe(0);
    const result = await vault.run('mount');
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/warning: .*no directory/) });
    expect(existsSync(installation.path('nowhere'))).toBe(false);
    const unread = installation.path('text.txt');
    const refused = await installation.cryptosync(['config', 'set', 'metricsFile', unread, '--global']);
    expect(refused).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('.prom') });
  });
});

describe('docs/monitoring', () => {
  const rules = at('../../../docs/monitoring/cryptosync.rules.yml');

  it('has rules that Prometheus takes, and that tell what they should and nothing else', () => {
    expect(promtool(['check', 'rules', rules])).toContain('SUCCESS');
    expect(promtool(['test', 'rules', at('./monitoring/rules.test.yml')])).toContain('SUCCESS');
    const alerts = (text: string): string[] =>
      [...text.matchAll(/alert(?:name)?: (\w+)/g)].map(([, name = '']) => name);
    const tested = readFileSync(at('./monitoring/rules.test.yml'), 'utf8');
    const told = [...tested.matchAll(/alertname: (\w+)\n\s+exp_alerts:/g)].map(([, name = '']) => name);
    expect(new Set(told)).toEqual(new Set(alerts(readFileSync(rules, 'utf8'))));
  });

  it('has a dashboard whose queries Prometheus can read', ({ installation }) => {
    const { panels } = JSON.parse(
      readFileSync(at('../../../docs/monitoring/grafana-dashboard.json'), 'utf8'),
    );
    const queries: string[] = panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
    // a rule for each query is judged as a query is
    const group = {
      name: 'dashboard',
      rules: queries.map((expr, index) => ({ record: `dashboard:query:${index}`, expr })),
    };
    const file = installation.path('dashboard.yml');
    writeFileSync(file, JSON.stringify({ groups: [group] }));
    expect(promtool(['check', 'rules', file])).toContain(`${queries.length} rules found`);
  });
});
