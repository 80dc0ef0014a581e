import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import type { CommandResult } from '../support/running-command.ts';
import { readTree } from '../support/tree.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
type Own = 'profile' | 'conf' | 'summary' | 'marker' | 'announcement' | 'record' | 'ledger';
let files: Readonly<Record<Own, string>>;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation, 'a');
  await vault.put({ file: 'content' });
  await vault.succeed('sync');
  files = {
    profile: vault.profileFile,
    conf: installation.client('a', 'rclone', 'rclone.conf'),
    summary: installation.client('a', 'cryptosync', 'summary.json'),
    marker: vault.markerFile,
    announcement: join(dirname(vault.markerFile), 'in-progress.json'),
    record: recordIn(installation.client('a', 'cryptosync', 'state')),
    ledger: vault.ledgerFile,
  };
  for (const path of Object.values(files)) copyFileSync(path, `${path}.kept`);
});

beforeEach(() => {
  for (const path of Object.values(files)) {
    rmSync(path, { force: true, recursive: true });
    copyFileSync(`${path}.kept`, path);
  }
});

afterAll(() => installation.cleanUp());

function recordIn(state: string): string {
  return join(state, readdirSync(state).find((name) => /^record-.*\.jsonl$/.test(name)) ?? '');
}

const ciphertexts = (): unknown => [readTree(vault.encryptedDir), readTree(vault.remoteDir, ['.cryptosync'])];

/** Commands that must name the broken file, and leave it and all ciphertext as they are. */
async function told(path: string, commands: readonly (readonly string[])[]): Promise<CommandResult[]> {
  const before = ciphertexts();
  const results = [];
  for (const [command = '', ...args] of commands) {
    const result = await vault.run(command, ...args);
    expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 10 });
    const { error } = result.json;
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10, hint: expect.any(String) });
    expect(error.message).toContain(path);
    expect(error.message).not.toContain('\n');
    results.push(result);
  }
  expect(ciphertexts()).toEqual(before);
  return results;
}

describe('a profile', () => {
  const commands = [
    ['mount'],
    ['unmount'],
    ['sync'],
    ['install', '--no-links'],
    ['install', '--no-links', '--force'],
  ];

  it.each([
    ['torn', '{"version": 1, "vaultI'],
    ['empty', ''],
    ['null', 'null'],
    ['of another version', '{"version": 2}'],
    ['with a relative path', undefined],
    ['with a key that nobody knows', undefined],
  ])('that is %s stops every command with its name, and stays as it is', async (kind, text) => {
    const whole = JSON.parse(readFileSync(files.profile, 'utf8'));
    const broken = kind.includes('path') ? { ...whole, mountDir: 'relative' } : { ...whole, passwort: 'x' };
    writeFileSync(files.profile, text ?? JSON.stringify(broken));
    const before = readFileSync(files.profile, 'utf8');
    await told(files.profile, commands);
    expect(readFileSync(files.profile, 'utf8')).toBe(before);
    const row = await vault.status();
    expect(row).toMatchObject({ health: 'error', state: 'unknown', error: { code: 'CONFIG_INVALID' } });
  });

  it('that is a directory stops them as well', async () => {
    unlinkSync(files.profile);
    mkdirSync(files.profile);
    await told(files.profile, [['mount'], ['sync'], ['install', '--no-links']]);
  });

  it('that is broken stops no other profile, and not the install of a new one', async () => {
    writeFileSync(files.profile, '{');
    const made = await vault.run('install', '--no-links', '--profile', 'second');
    expect(made, made.stderr).toMatchObject({ exitCode: 0 });
    expect(made.stderr).toMatch(/warning: a\/default is left out of summary\.json/);
    const both = await vault.run('status');
    expect(both.json.vaults).toMatchObject([
      { profile: 'default', health: 'error' },
      { profile: 'second', health: 'unmounted' },
    ]);
  });
});

describe('an rclone.conf', () => {
  it.each([
    ['torn in a name', '[default-rem', 1],
    ['torn in a key', '[default-remote]\ntyp', 2],
    ['that is something else', '\0\x01\x02', 1],
  ])(
    'that is %s is told with its line, and never taken for one without the remote',
    async (_, text, line) => {
      writeFileSync(files.conf, text);
      const again = ['install', '--no-links', '--remote-type', 'local', '--remote-path', vault.remoteDir];
      for (const { json } of await told(files.conf, [['sync'], again, [...again, '--force']]))
        expect(json.error.message).toContain(`line ${line}`);
      expect(readFileSync(files.conf, 'utf8')).toBe(text);
      const row = await vault.status();
      expect(row).toMatchObject({ state: 'unmounted', health: 'error', remote: { type: null } });
      await vault.succeed('mount');
      await vault.succeed('unmount');
    },
  );

  it('without the remote is told with the way to set it up', async () => {
    writeFileSync(files.conf, '[other]\ntype = local\n');
    const { exitCode, json } = await vault.run('sync');
    expect(exitCode).toBe(10);
    expect(json.error).toMatchObject({
      code: 'REMOTE_NOT_CONFIGURED',
      hint: expect.stringContaining('install --client a'),
    });
  });
});

describe('a summary', () => {
  it.each(['', '{"component": "cry', 'null', '{"profiles": [null]}'])(
    'that is broken is written anew by the next install: %j',
    async (text) => {
      writeFileSync(files.summary, text);
      await vault.succeed('status');
      await vault.succeed('install', '--no-links');
      expect(JSON.parse(readFileSync(files.summary, 'utf8'))).toMatchObject({
        component: 'cryptosync',
        client_id: 'a',
        config_name: 'default',
      });
    },
  );
});

describe('a marker', () => {
  it.each(['', '{"version":1,', 'null', '{"version":9}'])(
    'that is torn is written anew where the vault on the remote is ours: %j',
    async (text) => {
      writeFileSync(files.marker, text);
      expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced' });
      expect(vault.marker()).toMatchObject({ state: 'committed' });
    },
  );

  it('that is torn is no excuse to write over files that are not ours', async () => {
    writeFileSync(files.marker, '{"version":1,');
    writeFileSync(files.announcement, '{"version":2,');
    const config = `${vault.remoteDir}/gocryptfs.conf`;
    const own = readFileSync(config);
    rmSync(config);
    writeFileSync(config, 'of another vault');
    const before = readTree(vault.remoteDir);
    const { exitCode, json } = await vault.run('sync');
    expect(exitCode).toBe(15);
    expect(json.error.code).toBe('REMOTE_NOT_EMPTY');
    expect(readTree(vault.remoteDir)).toEqual(before);
    rmSync(files.record);
    expect((await vault.run('sync')).json.error).toMatchObject({ code: 'REMOTE_NOT_EMPTY', exit: 15 });
    expect(readTree(vault.remoteDir)).toEqual(before);
    rmSync(config);
    writeFileSync(config, own, { mode: 0o400 });
  });
});

describe('a ledger', () => {
  it.each(['{"run":"1","at":"20', 'null\n', '[]\n', '\0\0\0\0\n'])(
    'whose last line is %j is read and written on',
    async (line) => {
      appendFileSync(files.ledger, line);
      expect(await vault.status()).toMatchObject({ lastSync: { outcome: 'synced', generation: 1 } });
      await vault.succeed('sync');
      const row = await vault.status();
      expect(row).toMatchObject({ health: 'unmounted', lastSync: { outcome: 'unchanged', generation: 1 } });
    },
  );

  it('that can not be written is a warning, and the sync is done', async () => {
    unlinkSync(files.ledger);
    mkdirSync(files.ledger);
    const result = await vault.run('sync');
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("ledger can't be written") });
    rmdirSync(files.ledger);
  });
});

describe('a log', () => {
  it('that can not be written is one warning, and everything is done', async () => {
    const file = installation.path('a-file');
    writeFileSync(file, '');
    const env = { CRYPTOSYNC_LOG: `${file}/log` };
    const result = await installation.cryptosync(['sync', '--client', 'a', '--json'], { env });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^warning: the log .* can't be written/),
    ]);
  });
});

describe('a file where a directory of the client belongs', () => {
  it.each([
    ['vault'],
    ['rclone'],
    ['cryptosync'],
    ['cryptosync', 'config'],
    ['cryptosync', 'scripts'],
    ['cryptosync', 'state'],
  ])('is refused by install before anything is made: %j %j', async (...names) => {
    const client = `taken-${names.join('-')}`;
    mkdirSync(installation.client(client, ...names.slice(0, -1)), { recursive: true });
    writeFileSync(installation.client(client, ...names), '');
    const before = readTree(installation.root);
    const result = await installation.cryptosync(['install', '--client', client, '--no-links', '--json']);
    expect(result, result.stdout).toMatchObject({
      exitCode: 10,
      json: { error: { code: 'CONFIG_INVALID' } },
    });
    expect(result.json.error.message).toContain(installation.client(client, ...names));
    expect(readTree(installation.root)).toEqual(before);
  });
});
