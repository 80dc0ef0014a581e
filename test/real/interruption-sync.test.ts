/** kill -9 and Ctrl-C while files are on their way: nothing is lost, and the next sync completes. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { killAfter, killWhen } from '../support/kill.ts';
import { processesNaming, waitUntil } from '../support/machine.ts';
import { serveWebdav } from '../support/serve.ts';
import { manyFiles, readTree } from '../support/tree.ts';
import { type ClientVault, installVault, restoreByHand, vaultOf } from '../support/vault.ts';

/** Enough to take two and a half seconds at the rate below. */
const count = 200;
const bulk = manyFiles(count, 200_000);
const slowly = ['--bwlimit', '16M'];

/** Three moments from its start to its first files, and seven while they arrive. */
const moments = [
  ...[50, 150, 250].map((milliseconds) => ({ milliseconds })),
  ...[0, 10, 30, 60, 90, 120, 150].map((files) => ({ files })),
];

function rclonesOf(installation: Installation): number[] {
  return processesNaming(installation.directory)
    .filter(({ args }) => args[0]?.endsWith('/rclone') && args[1] !== 'serve')
    .map(({ pid }) => pid);
}

async function syncTo(vault: ClientVault, remote: string, ...args: string[]) {
  const { results } = await vault.succeed('sync', remote, ...args);
  return results[0];
}

describe('sync killed at any moment', () => {
  it('is told by status and marker, leaves no rclone behind, and is completed by the next sync', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put(bulk);
    const source = readTree(vault.encryptedDir);
    for (const [index, moment] of moments.entries()) {
      const remoteDir = installation.path(`remote${index}`);
      const there = vaultOf(installation, 'client1', remoteDir);
      const command = ['sync', '--client', 'client1', remoteDir, ...slowly];
      const { files = 0 } = moment as { files?: number };
      const haveCome = (): boolean =>
        there.progress().state === 'in-progress' && entriesBelow(remoteDir) > files;
      const wasKilled =
        'milliseconds' in moment
          ? await killAfter(installation, command, moment.milliseconds)
          : await killWhen(installation, command, haveCome);
      expect([moment, wasKilled]).toEqual([moment, true]);
      expect(await waitUntil(() => rclonesOf(installation).length === 0, 2500)).toBe(true);
      expect(there.progress().state).not.toBe('committed');
      if ('files' in moment) {
        // another place than the profile's own: told, and no matter of its health
        expect(await vault.status()).toMatchObject({ lastElsewhere: { outcome: 'unfinished' } });
        expect(entriesBelow(remoteDir)).toBeLessThan(count);
      }

      const result = await syncTo(vault, remoteDir);
      expect([moment, result.outcome]).toEqual([moment, 'synced']);
      expect(there.marker()).toMatchObject({ state: 'committed', generation: 1 });
      expect(readTree(remoteDir, ['.cryptosync'])).toEqual(source);
      expect(arriving(remoteDir)).toEqual([]);
      if (files === 60) expect(Object.keys(restoreByHand(installation, remoteDir))).toHaveLength(count);
      rmSync(remoteDir, { recursive: true });
    }
  });

  it('keeps the old versions of what it was replacing', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(bulk);
    await vault.succeed('sync');
    const old = readTree(vault.remoteDir, ['.cryptosync']);
    await vault.put(manyFiles(200, 210_000));
    const replaced = (): boolean => existsSync(join(vault.remoteDir, '.cryptosync/trash'));
    await killWhen(installation, ['sync', '--client', 'client1', ...slowly], replaced);
    expect(vault.progress()).toEqual({ state: 'in-progress', generation: 1 });
    expect(await waitUntil(() => rclonesOf(installation).length === 0, 2500)).toBe(true);
    // each file of the last backup is still there: in its place or in the trash
    const kept = new Set(Object.values(readTree(vault.remoteDir)));
    expect(Object.values(old).filter((hash) => !kept.has(hash))).toEqual([]);
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ generation: 2, outcome: 'synced' });
    expect(readTree(vault.remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
  });
});

describe('what a killed sync has sent', () => {
  it('is not sent again, whatever part of the whole it is', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    await vault.put(bulk);
    // most of what is there then is known to no record
    const isMostlyThere = (): boolean => entriesBelow(vault.remoteDir) > count * 0.6;
    await killWhen(installation, ['sync', '--client', 'client1', ...slowly], isMostlyThere);
    expect(vault.progress()).toEqual({ state: 'in-progress', generation: 1 });
    const [result] = (await vault.succeed('sync')).results;
    expect(result).toMatchObject({ outcome: 'synced', generation: 2, deleted: 0 });
    expect(result.filesTransferred).toBeLessThan(count * 0.6);
    expect(result).not.toHaveProperty('behindOurBack');
    expect(readTree(vault.remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
    expect(arriving(vault.remoteDir)).toEqual([]);
  });
});

describe('sync interrupted by Ctrl-C', () => {
  const kinds = ['local', 'webdav'] as const;
  it.for((['SIGINT', 'SIGTERM'] as const).flatMap((signal) => kinds.map((kind) => [signal, kind] as const)))(
    'ends its rclone and records the interruption (%s, %s)',
    async ([signal, kind], { installation }) => {
      const served = installation.path('served');
      mkdirSync(served);
      const vault = vaultOf(installation, 'client1', join(served, 'backup'));
      const remote = ['--remote-type', kind, '--remote-path', kind === 'local' ? vault.remoteDir : 'backup'];
      if (kind === 'webdav') {
        const server = await serveWebdav(served);
        installation.atCleanUp(() => server.stop());
        remote.push(
          '--remote-option',
          `url=http://127.0.0.1:${server.port}`,
          '--remote-option',
          'vendor=other',
        );
      }
      await vault.succeed('install', '--no-links', ...remote);
      await vault.put(bulk);
      const running = installation.start(['sync', '--client', 'client1', '--json', ...slowly]);
      const isTransferring = (): boolean =>
        vault.progress().state === 'in-progress' && entriesBelow(vault.remoteDir) > 20;
      expect(await waitUntil(isTransferring, 20_000)).toBe(true);
      running.child.kill(signal);
      const result = await running.finished;
      expect(result.exitCode, result.stdout).toBe(130);
      expect(result.json.error).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
      expect(rclonesOf(installation)).toEqual([]);
      expect(vault.ledger().at(-1)).toMatchObject({
        operation: 'sync',
        event: 'ended',
        outcome: 'interrupted',
        error: 'INTERRUPTED',
      });
      expect(vault.progress()).toEqual({ state: 'in-progress', generation: 0 });
      const status = await vault.status();
      expect(status).toMatchObject({ lastSync: { outcome: 'interrupted' }, lastSuccess: null });
      expect(status.notes.join()).toContain('interrupted');
      expect((await vault.succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', generation: 1 });
      expect(readTree(vault.remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
    },
  );
});

/** What has been left half arrived. */
const arriving = (remoteDir: string): string[] => readdirSync(join(remoteDir, '.cryptosync', 'incoming'));

function entriesBelow(directory: string): number {
  return existsSync(directory) ? readdirSync(directory, { recursive: true }).length : 0;
}
