/** The executor as a program uses it: from the built library, on real remotes, without a tree of clients. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  type ExecutorOptions,
  type ExecutorResult,
  generateEncryptionKey,
  RcloneSyncExecutor,
  type Sink,
} from '../../src/index.ts';
import { maskedForms } from '../../src/remotes/rclone/masking.ts';
import { obscure } from '../../src/remotes/rclone/obscure.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { processesNaming, waitUntil } from '../support/machine.ts';
import { startProgram } from '../support/running-command.ts';
import { cleanEnvironment, type Server, serveWebdav } from '../support/serve.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const repository = join(import.meta.dirname, '..', '..');
const key = generateEncryptionKey();
const salt = generateEncryptionKey();
const files = { 'a.txt': 'one', 'deep/ü 鍵.txt': 'two', empty: '', 'b.txt': 'three' };

/** A directory with files, an executor, and a place for its data on this machine. */
function place(installation: Installation) {
  const directory = installation.path('source');
  writeFiles(directory, files);
  const root = installation.path('disk');
  mkdirSync(root, { recursive: true });
  const executor = new RcloneSyncExecutor({
    stateDirectory: installation.path('state'),
    environment: cleanEnvironment,
  });
  const options: ExecutorOptions = {
    directory,
    target: { sink: { type: 'local', root }, client: 'client1' },
    owner: 'owner-1',
    encryption: { key, salt },
  };
  const sync = (changes: Partial<ExecutorOptions> = {}): Promise<ExecutorResult> =>
    executor.sync({ ...options, ...changes });
  return { directory, root, executor, options, sync, remote: join(root, 'client1') };
}

function codeOf(result: ExecutorResult): string | undefined {
  expect(result.success).toBe(result.error === undefined);
  return result.error?.code;
}

const downloadTo = (directory: string, more: Partial<ExecutorOptions> = {}): Partial<ExecutorOptions> => ({
  directory,
  direction: 'download',
  ...more,
});

describe('the example of the documentation', () => {
  const example =
    /```js\n(.*?)```/s.exec(readFileSync(join(repository, 'docs/library.md'), 'utf8'))?.[1] ?? '';
  const printed =
    /```text\n(.*?)```/s.exec(readFileSync(join(repository, 'docs/library.md'), 'utf8'))?.[1] ?? '';

  function program(installation: Installation): string {
    mkdirSync(installation.path('node_modules'));
    symlinkSync(repository, installation.path('node_modules/cryptosync'));
    symlinkSync(join(repository, 'node_modules/@types'), installation.path('node_modules/@types'));
    writeFileSync(installation.path('package.json'), '{"type":"module"}');
    writeFileSync(installation.path('example.js'), example);
    return installation.path('example.js');
  }

  it('runs with the built package, and prints what it says', async ({ installation }) => {
    const server = await serveWebdav(installation.path('tmp'), { user: 'backup', password: 'pass word' });
    try {
      writeFiles(installation.path('documents'), { one: '12345', two: '67890' });
      const { stdout, stderr, exitCode } = await startProgram(
        process.execPath,
        [program(installation)],
        {
          ...installation.environment,
          WEBDAV_URL: `http://127.0.0.1:${server.port}`,
          WEBDAV_PASSWORD: 'pass word',
        },
        { cwd: installation.directory },
      ).finished;
      expect({ stdout, stderr, exitCode }).toEqual({ stdout: printed, stderr: '', exitCode: 0 });
      expect(readTree(installation.path('restored'))).toEqual(readTree(installation.path('documents')));
    } finally {
      await server.stop();
    }
  });

  it('is well typed by what the package declares', ({ installation }) => {
    program(installation);
    const flags = ['--noEmit', '--strict', '--allowJs', '--checkJs', '--exactOptionalPropertyTypes'];
    const modules = [
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--types',
      'node',
      '--skipLibCheck',
      'false',
    ];
    const tsc = join(repository, 'node_modules/.bin/tsc');
    try {
      execFileSync(process.execPath, [tsc, ...flags, ...modules, 'example.js'], {
        cwd: installation.directory,
      });
    } catch (error) {
      expect((error as { stdout: Buffer }).stdout.toString()).toBe('');
    }
  });
});

describe('a sync of the library', () => {
  it.for<[string, ExecutorOptions['encryption']]>([
    ['a key and a salt', { key, salt }],
    ['a key alone, as a Secret', { key: new Secret(key) }],
    ['names as they are', { key, encryptFilenames: false }],
    ['rotated names', { key, filenameEncryption: 'obfuscate', directoryNameEncryption: false }],
    ['no encryption', 'none'],
  ])('goes there and back with %s', async ([, encryption], { installation }) => {
    const { sync, directory, remote } = place(installation);
    expect(await sync({ encryption })).toMatchObject({
      success: true,
      outcome: 'synced',
      source: directory,
      direction: 'upload',
      filesTransferred: 4,
      // with crypt it is what lies on the remote
      bytesTransferred: encryption === 'none' ? 11 : expect.any(Number),
      deleted: 0,
      consistent: true,
      generation: 1,
    });
    const there = Object.keys(readTree(remote, ['.cryptosync']));
    expect(there.includes('a.txt')).toBe(encryption === 'none');
    expect(there.includes('a.txt.bin')).toBe(encryption !== 'none' && encryption.encryptFilenames === false);
    expect(await sync({ encryption })).toMatchObject({ success: true, outcome: 'unchanged', generation: 1 });
    const restored = installation.path('restored');
    expect(await sync(downloadTo(restored, { encryption }))).toMatchObject({
      success: true,
      outcome: 'synced',
      direction: 'download',
      filesTransferred: 4,
      generation: 1,
    });
    expect(readTree(restored)).toEqual(readTree(directory));
  });

  it('gives rclone no configuration file, and no secret but in its environment', async ({ installation }) => {
    const { options } = place(installation);
    const record = installation.path('calls');
    const real = execFileSync('which', ['rclone'], { encoding: 'utf8' }).trim();
    const wrapper = installation.path('bin', 'rclone');
    writeFileSync(
      wrapper,
      `#!/bin/sh\nfor word; do printf '%s\\n' "<$word>" >> ${record}; done\nexec ${real} "$@"\n`,
    );
    chmodSync(wrapper, 0o755);
    const executor = new RcloneSyncExecutor({
      stateDirectory: installation.path('state'),
      environment: { ...cleanEnvironment, PATH: `${installation.path('bin')}:${process.env['PATH']}` },
    });
    expect(await executor.sync(options)).toMatchObject({ success: true, outcome: 'synced' });
    const words = readFileSync(record, 'utf8').split('\n');
    const configs = words.flatMap((word, index) => (word === '<--config>' ? [words[index + 1]] : []));
    expect(configs.length).toBeGreaterThan(1);
    expect(new Set(configs)).toEqual(new Set(['<>']));
    for (const form of [...maskedForms(new Secret(key)), ...maskedForms(new Secret(salt))])
      expect(words.join('\n')).not.toContain(form);
  });

  it('works over a remote of an rclone.conf', async ({ installation }) => {
    const { sync, directory } = place(installation);
    const configFile = installation.path('rclone.conf');
    writeFileSync(configFile, '[my disk]\ntype = local\n');
    const target = { configFile, name: 'my disk', path: installation.path('named') };
    expect(await sync({ target })).toMatchObject({ success: true, filesTransferred: 4 });
    const restored = installation.path('restored');
    expect(await sync({ target, ...downloadTo(restored) })).toMatchObject({ success: true });
    expect(readTree(restored)).toEqual(readTree(directory));
    expect(codeOf(await sync({ target: { ...target, name: 'other' } }))).toBe('REMOTE_NOT_CONFIGURED');
    expect(codeOf(await sync({ target: { ...target, path: 'relative' } }))).toBe('CONFIG_INVALID');
    expect(readFileSync(configFile, 'utf8')).toBe('[my disk]\ntype = local\n');
  });

  it('mirrors with deletions that stay in the trash, and deletes nothing in copy mode', async ({
    installation,
  }) => {
    const { sync, directory, remote } = place(installation);
    const encryption = 'none';
    await sync({ encryption });
    rmSync(join(directory, 'b.txt'));
    writeFileSync(join(directory, 'a.txt'), 'changed');
    expect(await sync({ encryption, mode: 'copy' })).toMatchObject({
      success: true,
      deleted: 0,
      generation: 2,
    });
    expect(existsSync(join(remote, 'b.txt'))).toBe(true);
    expect(await sync({ encryption, dryRun: true })).toMatchObject({
      success: true,
      outcome: 'planned',
      plan: { transfers: [], deletions: [{ path: 'b.txt', size: 5 }], renames: [] },
    });
    expect(existsSync(join(remote, 'b.txt'))).toBe(true);
    expect(await sync({ encryption })).toMatchObject({ success: true, deleted: 1, generation: 3 });
    const kept = Object.keys(readTree(join(remote, '.cryptosync', 'trash')));
    expect(kept.map((path) => path.split('/').slice(1).join('/')).sort()).toEqual(['a.txt', 'b.txt']);
  });

  it('brings two directories together over one place, in both directions', async ({ installation }) => {
    const { sync, directory, options } = place(installation);
    const direction = 'bidirectional';
    const other = new RcloneSyncExecutor({
      stateDirectory: installation.path('other state'),
      environment: cleanEnvironment,
    });
    const there = installation.path('other');
    mkdirSync(there);
    const otherSync = () => other.sync({ ...options, directory: there, direction });
    expect(await sync({ direction })).toMatchObject({ success: true, direction, generation: 1 });
    expect(await otherSync()).toMatchObject({ success: true });
    expect(readTree(there)).toEqual(readTree(directory));
    writeFileSync(join(there, 'new there'), 'x');
    rmSync(join(there, 'b.txt'));
    expect(await otherSync()).toMatchObject({ success: true });
    expect(await sync({ direction })).toMatchObject({ success: true });
    expect(existsSync(join(directory, 'b.txt'))).toBe(false);
    expect(readTree(directory)).toEqual(readTree(there));
  });

  it('sends only what it is told to include', async ({ installation }) => {
    const { sync } = place(installation);
    const restored = installation.path('restored');
    expect(await sync({ include: ['*.txt'] })).toMatchObject({ success: true, filesTransferred: 3 });
    await sync(downloadTo(restored));
    expect(Object.keys(readTree(restored))).toEqual(['a.txt', 'b.txt', 'deep/ü 鍵.txt']);
  });
});

/** What an encrypted place says of itself, read by rclone alone. */
function controlFiles(remote: string, texts: { key: string; salt?: string }): Record<string, string> {
  const password2 = texts.salt === undefined ? '' : obscure(new Secret(texts.salt));
  const crypt = `:crypt,remote="${remote}",password=${obscure(new Secret(texts.key))},password2=${password2}:`;
  const rclone = (...args: string[]): Buffer =>
    execFileSync('rclone', [...args, '--config', ''], { env: cleanEnvironment, stdio: 'pipe' });
  const manifests = rclone('lsf', `${crypt}/.cryptosync/manifests`).toString().trim().split('\n');
  const names = ['marker.json', 'in-progress.json', ...manifests.map((name) => `manifests/${name}`)];
  return Object.fromEntries(
    names.map((name) => {
      const content = rclone('cat', `${crypt}/.cryptosync/${name}`);
      return [name, (name.endsWith('.gz') ? gunzipSync(content) : content).toString()];
    }),
  );
}

describe('the seal of the library', () => {
  it.for<[string, { key: string; salt?: string }]>([
    ['a key and a salt', { key, salt }],
    ['a key alone', { key }],
  ])(
    'is made of %s, stands on all that a place says of itself, and tells a changed state',
    async ([, encryption], { installation }) => {
      const { sync, directory, remote } = place(installation);
      await sync({ encryption });
      writeFileSync(join(directory, 'a.txt'), 'changed');
      expect(await sync({ encryption })).toMatchObject({ success: true, generation: 2 });
      const said = Object.entries(controlFiles(remote, encryption));
      expect(said.length).toBeGreaterThanOrEqual(4);
      for (const [name, text] of said)
        expect([name, text]).toEqual([name, expect.stringMatching(/"hmac-sha256:[0-9a-f]{64}"/)]);
    },
  );

  it('is missing where there is no encryption, whose data has no key to check with', async ({
    installation,
  }) => {
    const { sync, remote } = place(installation);
    await sync({ encryption: 'none' });
    const marker = JSON.parse(readFileSync(join(remote, '.cryptosync/marker.json'), 'utf8'));
    expect(marker.seal).toBeNull();
  });

  it.for(['upload', 'download', 'bidirectional'] as const)(
    'refuses a marker that somebody else with the key of rclone alone has changed, in direction %s',
    async (direction, { installation }) => {
      const { sync, remote } = place(installation);
      const encryption = { key, encryptFilenames: false };
      await sync({ encryption });
      const there = `:crypt,remote="${remote}",filename_encryption=off,password=${obscure(new Secret(key))}:/.cryptosync/marker.json`;
      const rclone = (args: readonly string[], input?: string): string =>
        execFileSync('rclone', [...args, '--config', ''], { env: cleanEnvironment, input }).toString();
      const marker = JSON.parse(rclone(['cat', there]));
      rclone(['rcat', there], JSON.stringify({ ...marker, generation: 7 }, undefined, 2));
      expect(codeOf(await sync({ encryption, direction }))).toBe('VERIFY_FAILED');
      rclone(['rcat', there], `${JSON.stringify(marker, undefined, 2)}\n`);
      expect(await sync({ encryption, direction })).toMatchObject({ success: true });
    },
  );
});

describe('the guards of the library', () => {
  it('refuse what would lose data, and change nothing on either side', async ({ installation }) => {
    const { sync, directory, root, remote } = place(installation);
    await sync();
    mkdirSync(installation.path('empty'));
    writeFiles(installation.path('few'), { 'a.txt': 'one' });
    writeFiles(
      directory,
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`more/${index}`, ''])),
    );
    await sync();
    const outside = installation.path('outside');
    mkdirSync(join(outside, 'deep'), { recursive: true });
    const wrong = { key: generateEncryptionKey(), salt };
    const state = () => [snapshot(root), snapshot(directory), snapshot(outside)];
    const before = state();
    const moved = installation.path('moved');
    const refused = async (changes: Partial<ExecutorOptions>, code: string): Promise<void> => {
      const result = await sync(changes);
      expect([changes, codeOf(result)]).toEqual([changes, code]);
      expect(result.outcome).toBe(code === 'CONFIG_INVALID' ? 'failed' : 'refused');
      expect(state()).toEqual(before);
    };
    await refused({ owner: 'owner-2' }, 'VAULT_FOREIGN');
    await refused({ owner: 'owner-2', direction: 'download' }, 'VAULT_FOREIGN');
    await refused({ encryption: wrong }, 'DECRYPTION_FAILED');
    await refused({ encryption: wrong, direction: 'download' }, 'DECRYPTION_FAILED');
    await refused({ encryption: wrong, ...downloadTo(moved) }, 'DECRYPTION_FAILED');
    await refused({ encryption: { key } }, 'DECRYPTION_FAILED');
    await refused({ encryption: 'none' }, 'REMOTE_NOT_EMPTY');
    await refused({ directory: installation.path('empty') }, 'VAULT_EMPTY');
    await refused({ directory: installation.path('missing') }, 'VAULT_MISSING');
    const few = { directory: installation.path('few') };
    await refused(few, 'REMOTE_AHEAD');
    await refused({ ...few, takeOver: true, maxDelete: '10' }, 'DELETE_LIMIT');
    await refused({ ...few, takeOver: true }, 'DELETE_LIMIT');
    await refused({ directory: root }, 'CONFIG_INVALID');
    expect(existsSync(moved)).toBe(false);
    expect(existsSync(remote)).toBe(true);
  });

  it('take neither an executor inside what it syncs, nor a second run at the same time', async ({
    installation,
  }) => {
    const { options, directory, sync } = place(installation);
    const inside = new RcloneSyncExecutor({
      stateDirectory: join(directory, 'state'),
      environment: cleanEnvironment,
    });
    expect(codeOf(await inside.sync(options))).toBe('CONFIG_INVALID');
    expect(existsSync(join(directory, 'state'))).toBe(false);
    const both = await Promise.all([sync(), sync()]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['refused', 'synced']);
    expect(both.find(({ success }) => !success)?.error?.code).toBe('LOCKED');
    const waiting = await Promise.all([sync({ wait: 60_000 }), sync({ wait: 60_000 })]);
    expect(waiting.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
  });

  it('keep local changes under a download, unless it is forced, which puts them aside', async ({
    installation,
  }) => {
    const { sync, directory } = place(installation);
    await sync();
    expect(await sync({ direction: 'download' })).toMatchObject({ success: true, outcome: 'unchanged' });
    writeFileSync(join(directory, 'a.txt'), 'mine');
    expect(codeOf(await sync({ direction: 'download' }))).toBe('LOCAL_CHANGES');
    expect(readFileSync(join(directory, 'a.txt'), 'utf8')).toBe('mine');
    const forced = await sync({ direction: 'download', force: true });
    expect(forced).toMatchObject({ success: true, outcome: 'synced' });
    expect(readFileSync(join(directory, 'a.txt'), 'utf8')).toBe('one');
    expect(readFileSync(join(forced.keptAt ?? '', 'a.txt'), 'utf8')).toBe('mine');
  });

  it('never write through a symbolic link', async ({ installation }) => {
    const { sync, directory } = place(installation);
    const outside = installation.path('outside');
    writeFiles(outside, { 'a.txt': 'not yours' });
    symlinkSync('a.txt', join(directory, 'link'));
    symlinkSync(outside, join(directory, 'way out'));
    await sync();
    const target = installation.path('target');
    mkdirSync(target);
    symlinkSync(outside, join(target, 'deep'));
    expect(await sync(downloadTo(target, { force: true }))).toMatchObject({ success: true });
    expect(Object.keys(readTree(outside))).toEqual(['a.txt']);
    expect(readFileSync(join(outside, 'a.txt'), 'utf8')).toBe('not yours');
    expect(readlinkSync(join(target, 'link'))).toBe('a.txt');
    expect(readlinkSync(join(target, 'way out'))).toBe(outside);
    expect(readTree(target)).toEqual(readTree(directory));
  });
});

describe('a run of the library that is aborted', () => {
  it('ends with INTERRUPTED, leaves no rclone behind, and the next run completes it', async ({
    installation,
  }) => {
    const { sync, directory, remote } = place(installation);
    writeFiles(directory, { large: Buffer.alloc(20_000_000, 'large ') });
    const stop = new AbortController();
    const running = sync({ bandwidthLimit: '2M', signal: stop.signal, onProgress: () => stop.abort() });
    const result = await running;
    expect(codeOf(result)).toBe('INTERRUPTED');
    expect(result.outcome).toBe('failed');
    expect(await waitUntil(() => processesNaming(installation.directory).length === 0, 5000)).toBe(true);
    expect(codeOf(await sync({ direction: 'download', ...downloadTo(installation.path('other')) }))).toBe(
      'VAULT_MISMATCH',
    );
    expect(await sync()).toMatchObject({ success: true, outcome: 'synced', generation: 1 });
    expect(existsSync(remote)).toBe(true);
    await sync(downloadTo(installation.path('restored')));
    expect(readTree(installation.path('restored'))).toEqual(readTree(directory));
  });

  it('does nothing when it was aborted before', async ({ installation }) => {
    const { sync, remote } = place(installation);
    expect(codeOf(await sync({ signal: AbortSignal.abort() }))).toBe('INTERRUPTED');
    expect(existsSync(remote)).toBe(false);
  });
});

describe('a remote without times and hashes', () => {
  let installation: Installation;
  let server: Server;
  beforeAll(async () => {
    installation = createInstallation();
    server = await serveWebdav(installation.path('tmp'));
  });
  afterAll(async () => {
    await server?.stop();
    await installation?.cleanUp();
  });

  it('gets every edit that keeps the size, and nothing else again', async () => {
    const { sync, directory } = place(installation);
    const target = {
      sink: { type: 'webdav', url: `http://127.0.0.1:${server.port}` },
      client: 'client1',
    } as const;
    for (const [index, encryption] of [{ key }, 'none' as const].entries()) {
      const there = { target: { ...target, path: `place${index}` }, encryption };
      expect(await sync(there)).toMatchObject({ success: true, filesTransferred: 4 });
      expect(await sync(there)).toMatchObject({ success: true, outcome: 'unchanged' });
      writeFileSync(join(directory, 'a.txt'), index === 0 ? 'uno' : 'tre');
      expect(await sync(there)).toMatchObject({ success: true, outcome: 'synced', filesTransferred: 1 });
      const restored = installation.path(`restored${index}`);
      await sync({ ...there, ...downloadTo(restored) });
      expect(readTree(restored)).toEqual(readTree(directory));
    }
  });
});

describe('an error of the library', () => {
  const secrets = ['hush hush 1234', key, salt];

  it('holds no secret, whatever went wrong', async ({ installation }) => {
    const { options, executor } = place(installation);
    const server = await serveWebdav(installation.path('tmp'), {
      user: 'tester',
      password: 'something else',
    });
    const address = { user: 'tester', password: 'hush hush 1234' };
    const sinks: [Sink, string][] = [
      [{ type: 'webdav', url: `http://127.0.0.1:${server.port}`, ...address }, 'REMOTE_AUTH_FAILED'],
      [{ type: 'webdav', url: 'http://127.0.0.1:9', ...address }, 'REMOTE_UNREACHABLE'],
      [
        { type: 'sftp', host: '127.0.0.1', port: 9, acceptAnyHostKey: true, ...address },
        'REMOTE_UNREACHABLE',
      ],
      [{ type: 'webdav', url: `http://tester:hush hush 1234@127.0.0.1`, ...address }, 'CONFIG_INVALID'],
    ];
    try {
      for (const [sink, code] of sinks) {
        const result = await executor.sync({ ...options, target: { sink, client: 'client1' } });
        expect([sink.type, codeOf(result)]).toEqual([sink.type, code]);
        const shown = JSON.stringify(result);
        for (const secret of secrets)
          for (const form of maskedForms(new Secret(secret))) expect(shown).not.toContain(form);
      }
    } finally {
      await server.stop();
    }
  }, 180_000);

  it('says which option is wrong, without its value, before anything is touched', async ({
    installation,
  }) => {
    const { options, executor, remote } = place(installation);
    const { encryption: _, ...without } = options;
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ ...without }, /encryption is missing/],
      [{ ...without, encryption: undefined }, /encryption is not valid/],
      [{ ...options, directory: 'relative' }, /directory is not valid/],
      [{ ...options, direktion: 'upload' }, /direktion is no option/],
      [{ ...options, direction: 'up' }, /direction is not valid/],
      [{ ...options, owner: 'two\nlines' }, /owner is not valid/],
      [{ ...options, target: {} }, /target is not valid/],
      [{ ...options, target: { ...options.target, client: '../other' } }, /is not a client id/],
      [{ ...options, target: { ...options.target, path: '../other' } }, /is not a path/],
      [{ ...options, maxDelete: 'all' }, /maxDelete is not valid/],
      [{ ...options, encryption: { key: key.slice(1) } }, /the encryption key is not usable/],
      [{ ...options, encryption: { key, salt: `${salt} ` } }, /the encryption salt is not usable/],
      [
        { ...options, encryption: { key, encryptFilenames: false, filenameEncryption: 'standard' } },
        /contradict/,
      ],
      [{ ...options, encryption: { password: key } }, /key is missing/],
    ];
    for (const [given, message] of wrong) {
      const result = await executor.sync(given as unknown as ExecutorOptions);
      expect(result.success).toBe(false);
      expect(result.error?.message).toMatch(message);
      expect(JSON.stringify(result)).not.toContain(key.slice(1));
      expect(JSON.stringify(result)).not.toContain(salt);
    }
    expect(existsSync(remote)).toBe(false);
    expect(existsSync(installation.path('state'))).toBe(false);
    expect(() => new RcloneSyncExecutor({ stateDirectory: 'relative' })).toThrow(/stateDirectory/);
  });
});
