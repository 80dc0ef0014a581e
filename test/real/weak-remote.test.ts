/** Remotes across a network: ones that know neither times nor hashes, and servers that go away or fall silent. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { pause, waitUntil } from '../support/machine.ts';
import { type LoopbackProxy, startProxy } from '../support/proxy.ts';
import { type Server, serveSftp, serveWebdav } from '../support/serve.ts';
import { manyFiles, readTree } from '../support/tree.ts';
import { type ClientVault, restoreByHand, vaultOf } from '../support/vault.ts';

/** Installs a client whose remote is a WebDAV server at a port, which keeps its files in `remoteDir`. */
async function installOverWebdav(
  installation: Installation,
  port: number,
  served: string,
): Promise<ClientVault> {
  const vault = vaultOf(installation, 'client1', join(served, 'backup'));
  await vault.succeed(
    'install',
    ...['--no-links', '--remote-type', 'webdav'],
    ...['--remote-option', `url=http://127.0.0.1:${port}`, '--remote-option', 'vendor=other'],
  );
  return vault;
}

/** The directory of a server. */
function served(installation: Installation): string {
  const directory = installation.path('served');
  mkdirSync(directory, { recursive: true });
  return directory;
}

async function startWebdav(installation: Installation, directory: string): Promise<Server> {
  const server = await serveWebdav(directory);
  installation.atCleanUp(() => server.stop());
  return server;
}

/** A proxy that is taken away with the test. */
async function standBefore(installation: Installation, server: Server): Promise<LoopbackProxy> {
  const proxy = await startProxy(server.port);
  installation.atCleanUp(() => proxy.close());
  return proxy;
}

const sameOnBothSides = (vault: ClientVault): void =>
  expect(readTree(vault.remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));

describe.concurrent('a remote without times and hashes', () => {
  it('gets edits that keep the size, however often, and nothing else again', async ({ installation }) => {
    const directory = served(installation);
    const { port } = await startWebdav(installation, directory);
    const vault = await installOverWebdav(installation, port, directory);
    const files = { 'changes.txt': 'aaaa', 'stays.txt': 'bbbb', 'ümläut 😀.txt': 'c', empty: '' };
    await vault.put(files);
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 1 });
    sameOnBothSides(vault);
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'unchanged', generation: 1 });
    for (const [round, text] of ['AAAA', 'xxxx'].entries()) {
      await vault.succeed('mount');
      writeFileSync(join(vault.mountDir, 'changes.txt'), text, { flag: 'r+' });
      await vault.succeed('unmount');
      const { plan } = (await vault.succeed('sync', '--dry-run')).results[0];
      expect(plan.transfers).toHaveLength(1);
      const [edited] = (await vault.succeed('sync')).results;
      expect(edited).toMatchObject({ outcome: 'synced', filesTransferred: 1, generation: round + 2 });
      sameOnBothSides(vault);
    }
    expect(Object.keys(restoreByHand(installation, vault.remoteDir)).sort()).toEqual(
      Object.keys(files).sort(),
    );
  });

  it('is gone on from by what it says itself when the record of it is torn', async ({ installation }) => {
    const directory = served(installation);
    const { port } = await startWebdav(installation, directory);
    const vault = await installOverWebdav(installation, port, directory);
    await vault.put({ 'a.txt': 'aaaa' });
    await vault.succeed('sync');
    const [record = ''] = recordsOf(installation);
    const torn = readFileSync(record, 'utf8').slice(0, -20);
    writeFileSync(record, torn);
    const [again] = (await vault.succeed('sync')).results;
    expect(again).toMatchObject({ outcome: 'unchanged', filesTransferred: 0, generation: 1 });
    await vault.succeed('mount');
    writeFileSync(join(vault.mountDir, 'a.txt'), 'AAAA', { flag: 'r+' });
    await vault.succeed('unmount');
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ filesTransferred: 1, generation: 2 });
    sameOnBothSides(vault);
  });

  it('is not taken for unchanged where a killed run had replaced what was set back here', async ({
    installation,
  }) => {
    const directory = served(installation);
    const server = await startWebdav(installation, directory);
    const proxy = await standBefore(installation, server);
    const vault = await installOverWebdav(installation, proxy.port, directory);
    await vault.put({ ...manyFiles(12, 200_000), 'a.txt': 'aaaa' });
    await vault.succeed('sync');
    const aside = installation.path('aside');
    execFileSync('cp', ['-a', vault.encryptedDir, aside]);
    await vault.succeed('mount');
    for (const name of [...Object.keys(manyFiles(12, 200_000)), 'a.txt']) {
      const path = join(vault.mountDir, name);
      writeFileSync(path, readFileSync(path).reverse().fill('b', 0, 2), { flag: 'r+' });
    }
    await vault.succeed('unmount');
    const sent = proxy.received;
    const cut = installation.start(['sync', '--client', 'client1', '--json', '--bwlimit', '1M']);
    expect(await waitUntil(() => proxy.received > sent + 1_200_000, 20_000)).toBe(true);
    cut.child.kill('SIGKILL');
    await cut.finished;
    // the operator takes the edits back: sizes are as they were all the time
    rmSync(vault.encryptedDir, { recursive: true });
    execFileSync('cp', ['-a', aside, vault.encryptedDir]);
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 2 });
    sameOnBothSides(vault);
  });
});

describe.concurrent('a server that goes away', () => {
  it('in mid-transfer is told by exit 14 and a marker; when it is back the next sync completes', async ({
    installation,
  }) => {
    const directory = served(installation);
    const server = await startWebdav(installation, directory);
    const proxy = await standBefore(installation, server);
    const vault = await installOverWebdav(installation, proxy.port, directory);
    await vault.put(manyFiles(20, 200_000));
    const running = installation.start(['sync', '--client', 'client1', '--json', '--bwlimit', '2M']);
    expect(await waitUntil(() => proxy.received > 1_000_000, 20_000)).toBe(true);
    proxy.setManner('refuse');
    await server.stop();
    const cut = await running.finished;
    expect([cut.exitCode, cut.json.error.code]).toEqual([14, 'REMOTE_UNREACHABLE']);
    expect(vault.progress()).toEqual({ state: 'in-progress', generation: 0 });
    expect(await vault.status()).toMatchObject({
      health: 'warning',
      lastSync: { outcome: 'failed', error: 'REMOTE_UNREACHABLE' },
      lastSuccess: null,
    });
    const probed = await vault.status('--check-remote');
    expect(probed).toMatchObject({ health: 'error', remote: { reachable: false } });

    proxy.setTarget((await startWebdav(installation, directory)).port);
    proxy.setManner('open');
    expect(await vault.status('--check-remote')).toMatchObject({ remote: { reachable: true } });
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 1 });
    sameOnBothSides(vault);
    expect(Object.keys(restoreByHand(installation, vault.remoteDir))).toHaveLength(20);
  });

  it('without a word, as when a cable is pulled, is told all the same', async ({ installation }) => {
    const directory = served(installation);
    const server = await startWebdav(installation, directory);
    const proxy = await standBefore(installation, server);
    const vault = await installOverWebdav(installation, proxy.port, directory);
    await vault.put(manyFiles(20, 200_000));
    const args = ['sync', '--client', 'client1', '--json', '--bwlimit', '2M'];
    // silence is noticed, and the remote has a minute to answer
    const running = installation.start(args, { deadline: 280_000 });
    expect(await waitUntil(() => proxy.received > 1_000_000, 20_000)).toBe(true);
    proxy.freeze();
    const cut = await running.finished;
    expect([cut.exitCode, cut.json.error.code]).toEqual([14, 'REMOTE_UNREACHABLE']);
    expect(vault.progress()).toEqual({ state: 'in-progress', generation: 0 });

    proxy.setManner('open');
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 1 });
    sameOnBothSides(vault);
  }, 300_000);

  it('for a moment is waited for by the same run (SFTP)', async ({ installation }) => {
    const directory = served(installation);
    const login = { user: 'operator', password: 'sftp secret' };
    const server = await serveSftp(directory, installation.path('tmp'), login);
    installation.atCleanUp(() => server.stop());
    const proxy = await standBefore(installation, server);
    const knownHosts = installation.path('known_hosts');
    writeFileSync(knownHosts, server.knownHostsLine.replace(`:${server.port} `, `:${proxy.port} `));
    const vault = vaultOf(installation, 'client1', join(directory, 'backup'));
    const options = [
      ...['host=127.0.0.1', `port=${proxy.port}`, `user=${login.user}`, `pass=${login.password}`],
      `known_hosts_file=${knownHosts}`,
    ];
    const installed = await installation.cryptosync(
      [
        ...['install', '--client', 'client1', '--no-links', '--remote-type', 'sftp'],
        ...['--remote-options-file', '-'],
      ],
      { input: `${options.join('\n')}\n` },
    );
    expect([installed.exitCode, installed.stderr]).toEqual([0, expect.not.stringContaining('error')]);
    await vault.put(manyFiles(20, 200_000));
    const running = installation.start(['sync', '--client', 'client1', '--json', '--bwlimit', '4M']);
    expect(await waitUntil(() => proxy.received > 1_000_000, 20_000)).toBe(true);
    proxy.setManner('refuse');
    await pause(700);
    proxy.setManner('open');
    const result = await running.finished;
    expect(result.exitCode, result.stdout).toBe(0);
    expect(result.json.results).toMatchObject([{ outcome: 'synced', generation: 1 }]);
    sameOnBothSides(vault);
    expect(readFileSync(installation.logFile, 'utf8')).toContain('sync tries again after');
  });
});

describe.concurrent('a server that takes connections and never answers', () => {
  it('ends sync and status in bounded time, and the remote is told as out of reach', async ({
    installation,
  }) => {
    const directory = served(installation);
    const proxy = await standBefore(installation, await startWebdav(installation, directory));
    const vault = await installOverWebdav(installation, proxy.port, directory);
    await vault.put({ 'a.txt': 'a' });
    proxy.setManner('silent');
    const [sync, status] = await Promise.all([vault.run('sync'), vault.status('--check-remote')]);
    expect([sync.exitCode, sync.json.error.code]).toEqual([14, 'REMOTE_UNREACHABLE']);
    expect(status).toMatchObject({ remote: { reachable: false }, health: 'error' });
  });
});

function recordsOf(installation: Installation): string[] {
  const state = installation.client('client1', 'cryptosync', 'state');
  return readdirSync(state)
    .filter((name) => /^record-.*\.jsonl$/.test(name))
    .map((name) => join(state, name));
}
