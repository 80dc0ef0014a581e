/** What docs/sessions.md tells an operator to type: it is run as it stands there, against a real server. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { program } from '../support/running-command.ts';
import { startService } from '../support/service.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/sessions.md'), 'utf8');

/** The block of code of a language in which a text stands. */
function blockWith(language: string, text: string): string {
  const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(
    ([, block]) => block ?? '',
  );
  const block = blocks.find((candidate) => candidate.includes(text));
  if (block === undefined) throw new Error(`no ${language} with ${text}`);
  return block;
}

let installation: Installation;
let environment: NodeJS.ProcessEnv;
let cwd: string;

beforeAll(async () => {
  installation = createInstallation();
  const runtime = installation.path('run');
  mkdirSync(runtime, { mode: 0o700 });
  cwd = installation.path('work');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'tenant1.key'), generateEncryptionKey(), { mode: 0o600 });
  const command = installation.path('bin', 'cryptosync');
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
  chmodSync(command, 0o755);
  environment = {
    ...installation.environment,
    PATH: `${dirname(process.execPath)}:${installation.path('bin')}:${process.env['PATH']}`,
    XDG_RUNTIME_DIR: runtime,
  };
  mkdirSync(installation.path('workloads'));
  const sink = installation.path('sink');
  mkdirSync(sink);
  const workload = blockWith('json', '"sink"').replace('/mnt/sink', sink);
  writeFileSync(installation.path('workloads', 'site.json'), workload);
  const socket = join(runtime, 'cryptosync', 'cryptosync.sock');
  await startService(installation, [], { XDG_RUNTIME_DIR: runtime, CRYPTOSYNC_SOCKET: socket });
});
afterAll(() => installation.cleanUp());

/** Runs a program on a text. @returns what it printed */
function run(file: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd,
    env: environment,
    input,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

const directory = (): string => installation.client('tenant1', 'session');

describe('docs/sessions.md', () => {
  it('makes keys that are taken, by the tool, openssl, node, python and in a browser', () => {
    const lines = blockWith('sh', 'openssl rand -base64').trim().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const printed = execFileSync('sh', ['-c', line], { env: environment, encoding: 'utf8' });
      expect(validateEncryptionKey(printed.trimEnd()).reveal()).toHaveLength(44);
    }
    const browser = new Function(`return ${blockWith('js', 'btoa')}`) as () => string;
    expect(validateEncryptionKey(browser()).reveal()).toHaveLength(44);
  });

  it('claims, syncs and releases with the commands', () => {
    const printed = run('sh', ['-e'], blockWith('sh', 'session claim'));
    expect(printed).toContain(`tenant1 is claimed: ${directory()}`);
    expect(printed).toContain('tenant1 is released, and its key is forgotten');
  });

  it('does so with curl', () => {
    const printed = run('sh', ['-e'], blockWith('sh', 'curl -sS'));
    const documents = printed
      .replaceAll('}{', '}\n{')
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents).toMatchObject([
      { endpoints: { directory: directory() }, encryption: { enabled: true } },
      { tenantId: 'tenant1' },
      { state: 'active' },
      { outcome: 'released' },
    ]);
  });

  it('does so with node', () => {
    const printed = run(process.execPath, ['--input-type=module', '-'], blockWith('js', 'node:http'));
    expect(printed).toMatch(new RegExp(`^${directory()} \\w+\nreleased\n$`));
  });

  it('does so with python', () => {
    const printed = run('python3', ['-'], blockWith('python', 'http.client'));
    expect(printed).toMatch(new RegExp(`^${directory()} \\w+\nreleased\n$`));
  });

  it('has a server over TCP, with a token, that the commands can ask', async () => {
    const [make = '', , ask = ''] = blockWith('sh', '--listen').trim().split('\n');
    run('sh', ['-e'], make);
    const service = await startService(installation, [
      '--listen',
      '127.0.0.1:0',
      '--token-file',
      join(cwd, 'token'),
    ]);
    expect(run('sh', ['-e'], ask.replace('http://127.0.0.1:8443', service.address))).toBe(
      'No tenant is claimed.\n',
    );
  });
});
