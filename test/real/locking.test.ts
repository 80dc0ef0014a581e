/** Two commands on one vault at the same time: one works, the other says by whom it is kept out, or waits. */
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { mountsBelow, processesNaming, waitUntil } from '../support/machine.ts';
import type { CommandResult, RunningCommand } from '../support/running-command.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';
import { type ClientVault, installVault, restoreByHand, vaultOf } from '../support/vault.ts';

/** Some three seconds of transfer. */
const bulk = manyFiles(60, 100_000);
const slowly = ['--bwlimit', '2M'];

/** Starts a slow sync and waits until it holds its locks. */
async function startSlowSync(installation: Installation, vault: ClientVault): Promise<RunningCommand> {
  const running = installation.start(['sync', '--client', vault.client, '--json', ...slowly]);
  const isTransferring = (): boolean => vault.progress().state === 'in-progress';
  expect(await waitUntil(isTransferring, 10_000)).toBe(true);
  return running;
}

function expectLocked(result: CommandResult, holder: RunningCommand): void {
  expect(result.exitCode).toBe(75);
  const { error } = result.json;
  expect(error).toMatchObject({ code: 'LOCKED', exit: 75, details: { holder: { pid: holder.pid } } });
  expect(error.message).toContain(`in use by sync (pid ${holder.pid}, since `);
}

describe('while a sync runs', () => {
  it('other commands on the vault name it, or wait for it', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(bulk);
    await vault.succeed('mount');
    const holder = await startSlowSync(installation, vault);
    const [second, unmount, tooShort] = await Promise.all([
      vault.run('sync'),
      vault.run('unmount'),
      vault.run('sync', '--wait', '300ms'),
    ]);
    for (const result of [second, unmount, tooShort]) expectLocked(result, holder);
    expect(second.json.results).toMatchObject([{ outcome: 'refused' }]);
    expect(unmount.json.results).toMatchObject([{ state: 'mounted', changed: false }]);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(holder.child.exitCode).toBeNull();

    const waiting = await vault.succeed('unmount', '--wait', '30s');
    expect(waiting.results).toMatchObject([{ state: 'unmounted', changed: true }]);
    const first = await holder.finished;
    expect(first.json.results).toMatchObject([{ outcome: 'synced', generation: 1 }]);
    expect(Object.keys(restoreByHand(installation, vault.remoteDir))).toHaveLength(60);
  });

  it('its locks are free at once when it is killed', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(bulk);
    const holder = await startSlowSync(installation, vault);
    const waiting = vault.run('sync', '--wait', '30s');
    holder.child.kill('SIGKILL');
    await holder.finished;
    const results = [await vault.run('sync', '--wait', '30s'), await waiting];
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    // the killed one's rclone ends at its next line of progress: what it still wrote may have cost a generation
    expect(vault.marker()).toMatchObject({
      state: 'committed',
      generation: expect.toSatisfy((n) => n === 1 || n === 2),
    });
    expect(readTree(vault.remoteDir, ['.cryptosync'])).toEqual(readTree(vault.encryptedDir));
  });
});

describe('two at the same moment', () => {
  it('installs make one vault, whose password opens it', async ({ installation }) => {
    for (const [round, wait] of [[], [], ['--wait', '30s']].entries()) {
      const vault = vaultOf(installation, `client${round}`);
      const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
      const both = await Promise.all(
        [1, 2].map(() => vault.run('install', '--no-links', ...remote, ...wait)),
      );
      const codes = both.map(({ exitCode }) => exitCode).sort();
      expect([round, codes[0]]).toEqual([round, 0]);
      if (wait.length > 0) expect(codes).toEqual([0, 0]);
      for (const { exitCode, json } of both)
        expect([0, 'LOCKED']).toContain(exitCode === 0 ? 0 : json.error.code);
      const { vaultId } = JSON.parse(readFileSync(vault.profileFile, 'utf8'));
      await vault.succeed('mount');
      expect(JSON.parse(readFileSync(`${vault.mountDir}/.cryptosync-vault`, 'utf8')).vaultId).toBe(vaultId);
      await vault.succeed('unmount');
      expect(readdirSync(installation.client(vault.client, 'vault')).sort()).toEqual([
        'decrypted',
        'encrypted',
      ]);
    }
  });

  it('syncs run one after the other, or one of them not at all', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(bulk);
    const both = await Promise.all([vault.run('sync', ...slowly), vault.run('sync', ...slowly)]);
    const outcomes = both.map(({ json }) => json.results[0].outcome).sort();
    expect(outcomes).toEqual(['refused', 'synced']);
    expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 75]);
    expect(vault.marker()).toMatchObject({ state: 'committed', generation: 1 });
  });

  it('mounts end with one mount and one daemon', async ({ installation }) => {
    const vault = await installVault(installation);
    // so slow that none could be ready before the others have looked
    const { PATH = '' } = installation.environment;
    const slow = installation.path('slow');
    writeFiles(slow, { gocryptfs: `#!/bin/sh\nsleep 1\nPATH='${PATH}' exec gocryptfs "$@"\n` });
    chmodSync(join(slow, 'gocryptfs'), 0o755);
    const args = ['mount', '--client', vault.client, '--json', '--wait', '30s'];
    const env = { PATH: `${slow}:${PATH}` };
    const all = await Promise.all([1, 2, 3].map(() => installation.cryptosync(args, { env })));
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(all.filter(({ json }) => json.results[0].changed)).toHaveLength(1);
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
    expect(processesNaming(vault.encryptedDir)).toHaveLength(1);
  });
});
