/** Sessions as a program uses them: claim, work, release. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { HookFacts } from '../../src/index.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { it } from '../support/installation.ts';
import { waitUntil } from '../support/machine.ts';
import { claimWith, codeOf, plainClaim, platform } from '../support/platform.ts';
import { startProgram } from '../support/running-command.ts';
import { searchFiles } from '../support/secret-search.ts';
import { serveWebdav } from '../support/serve.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const key = generateEncryptionKey();
const files = { 'a.txt': 'one', 'deep/b.txt': 'two' };

describe('a session with a key', () => {
  it('begins empty, is sent, leaves no plaintext, and is there again at the next claim', async ({
    installation,
  }) => {
    const { start, directory, root } = platform(installation);
    const coordinator = start();
    expect(await coordinator.onClaim('acme', claimWith(key))).toEqual({
      tenantId: 'acme',
      containerId: null,
      endpoints: { directory: directory('acme') },
      encryption: { enabled: true, filenameEncryption: 'standard' },
      sync: { outcome: 'empty', files: 0, bytes: 0, generation: null },
    });
    const { ino, mode } = lstatSync(directory('acme'));
    expect(mode & 0o777).toBe(0o700);
    const secret = 'a sentence of the tenant’s own';
    writeFiles(directory('acme'), { 'plain-name.txt': secret, 'deep/b.txt': 'two' });
    const written = readTree(directory('acme'));
    expect((await coordinator.triggerSync('acme')).sync).toMatchObject({ outcome: 'synced', files: 2 });
    expect(await coordinator.status('acme')).toMatchObject({ state: 'active', generation: 1, failures: 0 });
    expect(await coordinator.onRelease('acme')).toMatchObject({
      outcome: 'released',
      sync: { outcome: 'unchanged', generation: 1 },
      files: 'removed',
      notes: [],
    });
    expect(await codeOf(coordinator.status('acme'))).toBe('TENANT_NOT_CLAIMED');
    expect(searchFiles(root, { key, content: secret, name: 'plain-name.txt' }).found).toEqual([]);
    expect((await coordinator.onClaim('acme', claimWith(key))).sync).toMatchObject({
      outcome: 'synced',
      files: 2,
      generation: 1,
    });
    expect(readTree(directory('acme'))).toEqual(written);
    // a container may have it mounted
    expect(lstatSync(directory('acme')).ino).toBe(ino);
  });

  it('opens with no other key, and nothing here or there has changed then', async ({ installation }) => {
    const { start, directory, disk } = platform(installation, { policy: { encryption: 'required' } });
    const coordinator = start();
    await coordinator.onClaim('acme', claimWith(key));
    writeFiles(directory('acme'), files);
    await coordinator.onRelease('acme');
    const before = { here: readdirSync(directory('acme')), there: readTree(disk) };
    const { mtimeMs } = lstatSync(directory('acme'));
    const refusals = [
      await codeOf(coordinator.onClaim('acme', claimWith())),
      await codeOf(coordinator.onClaim('acme', plainClaim)),
      // a node that has never seen the tenant, and whose workload does not ask for a key
      await codeOf(platform(installation, {}, 'other').start().onClaim('acme', plainClaim)),
      await codeOf(coordinator.onClaim('acme', claimWith('not a key'))),
      await codeOf(
        coordinator.onClaim('acme', {
          workloadId: 'files',
          encryption: { key, encryptFilenames: false, filenameEncryption: 'standard' },
        }),
      ),
    ];
    expect(refusals).toEqual([
      'DECRYPTION_FAILED',
      'KEY_REQUIRED',
      'KEY_REQUIRED',
      'INVALID_ENCRYPTION_KEY',
      'CONFIG_INVALID',
    ]);
    expect({ here: readdirSync(directory('acme')), there: readTree(disk) }).toEqual(before);
    expect(lstatSync(directory('acme')).mtimeMs).toBe(mtimeMs);
    expect(await codeOf(coordinator.status('acme'))).toBe('TENANT_NOT_CLAIMED');
    expect(await codeOf(coordinator.onClaim('acme', claimWith(key)))).toBe('done');
  });

  it('works with several mappings over WebDAV, each below the tenant’s own prefix', async ({
    installation,
  }) => {
    const server = await serveWebdav(installation.path('tmp'));
    installation.atCleanUp(() => server.stop());
    const { start, directory } = platform(installation, {
      sink: { type: 'webdav', url: `http://127.0.0.1:${server.port}`, prefix: 'tenants' },
      mappings: [
        { path: 'home', include: ['*.txt'] },
        { path: 'cache/files', sinkPath: 'cached', direction: 'download' },
      ],
    });
    const coordinator = start();
    const plainNames = { ...claimWith(key), encryption: { key: Buffer.from(key), encryptFilenames: false } };
    expect((await coordinator.onClaim('acme', plainNames)).encryption).toEqual({
      enabled: true,
      filenameEncryption: 'off',
    });
    writeFiles(join(directory('acme'), 'home'), { 'a.txt': 'one', 'not.sent': 'kept here' });
    writeFiles(join(directory('acme'), 'cache/files'), { 'never.txt': 'sent' });
    expect(await coordinator.onRelease('acme')).toMatchObject({ files: 'kept', notes: [expect.any(String)] });
    expect(existsSync(installation.path('tmp', 'tenants/acme/home/a.txt.bin'))).toBe(true);
    expect(existsSync(installation.path('tmp', 'tenants/acme/cached'))).toBe(false);
    // what the patterns leave out, and what was never sent, is the tenant's own to remove
    expect(Object.keys(readTree(directory('acme')))).toEqual(['cache/files/never.txt', 'home/not.sent']);
  });
});

describe('a tenant', () => {
  it('is claimed once, by one process, and is nobody else’s', async ({ installation }) => {
    const { start, directory, root } = platform(installation);
    const [one, other] = [start(), start()];
    const claims = ['acme', 'acme', 'beta'].map((tenant) => codeOf(one.onClaim(tenant, plainClaim)));
    expect((await Promise.all(claims)).sort()).toEqual(['ALREADY_CLAIMED', 'done', 'done']);
    expect(await codeOf(other.onClaim('acme', plainClaim))).toBe('LOCKED');
    for (const id of ['../beta', '', '.', 'a/b', 'a'.repeat(65), 'ü', 7, null, {}, '__proto__ ']) {
      expect(await codeOf(one.onClaim(id as string, plainClaim))).toBe('INVALID_TENANT_ID');
    }
    expect(await codeOf(one.onClaim('gamma', { workloadId: '../files' }))).toBe('WORKLOAD_NOT_FOUND');
    expect(await codeOf(one.triggerSync('gamma'))).toBe('TENANT_NOT_CLAIMED');
    expect(await codeOf(one.onRelease('gamma'))).toBe('TENANT_NOT_CLAIMED');
    expect(one.list().map(({ tenantId, state }) => [tenantId, state])).toEqual([
      ['acme', 'active'],
      ['beta', 'active'],
    ]);
    for (const path of [join(root, 'acme'), directory('acme')])
      expect(lstatSync(path).mode & 0o777).toBe(0o700);
  });

  it('leads no sync out of its directory by a link in the place of a mapping', async ({ installation }) => {
    const { start, directory, disk } = platform(installation, { mappings: [{ path: 'home' }] });
    const coordinator = start();
    await coordinator.onClaim('victim', plainClaim);
    writeFiles(join(directory('victim'), 'home'), { secret: 'of the victim' });
    await coordinator.onClaim('thief', plainClaim);
    rmSync(join(directory('thief'), 'home'), { recursive: true });
    symlinkSync(join(directory('victim'), 'home'), join(directory('thief'), 'home'));
    expect(await codeOf(coordinator.triggerSync('thief'))).toBe('CONFIG_INVALID');
    expect(existsSync(join(disk, 'thief'))).toBe(false);
    expect(await coordinator.onRelease('thief', { force: true })).toMatchObject({ outcome: 'forgotten' });
    expect(await codeOf(coordinator.onClaim('thief', plainClaim))).toBe('CONFIG_INVALID');
    expect(readTree(join(directory('victim'), 'home'))).toEqual(
      expect.objectContaining({ secret: expect.any(String) }),
    );
  });

  it('may delete everything, which the trash of its generation still has', async ({ installation }) => {
    const { start, directory, disk } = platform(installation);
    const coordinator = start();
    await coordinator.onClaim('acme', plainClaim);
    writeFiles(directory('acme'), {
      ...files,
      ...Object.fromEntries([...Array(20).keys()].map((n) => [`${n}`, 'x'])),
    });
    await coordinator.triggerSync('acme');
    for (const name of readdirSync(directory('acme')))
      rmSync(join(directory('acme'), name), { recursive: true });
    expect((await coordinator.onRelease('acme')).sync).toMatchObject({ outcome: 'synced', generation: 2 });
    expect(readTree(join(disk, 'acme'), ['.cryptosync'])).toEqual({});
    expect(Object.keys(readTree(join(disk, 'acme/.cryptosync/trash')))).toHaveLength(22);
    expect((await coordinator.onClaim('acme', plainClaim)).sync).toMatchObject({
      outcome: 'unchanged',
      generation: 2,
    });
  });

  it('is not claimed while its sink is empty although it held something, or was set back', async ({
    installation,
  }) => {
    const { start, directory, disk } = platform(installation);
    const coordinator = start();
    await coordinator.onClaim('acme', plainClaim);
    writeFiles(directory('acme'), files);
    await coordinator.onRelease('acme');
    renameSync(join(disk, 'acme'), join(disk, 'away'));
    expect(await codeOf(coordinator.onClaim('acme', plainClaim))).toBe('REMOTE_BEHIND');
    expect(await codeOf(coordinator.onClaim('other', plainClaim))).toBe('done');
    renameSync(join(disk, 'away'), join(disk, 'acme'));
    expect(await codeOf(coordinator.onClaim('acme', plainClaim))).toBe('done');
  });
});

describe('a download into a session', () => {
  it('replaces each file by rename, changes kinds, and goes through no link', async ({ installation }) => {
    const { start, directory } = platform(installation, {
      policy: { encryption: 'none', afterRelease: 'keep' },
    });
    const elsewhere = platform(installation, {}, 'other');
    const [one, other] = [start(), elsewhere.start()];
    await one.onClaim('acme', plainClaim);
    writeFiles(directory('acme'), { same: 'same', edited: 'before', 'dir/file': 'x', kind: 'a file' });
    await one.onRelease('acme');
    // the number of an inode that was removed is soon another's
    const inodes = (names: string[]): string[] =>
      names.map((name) => {
        const { ino, birthtimeNs } = lstatSync(join(directory('acme'), name), { bigint: true });
        return `${ino} of ${birthtimeNs}`;
      });
    const before = inodes(['.', 'same', 'edited', 'dir']);
    await other.onClaim('acme', plainClaim);
    writeFiles(elsewhere.directory('acme'), { edited: 'after' });
    rmSync(join(elsewhere.directory('acme'), 'kind'));
    writeFiles(elsewhere.directory('acme'), { 'kind/now': 'a directory' });
    const outside = installation.path('outside');
    mkdirSync(outside);
    rmSync(join(elsewhere.directory('acme'), 'dir'), { recursive: true });
    symlinkSync(outside, join(elsewhere.directory('acme'), 'dir'));
    const tree = readTree(elsewhere.directory('acme'));
    await other.onRelease('acme');
    expect((await one.onClaim('acme', plainClaim)).sync).toMatchObject({ outcome: 'synced', generation: 2 });
    expect(readTree(directory('acme'))).toEqual(tree);
    const after = inodes(['.', 'same', 'edited', 'dir']);
    expect(after.map((inode, index) => inode === before[index])).toEqual([true, true, false, false]);
    expect(readdirSync(outside)).toEqual([]);
  });
});

describe('a registry', () => {
  it('says who else has a tenant, and ends a session that it has given to another', async ({
    installation,
  }) => {
    const { start, directory, disk } = platform(installation);
    const lost = new AbortController();
    const owner = { address: 'http://other:8080', since: '2026-01-31T02:00:00Z' };
    const free = new Set(['acme']);
    let released = 0;
    const coordinator = start({
      registry: {
        acquire: async (tenant) =>
          free.has(tenant)
            ? {
                lost: lost.signal,
                release: async () => {
                  released += 1;
                },
              }
            : owner,
        isReady: () => true,
        ownerElsewhere: async (tenant) => (free.has(tenant) ? undefined : owner),
        close: async () => {},
      },
    });
    await expect(coordinator.onClaim('beta', plainClaim)).rejects.toMatchObject({
      code: 'ALREADY_CLAIMED',
      details: { owner },
    });
    await expect(coordinator.onRelease('beta')).rejects.toMatchObject({
      code: 'TENANT_NOT_CLAIMED',
      details: { owner },
    });
    await coordinator.onClaim('acme', claimWith(key));
    writeFiles(directory('acme'), files);
    lost.abort();
    await waitUntil(() => coordinator.list()[0]?.state === 'interrupted', 10_000);
    expect(await coordinator.status('acme')).toMatchObject({ state: 'interrupted' });
    expect(released).toBe(1);
    expect(await codeOf(coordinator.triggerSync('acme'))).toBe('TENANT_NOT_CLAIMED');
    expect(Object.keys(readTree(directory('acme')))).toEqual(Object.keys(files));
    expect(existsSync(join(disk, 'acme'))).toBe(false);
  });
});

describe('a hook', () => {
  const program = (path: string, text: string): string => {
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it('starts what runs the tenant when its files are there, and stops it before the last are sent', async ({
    installation,
  }) => {
    const told = installation.path('told');
    const begin = program(
      installation.path('begin'),
      `cat > ${told}; printf '%s\\n' "$@" >> ${told}; echo '{"containerId":"c-1","endpoints":{"http":"10.0.0.7:80"}}'`,
    );
    const end = program(installation.path('end'), `cat >> ${told}; printf last > "$1/last"`);
    const { start, directory } = platform(installation, {
      hooks: {
        claim: [begin, 'two words; $(false)'],
        release: [end, installation.path('node/acme/session')],
      },
    });
    const coordinator = start();
    expect(await coordinator.onClaim('acme', claimWith(key))).toMatchObject({
      containerId: 'c-1',
      endpoints: { http: '10.0.0.7:80', directory: directory('acme') },
    });
    expect(await coordinator.status('acme')).toMatchObject({ containerId: 'c-1' });
    expect(await coordinator.onRelease('acme')).toMatchObject({ sync: { files: 1 } });
    const said = readFileSync(told, 'utf8');
    expect(said).toContain('"hook":"claim","tenantId":"acme","workloadId":"files"');
    expect(said).toContain('\ntwo words; $(false)\n');
    expect(said).toContain('"hook":"release"');
    expect(said).not.toContain(key);
  });

  it('that fails fails the claim, or keeps the session until it is forced', async ({ installation }) => {
    const { start, directory } = platform(installation);
    let isBroken = true;
    const facts: HookFacts[] = [];
    const hook = async (told: HookFacts): Promise<undefined> => {
      facts.push(told);
      if (isBroken) throw new Error('no runtime');
    };
    const coordinator = start({ hooks: { claim: hook, release: hook } });
    expect(await codeOf(coordinator.onClaim('acme', plainClaim))).toBe('HOOK_FAILED');
    isBroken = false;
    expect(await codeOf(coordinator.onClaim('acme', plainClaim))).toBe('done');
    writeFiles(directory('acme'), files);
    isBroken = true;
    expect(await codeOf(coordinator.onRelease('acme'))).toBe('HOOK_FAILED');
    expect(await coordinator.status('acme')).toMatchObject({ state: 'release failed' });
    expect(await coordinator.onRelease('acme', { force: true })).toMatchObject({
      outcome: 'forgotten',
      files: 'kept',
      notes: [expect.stringContaining('no runtime')],
    });
    expect(Object.keys(readTree(directory('acme')))).toEqual(Object.keys(files));
    expect(facts.map(({ tenantId }) => tenantId)).toEqual(['acme', 'acme', 'acme']);
  });
});

describe('while it is claimed', () => {
  it('a session is sent at its interval, later when its sink fails, and again when it is back', async ({
    installation,
  }) => {
    const { start, directory, disk } = platform(installation, {
      policy: { encryption: 'optional', interval: '1s' },
    });
    const coordinator = start();
    await coordinator.onClaim('acme', plainClaim);
    writeFiles(directory('acme'), files);
    await waitUntil(() => existsSync(join(disk, 'acme/a.txt')), 20_000);
    renameSync(disk, `${disk}.away`);
    writeFileSync(disk, 'no directory');
    writeFiles(directory('acme'), { later: 'three' });
    const failing = async (): Promise<boolean> => (await coordinator.status('acme')).failures > 0;
    for (const until = Date.now() + 30_000; !(await failing()) && Date.now() < until; )
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await coordinator.status('acme')).toMatchObject({
      state: 'active',
      lastSync: { outcome: 'failed', error: { code: expect.any(String) } },
      lastSuccess: expect.any(String),
      nextSync: expect.any(String),
    });
    expect(await codeOf(coordinator.onRelease('acme'))).not.toBe('done');
    expect(await coordinator.status('acme')).toMatchObject({ state: 'release failed' });
    rmSync(disk);
    renameSync(`${disk}.away`, disk);
    expect(await coordinator.onRelease('acme')).toMatchObject({ outcome: 'released' });
    expect(existsSync(join(disk, 'acme/later'))).toBe(true);
  });

  it('syncs of one tenant that overlap are one', async ({ installation }) => {
    const { start, directory, root } = platform(installation);
    const coordinator = start();
    await coordinator.onClaim('acme', plainClaim);
    writeFiles(directory('acme'), files);
    const syncs = await Promise.all([1, 2, 3].map(() => coordinator.triggerSync('acme')));
    expect(syncs.map(({ sync }) => sync)).toEqual([syncs[0]?.sync, syncs[0]?.sync, syncs[0]?.sync]);
    const ledger = readFileSync(join(root, 'acme/cryptosync/state/session/ledger.jsonl'), 'utf8');
    const ended = ledger.split('\n').filter((line) => line.includes('"ended"'));
    expect(ended.map((line) => JSON.parse(line))).toMatchObject([
      { operation: 'session-claim', outcome: 'empty', workload: 'files' },
      { operation: 'session-sync', outcome: 'synced', generation: 1, filesTransferred: 2 },
    ]);
  });

  it('closing sends everybody’s last files, and takes no claim any more', async ({ installation }) => {
    const { start, directory, disk } = platform(installation);
    const coordinator = start({ concurrency: 2 });
    const tenants = ['a', 'b', 'c'];
    await Promise.all(tenants.map((tenant) => coordinator.onClaim(tenant, plainClaim)));
    for (const tenant of tenants) writeFiles(directory(tenant), { [tenant]: tenant });
    const closing = coordinator.close({ drain: 60_000 });
    expect(coordinator.isReady).toBe(false);
    expect(await codeOf(coordinator.onClaim('late', plainClaim))).toBe('NOT_READY');
    await closing;
    expect(tenants.map((tenant) => existsSync(join(disk, tenant, tenant)))).toEqual([true, true, true]);
    expect(coordinator.list()).toEqual([]);
  });
});

describe('status and doctor', () => {
  it('tell tenants from vaults, and those whose server has ended', async ({ installation }) => {
    const { start } = platform(installation, {}, 'root');
    const coordinator = start();
    await coordinator.onClaim('acme', plainClaim);
    const status = async (): Promise<{ vaults: unknown[]; sessions?: { state: string }[] }> =>
      (await installation.cryptosync(['status', '--all', '--json'])).json;
    const findings = async (): Promise<string[]> => {
      const { json } = await installation.cryptosync(['doctor', '--client', 'acme', '--json']);
      return json.findings.map(({ id }: { id: string }) => id);
    };
    expect(await status()).toMatchObject({ vaults: [], sessions: [{ tenantId: 'acme', state: 'active' }] });
    expect(await findings()).not.toContain('client-without-profile');
    expect(await findings()).not.toContain('session-interrupted');
    await coordinator.onRelease('acme');
    expect(await status()).toEqual({ vaults: [] });
    await coordinator.onClaim('acme', plainClaim);
    rmSync(installation.path('disk'), { recursive: true });
    writeFileSync(installation.path('disk'), 'down');
    await coordinator.onRelease('acme', { force: true });
    const { stdout } = await installation.cryptosync(['status', '--client', 'acme']);
    expect(stdout).toMatch(/^TENANT.*\nacme +interrupted +files /);
    expect(stdout).toContain('acme: its server ended without releasing it');
    expect(await findings()).toContain('session-interrupted');
  });
});

describe('the example of the documentation', () => {
  it('runs with the built package, and prints what it says', async ({ installation }) => {
    const repository = join(import.meta.dirname, '../..');
    const page = readFileSync(join(repository, 'docs/library.md'), 'utf8');
    const [, program = '', printed = ''] =
      /## Sessions[\s\S]*?```js\n(.*?)```[\s\S]*?```text\n(.*?)```/s.exec(page) ?? [];
    mkdirSync(installation.path('node_modules'));
    symlinkSync(repository, installation.path('node_modules/cryptosync'));
    writeFiles(installation.directory, { 'example.mjs': program, 'tenant1.key': `${key}\n` });
    for (const name of ['tenants', 'sink']) mkdirSync(installation.path(name));
    const finished = await startProgram(
      process.execPath,
      [installation.path('example.mjs')],
      installation.environment,
      { cwd: installation.directory },
    ).finished;
    expect(finished).toMatchObject({ stderr: '', stdout: printed, exitCode: 0 });
  });
});
