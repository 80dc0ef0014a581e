/** Workloads by command: written whole and checked, secrets kept off screen and command line, and nobody else's believed. */
import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { sinkAdapters } from '../../src/remotes/sinks/index.ts';
import { type Installation, it } from '../support/installation.ts';
import { plainClaim, platform } from '../support/platform.ts';
import type { CommandResult } from '../support/running-command.ts';

const site = {
  version: 1,
  sink: { type: 's3', bucket: 'tenants', accessKeyId: 'the id', secretAccessKey: 'the secret' },
  mappings: [{ path: '.' }],
  policy: { encryption: 'required' },
};

function workloads(installation: Installation) {
  const directory = installation.path('workloads');
  const file = join(directory, 'site.json');
  const run = (args: readonly string[], input = ''): Promise<CommandResult> =>
    installation.cryptosync(['workload', ...args, '--workloads', directory], { input });
  return {
    directory,
    file,
    run,
    stored: () => JSON.parse(readFileSync(file, 'utf8')),
    put: (workload: object = site) => run(['set', 'site', '--from', '-'], JSON.stringify(workload)),
    async refused(args: readonly string[], code: string, input = ''): Promise<string> {
      const before = readFileSync(file, 'utf8');
      const { json } = await run([...args, '--json'], input);
      expect(json.error.code).toBe(code);
      expect(readFileSync(file, 'utf8')).toBe(before);
      return json.error.message;
    },
  };
}

describe('a workload', () => {
  it('is written, changed by key, shown without its secrets, listed, checked and removed', async ({
    installation,
  }) => {
    const { put, run, stored, directory, file } = workloads(installation);
    expect((await put()).exitCode).toBe(0);
    expect([lstatSync(directory).mode & 0o777, lstatSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    await run(['set', 'site', 'policy.interval', '5m']);
    await run(['set', 'site', 'mappings', '[{"path":"home"}]']);
    await run(['set', 'site', 'sink.fastList', 'true']);
    await run(['set', 'site', 'sink.secretAccessKey', '--from', '-'], 'another\n');
    const sink = { ...site.sink, fastList: true, secretAccessKey: 'another' };
    const policy = { encryption: 'required', interval: '5m' };
    expect(stored()).toEqual({ ...site, sink, mappings: [{ path: 'home' }], policy });
    const shown = await run(['show', 'site']);
    expect(shown.stdout).toContain('[redacted]');
    for (const secret of ['the id', 'another']) expect(shown.stdout).not.toContain(secret);
    expect((await run(['list'])).stdout).toMatch(/^WORKLOAD .*\nsite +s3 +required +5m +home\n$/);
    expect((await run(['unset', 'site', 'policy.interval'])).exitCode).toBe(0);
    expect(stored().policy).toEqual({ encryption: 'required' });
    expect(await run(['check'])).toMatchObject({ exitCode: 0, stdout: 'site: valid\n' });
    expect((await run(['remove', 'site'])).exitCode).toBe(0);
    expect((await run(['show', 'site', '--json'])).json.error.code).toBe('WORKLOAD_NOT_FOUND');
    expect(readdirSync(directory)).toEqual(['.site.json.lock']);
  });

  it('is left as it was by what is not right, which is told without a secret', async ({ installation }) => {
    const { put, refused } = workloads(installation);
    await put();
    await refused(['set', 'site', 'policy.interval', 'soon'], 'CONFIG_INVALID');
    await refused(['set', 'site', 'policy.intervall', '5m'], 'USAGE');
    await refused(['set', 'site', 'mappings', '[{"path":"../.."}]'], 'CONFIG_INVALID');
    await refused(['unset', 'site', 'policy.encryption'], 'CONFIG_INVALID');
    await refused(['set', 'site', 'sink.bucket'], 'USAGE');
    const typed = ['set', 'site', 'sink.secretAccessKey', 'typed secret'];
    expect(await refused(typed, 'USAGE')).not.toContain('typed');
    for (const text of ['{"a secret":', '{"version":1,"sink":"a secret"}', '"a secret"']) {
      const said = await refused(['set', 'site', '--from', '-'], 'CONFIG_INVALID', text);
      expect(said).not.toContain('a secret"');
    }
  });

  it('may be mended when it is broken, and is changed by two at once', async ({ installation }) => {
    const { put, run, stored, file } = workloads(installation);
    await put();
    writeFileSync(file, JSON.stringify({ ...site, policy: { encryption: 'maybe' } }));
    const checked = await run(['check', '--json']);
    expect([checked.exitCode, checked.json.results]).toMatchObject([
      10,
      [{ id: 'site', valid: false, error: { code: 'CONFIG_INVALID' } }],
    ]);
    await run(['set', 'site', 'policy.encryption', 'none']);
    await Promise.all([
      run(['set', 'site', 'policy.interval', '5m', '--wait', '30s']),
      run(['set', 'site', 'policy.onClaim', 'none', '--wait', '30s']),
    ]);
    expect(stored().policy).toEqual({ encryption: 'none', interval: '5m', onClaim: 'none' });
  });

  it('is nobody else’s: no link is written through, and no file of another is believed', async ({
    installation,
  }) => {
    const { put, run, refused, file, directory } = workloads(installation);
    await put();
    chmodSync(file, 0o666);
    await refused(['set', 'site', 'policy.interval', '5m'], 'CONFIG_INVALID');
    await refused(['show', 'site'], 'CONFIG_INVALID');
    await refused(['remove', 'site'], 'CONFIG_INVALID');
    chmodSync(file, 0o600);
    const elsewhere = installation.path('elsewhere.json');
    writeFileSync(elsewhere, JSON.stringify(site));
    symlinkSync(elsewhere, join(directory, 'linked.json'));
    for (const args of [
      ['set', 'linked', 'policy.interval', '5m'],
      ['set', 'linked', '--from', '-'],
    ]) {
      const { json } = await run([...args, '--json'], JSON.stringify(site));
      expect(json.error.code).toBe('CONFIG_INVALID');
    }
    expect(JSON.parse(readFileSync(elsewhere, 'utf8'))).toEqual(site);
    if (process.getuid?.() !== 0) return;
    chownSync(file, 65_534, 65_534);
    await refused(['set', 'site', 'policy.interval', '5m'], 'CONFIG_INVALID');
  });

  it('is not removed while a tenant is claimed for it, unless that is meant', async ({ installation }) => {
    const { put, run, directory } = workloads(installation);
    const { start, workload } = platform(installation, {}, 'root');
    await put(workload);
    await start().onClaim('acme', plainClaim);
    await run(['set', 'files', '--from', '-'], JSON.stringify(workload));
    const { json } = await run(['remove', 'files', '--json']);
    expect(json.error).toMatchObject({ code: 'LOCKED', details: { tenants: ['acme'] } });
    expect((await run(['remove', 'site'])).exitCode).toBe(0);
    expect((await run(['remove', 'files', '--force'])).exitCode).toBe(0);
    expect(readdirSync(directory).filter((name) => name.endsWith('.json'))).toEqual([]);
  });
});

it('every kind of sink knows its secrets', () => {
  const told = Object.entries(sinkAdapters).map(([type, { secrets }]) => [type, secrets]);
  expect(Object.fromEntries(told)).toEqual({
    s3: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
    gcs: ['serviceAccountCredentials'],
    azureblob: ['key', 'sasUrl'],
    b2: ['account', 'key'],
    sftp: ['password', 'keyPem', 'keyPassphrase'],
    webdav: ['password', 'bearerToken'],
    local: [],
  });
});
