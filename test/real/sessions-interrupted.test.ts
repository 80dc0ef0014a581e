/** Sessions whose server is killed: what the tenant finds at the next claim, on the same node and on another. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Workload } from '../../src/index.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { type Installation, it } from '../support/installation.ts';
import { childrenOf, pause, waitUntil } from '../support/machine.ts';
import { keysInMemory, relatedKeys } from '../support/memory.ts';
import { workloadOn } from '../support/platform.ts';
import { type Server, serveWebdav } from '../support/serve.ts';
import { startNode } from '../support/session-node.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';

function place(installation: Installation, changes: Partial<Workload> = {}) {
  const disk = installation.path('disk');
  mkdirSync(disk, { recursive: true });
  const workload = workloadOn(disk, changes);
  return { disk, start: (name: string) => startNode(installation, name, workload) };
}

/** Of the files directly in a directory. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(join(directory, name), 'utf8')]));
}

async function webdav(installation: Installation): Promise<Server> {
  const server = await serveWebdav(installation.path('disk'));
  installation.atCleanUp(() => server.stop());
  return server;
}

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('a server that is killed with a claimed tenant', () => {
  it('leaves an interrupted session; edits of both nodes are brought together, and a conflict is named', async ({
    installation,
  }) => {
    const { start } = place(installation);
    const keyFile = installation.path('key');
    writeFileSync(keyFile, generateEncryptionKey(), { mode: 0o600 });
    const first = start('A');
    await first.ask('claim', 'acme', { keyFile });
    writeFiles(first.directory('acme'), { both: '1', gone: '2', stays: '3' });
    await first.ask('sync', 'acme');
    writeFiles(first.directory('acme'), { both: 'first edit', 'only-a': 'x' });
    await first.kill();
    const second = start('A');
    expect(await second.ask('status', 'acme')).toMatchObject({ state: 'interrupted', generation: 1 });
    expect(await second.ask('sync', 'acme')).toBe('TENANT_NOT_CLAIMED');
    expect(await second.ask('claim', 'acme', { keyFile })).toMatchObject({
      sync: { outcome: 'recovered', files: 2, generation: 2 },
    });
    writeFiles(second.directory('acme'), { both: 'second edit', later: 'y' });
    rmSync(join(second.directory('acme'), 'gone'));
    await second.kill();
    // another node goes on from what was sent
    const other = start('B');
    expect(await other.ask('claim', 'acme', { keyFile })).toMatchObject({ sync: { generation: 2 } });
    expect(contents(other.directory('acme'))).toEqual({
      both: 'first edit',
      gone: '2',
      stays: '3',
      'only-a': 'x',
    });
    await pause(1100);
    writeFiles(other.directory('acme'), { both: 'edit elsewhere', 'only-b': 'z' });
    expect(await other.ask('release', 'acme')).toMatchObject({ sync: { generation: 3 } });
    const third = start('A');
    const { sync } = await third.ask('claim', 'acme', { keyFile });
    expect(sync).toMatchObject({ outcome: 'recovered', conflicts: [{ path: 'both', winner: 'remote' }] });
    expect(readFileSync(sync.conflicts[0].trash, 'utf8')).toBe('second edit');
    const merged = { both: 'edit elsewhere', stays: '3', 'only-a': 'x', later: 'y', 'only-b': 'z' };
    expect(contents(third.directory('acme'))).toEqual(merged);
    // what a service manager ends is released
    await third.end();
    expect(readdirSync(third.directory('acme'))).toEqual([]);
    await other.ask('claim', 'acme', { keyFile });
    expect(contents(other.directory('acme'))).toEqual(merged);
  });

  it.for([
    ['in the clear', false],
    ['encrypted', true],
  ] as const)(
    'on a sink that keeps no times: edits of both nodes are brought together file by file as well, %s',
    async ([, isEncrypted], { installation }) => {
      mkdirSync(installation.path('disk'), { recursive: true });
      const { port } = await webdav(installation);
      const { disk, start } = place(installation, {
        sink: { type: 'webdav', url: `http://127.0.0.1:${port}` },
      });
      const keyFile = installation.path('key');
      writeFileSync(keyFile, generateEncryptionKey(), { mode: 0o600 });
      const asked = isEncrypted ? { keyFile } : {};
      const before = { same: 'same', mine: '1', theirs: '1', both: '1', 'gone-here': 'x', 'gone-there': 'x' };
      let node = start('A');
      await node.ask('claim', 'acme', asked);
      writeFiles(node.directory('acme'), { ...before, 'deep/file': 'deep' });
      await node.ask('sync', 'acme');
      await node.kill();
      const other = start('B');
      await other.ask('claim', 'acme', asked);
      // of the same size, so that nothing but the manifest tells
      writeFiles(other.directory('acme'), { theirs: '2', both: '2', 'new-there': 'y' });
      rmSync(join(other.directory('acme'), 'gone-there'));
      expect(await other.ask('release', 'acme')).toMatchObject({ outcome: 'released' });
      await pause(20);
      writeFiles(node.directory('acme'), { mine: '3', both: '3', 'new-here': 'z' });
      rmSync(join(node.directory('acme'), 'gone-here'));
      node = start('A');
      const { sync } = await node.ask('claim', 'acme', asked);
      expect(sync).toMatchObject({
        outcome: 'recovered',
        generation: 3,
        conflicts: [{ path: 'both', winner: 'local' }],
      });
      const { 'gone-here': _, 'gone-there': __, ...left } = before;
      const merged = { ...left, mine: '3', theirs: '2', both: '3', 'new-here': 'z', 'new-there': 'y' };
      expect(contents(node.directory('acme'))).toEqual(merged);
      expect(await node.ask('release', 'acme')).toMatchObject({
        outcome: 'released',
        sync: { outcome: 'unchanged' },
      });
      await other.ask('claim', 'acme', asked);
      expect(contents(other.directory('acme'))).toEqual(merged);
      if (isEncrypted) return;
      const trash = Object.keys(readTree(join(disk, 'acme/.cryptosync/trash')));
      expect(trash.filter((name) => name.endsWith('/both'))).toHaveLength(2);
    },
  );

  const sent = manyFiles(150, 20_000, 'sent/');
  const later = manyFiles(150, 20_000, 'later/');
  const journal = (root: string): string => join(root, 'acme/cryptosync/state/session/journal.json');
  const isThere = (path: string) => () => existsSync(path);

  /** Where the server dies, and what shows that it is there. */
  it.for<[string, 'claim' | 'sync' | 'release', (disk: string, root: string) => () => boolean]>([
    ['in a claim’s download', 'claim', (_, root) => isThere(join(root, 'acme/session/sent'))],
    ['in a sync', 'sync', (disk) => isThere(join(disk, 'acme/.cryptosync/in-progress.json'))],
    ['in the final sync', 'release', (disk) => isThere(join(disk, 'acme/later'))],
    [
      'while it takes the files away',
      'release',
      (_, root) => () =>
        existsSync(journal(root)) && readFileSync(journal(root), 'utf8').includes('"vacating":true'),
    ],
  ])('dies %s, and nothing is lost, with the sink up or down', async ([, step, sign], { installation }) => {
    const { start, disk } = place(installation);
    let node = start('A');
    await node.ask('claim', 'acme');
    writeFiles(node.directory('acme'), sent);
    if (step === 'claim') await node.ask('release', 'acme');
    else {
      await node.ask('sync', 'acme');
      writeFiles(node.directory('acme'), later);
    }
    const wanted = step === 'claim' ? Object.keys(sent) : [...Object.keys(sent), ...Object.keys(later)];
    void node.ask(step, 'acme');
    const reached = sign(disk, node.root);
    for (const until = Date.now() + 30_000; !reached() && Date.now() < until; ) await pause(1);
    const children = childrenOf(node.pid);
    await node.kill();
    // they end with it
    expect(await waitUntil(() => !children.some(isRunning), 5000)).toBe(true);
    node = start('A');
    renameSync(disk, `${disk}.away`);
    writeFileSync(disk, 'down');
    const here = existsSync(node.directory('acme')) ? readTree(node.directory('acme')) : {};
    expect(await node.ask('claim', 'acme')).toEqual(expect.any(String));
    expect(readTree(node.directory('acme'))).toEqual(here);
    rmSync(disk);
    renameSync(`${disk}.away`, disk);
    expect(await node.ask('claim', 'acme')).toMatchObject({ sync: { generation: expect.any(Number) } });
    expect(Object.keys(readTree(node.directory('acme'))).sort()).toEqual(wanted.sort());
    expect(await node.ask('release', 'acme')).toMatchObject({
      outcome: 'released',
      files: 'removed',
      notes: [],
    });
  });
});

describe('a node that dies in the middle of sending', () => {
  it.for<[string, boolean]>([
    ['a later generation', true],
    ['the very first', false],
  ])('%s lets another node go on from the last that was complete', async ([, hadOne], { installation }) => {
    const { start, disk } = place(installation);
    const [first, later] = [{ one: '1', two: '2' }, manyFiles(150, 20_000, 'later/')];
    const node = start('A');
    await node.ask('claim', 'acme');
    if (hadOne) {
      writeFiles(node.directory('acme'), first);
      await node.ask('sync', 'acme');
    }
    writeFiles(node.directory('acme'), later);
    void node.ask('sync', 'acme');
    for (const until = Date.now() + 30_000; !existsSync(join(disk, 'acme/later/5')) && Date.now() < until; )
      await pause(1);
    await node.kill();
    const other = start('B');
    expect(await other.ask('claim', 'acme')).toMatchObject({ sync: { outcome: 'recovered' } });
    expect(Object.keys(readTree(other.directory('acme')))).toEqual(hadOne ? Object.keys(first) : []);
    writeFiles(other.directory('acme'), { three: '3' });
    expect(await other.ask('release', 'acme')).toMatchObject({ outcome: 'released' });
    const again = start('A');
    expect(await again.ask('claim', 'acme')).toMatchObject({ sync: { outcome: 'recovered' } });
    const all = [...(hadOne ? Object.keys(first) : []), 'three', ...Object.keys(later)];
    expect(Object.keys(readTree(again.directory('acme'))).sort()).toEqual(all.sort());
    expect(await again.ask('release', 'acme')).toMatchObject({ outcome: 'released' });
    await other.ask('claim', 'acme');
    expect(Object.keys(readTree(other.directory('acme'))).sort()).toEqual(all.sort());
  });
});

describe('the memory of a process with sessions', () => {
  it('holds each key once while it is claimed, as text outside of the heap, and not at all afterwards', async ({
    installation,
  }) => {
    const { start } = place(installation, { policy: { encryption: 'required' } });
    const node = start('A');
    const ids = ['a', 'b', 'c', 'd'];
    const secrets = relatedKeys(ids.flatMap((id) => [`key of ${id}`, `salt of ${id}`]));
    const tenants = ids.map((id) => ({
      id,
      key: secrets[`key of ${id}`] ?? '',
      salt: secrets[`salt of ${id}`] ?? '',
    }));
    const inMemory = (): Record<string, number> => keysInMemory(node.pid, secrets);
    const onceAsText = Object.fromEntries(Object.keys(secrets).map((name) => [`${name}: text`, 1]));
    await Promise.all(
      tenants.map(async ({ id, key, salt }) => {
        const [keyFile, saltFile] = [installation.path(`key-${id}`), installation.path(`salt-${id}`)];
        writeFileSync(keyFile, key, { mode: 0o600 });
        writeFileSync(saltFile, salt, { mode: 0o600 });
        expect(await node.ask('claim', id, { keyFile, saltFile })).toMatchObject({ tenantId: id });
        rmSync(keyFile);
        rmSync(saltFile);
      }),
    );
    expect(inMemory()).toEqual(onceAsText);
    for (const { id } of tenants) writeFiles(node.directory(id), { [id]: 'content' });
    await Promise.all(tenants.map(({ id }) => node.ask('sync', id)));
    expect(inMemory()).toEqual(onceAsText);
    await Promise.all(tenants.map(({ id }) => node.ask('release', id)));
    expect(inMemory()).toEqual({});
    expect(childrenOf(node.pid)).toEqual([]);
  });
});
