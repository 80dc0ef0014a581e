/** Keys of a crypt layer: seen nowhere but, obscured, in the environment of rclone, which takes them in no other way. */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { endingWithUs } from '../../src/system/process/parent-death.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { pathOfOperators } from '../support/quick-engines/path-of.ts';
import type { CommandOptions, CommandResult } from '../support/running-command.ts';
import { findSecrets } from '../support/secret-forms.ts';
import { inputFiles, searchFiles } from '../support/secret-search.ts';
import { type Watched, watchForSecrets } from '../support/secret-watch.ts';
import { type Storage, startStorage } from '../support/storage.ts';
import { writeFiles } from '../support/tree.ts';

// who is watched is what an operator has
process.env['PATH'] = pathOfOperators();

const secrets = {
  key: generateEncryptionKey(),
  salt: generateEncryptionKey(),
  'wrong key': generateEncryptionKey(),
  'new key': generateEncryptionKey(),
};
/** What must be refused, and must not be repeated. */
const brokenKey = `${secrets['wrong key'].slice(0, -2)}A`;

const inputs = inputFiles();
const { fileOf } = inputs;
let installation: Installation;
let storage: Storage;
const results: CommandResult[] = [];
const generated: string[] = [];
let watched: Watched;

async function run(exitCode: number, args: readonly string[], options: CommandOptions = {}): Promise<void> {
  const result = await installation.cryptosync([...args, '--client', 'a'], options);
  results.push(result);
  expect(result.exitCode, `${args.join(' ')}: ${result.stdout}${result.stderr}`).toBe(exitCode);
}

async function generate(...args: string[]): Promise<void> {
  const { stdout, exitCode } = await installation.cryptosync(['key', 'generate', ...args]);
  expect(exitCode).toBe(0);
  generated.push(...stdout.trim().split('\n'));
}

/** Everything that is done with keys, and what goes wrong with them. */
async function live(): Promise<void> {
  const source = installation.client('a', 'files');
  writeFiles(source, { one: '1', 'deep/two': '2' });
  const keyFile = fileOf('key', `${secrets.key}\n`);
  const saltFile = fileOf('salt', secrets.salt);
  const key = ['--encryption-key-file', keyFile, '--encryption-salt-file', saltFile];
  const wrong = [
    '--encryption-key-file',
    fileOf('wrong', secrets['wrong key']),
    '--encryption-salt-file',
    saltFile,
  ];
  const install = [
    'install',
    '--no-links',
    '--crypt',
    ...storage.installOptions('backup'),
    '--source',
    source,
  ];
  await run(0, [...install, '--initial-sync', '--verbose', ...key]);
  writeFiles(source, { one: 'one' });
  await run(0, ['sync', '--verbose', ...key]);
  await run(0, ['sync', '--json', ...['--encryption-key-file', '-', '--encryption-salt-file', '-']], {
    input: `${secrets.key}\n${secrets.salt}\n`,
  });
  await run(0, ['config', 'set', 'encryptionKeyCommand', `cat ${keyFile}`]);
  await run(0, ['config', 'set', 'encryptionSaltCommand', `cat ${saltFile}`]);
  await run(0, ['sync', '--dry-run', '--verbose']);
  rmSync(source, { recursive: true });
  await run(0, ['sync', '--direction', 'download', '--verbose']);
  await run(0, ['sync', '--direction', 'bidirectional', '--resync', '--prefer', 'local', '--verbose']);
  for (const direction of ['upload', 'download', 'bidirectional'])
    await run(12, ['sync', '--direction', direction, '--verbose', ...wrong]);
  await run(12, ['sync', '--verbose', '--encryption-key-file', fileOf('broken', brokenKey)]);
  await run(12, ['sync', '--json', '--encryption-key-file', '-'], { input: `${secrets.key} ${secrets.key}` });
  await run(0, [
    'sync',
    '--rekey',
    '--verbose',
    '--new-encryption-key-file',
    fileOf('new', secrets['new key']),
    ...key,
  ]);
  storage.connection?.setManner('refuse');
  await run(14, ['sync', '--verbose', ...key]);
  await generate();
  await generate('--salt');
}

beforeAll(async () => {
  installation = createInstallation();
  storage = await startStorage('sftp', installation.path('storage'));
  const watch = await watchForSecrets(secrets);
  try {
    await live();
  } finally {
    watched = await watch.stop();
  }
}, 240_000);

afterAll(async () => {
  await storage?.close();
  await installation.cleanUp();
  inputs.remove();
});

/** What rclone is for its first moments, before it takes their place: the same process with the same environment. */
const { file: binding, args: shell } = endingWithUs({ file: '/usr/bin/rclone', args: [] }, process.env);
const [program, option, script] = shell.slice(shell.indexOf('-c') - 1);
const beforeIt = [binding, `${program} ${option} ${script}`];

/** Without the process. */
function placeOf(hit: string): string {
  const [, kind = '', program = '', what = hit] = /^\d+ (\w+) \((.*)\): ([^:]+: \S+)$/s.exec(hit) ?? [];
  const isRclone = program.endsWith('/rclone') || beforeIt.includes(program);
  return `${kind} (${isRclone ? 'rclone' : program}): ${what}`;
}

describe('keys of a crypt layer', () => {
  it('stand, obscured, in the environment of rclone, and in no other process or command line', () => {
    const places = watched.hits.map(placeOf);
    const known = ['key', 'salt', 'wrong key', 'new key'].map(
      (name) => `environ (rclone): ${name}: obscured`,
    );
    expect([...new Set(places)].sort()).toEqual(known.sort());
    expect(watched.sweeps).toBeGreaterThan(100);
  });

  it('are in nothing that was printed, a broken one included', () => {
    expect(results.length).toBeGreaterThanOrEqual(15);
    const all = { ...secrets, 'broken key': brokenKey };
    for (const { stdout, stderr } of results) expect(findSecrets(stdout + stderr, all)).toEqual([]);
  });

  it('are in no file, of the client, of its remote, of the log or of the temporary directory', () => {
    const all = { ...secrets, 'broken key': brokenKey, ...Object.fromEntries(generated.entries()) };
    const { found, count } = searchFiles(installation.directory, all);
    expect(count).toBeGreaterThan(20);
    expect(found).toEqual([]);
    expect(readFileSync(installation.logFile, 'utf8')).toContain('DECRYPTION_FAILED');
  });

  it('are made anew each time, and only printed', () => {
    expect(generated.filter((line) => /^[A-Za-z0-9+/]{43}=$/.test(line)).length).toBeGreaterThanOrEqual(3);
    expect(new Set(generated).size).toBe(generated.length);
  });
});

describe('a key in the environment of the command', () => {
  it('is passed on to no other process', async () => {
    const local = ['--remote-type', 'local', '--remote-path', installation.path('disk')];
    await installation.cryptosync(['install', '--no-links', '--crypt', '--client', 'b', ...local]);
    const watch = await watchForSecrets(secrets);
    const { exitCode } = await installation.cryptosync(['sync', '--client', 'b'], {
      env: { CRYPTOSYNC_ENCRYPTION_KEY: secrets.key, CRYPTOSYNC_ENCRYPTION_SALT: secrets.salt },
    });
    const { hits } = await watch.stop();
    expect([0, 15]).toContain(exitCode);
    const others = hits.map(placeOf).filter((place) => !place.includes(`(${process.execPath})`));
    expect([...new Set(others)].sort()).toEqual([
      'environ (rclone): key: obscured',
      'environ (rclone): salt: obscured',
    ]);
  });
});
