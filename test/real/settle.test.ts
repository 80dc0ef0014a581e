/** A vault that is written to while it is synced: told as such, and exact once it is quiet. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { waitUntil } from '../support/machine.ts';
import { serveWebdav } from '../support/serve.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';
import { canaryName, installVault, listByHand, restoreByHand, vaultOf } from '../support/vault.ts';

/** Writes into a mounted vault for as long as the test lets it: edits, additions, deletions, a growing file. */
function startWriter(installation: Installation, mountDir: string): { readonly stop: () => void } {
  let round = 0;
  const timer = setInterval(() => {
    round += 1;
    const text = Buffer.alloc(50_000, `round ${round} `);
    writeFileSync(join(mountDir, 'many', String(round % 30)), text);
    if (round % 10 === 0) {
      writeFileSync(join(mountDir, `new ${round}`), text);
      rmSync(join(mountDir, `new ${round - 30}`), { force: true });
    }
    appendFileSync(join(mountDir, 'growing.log'), `${round}\n`);
  }, 30);
  const stop = (): void => clearInterval(timer);
  installation.atCleanUp(stop);
  return { stop };
}

describe('a vault that is written to while it is synced', () => {
  it.for(['local', 'webdav'])(
    'is told as not consistent, and is exact after a quiet sync (%s)',
    async (kind, { installation }) => {
      const served = installation.path('served');
      mkdirSync(served);
      const vault = vaultOf(installation, 'client1', join(served, 'backup'));
      if (kind === 'local') {
        await vault.succeed(
          'install',
          '--no-links',
          '--remote-type',
          'local',
          '--remote-path',
          vault.remoteDir,
        );
      } else {
        const server = await serveWebdav(served);
        installation.atCleanUp(() => server.stop());
        const url = `url=http://127.0.0.1:${server.port}`;
        await vault.succeed(
          'install',
          ...['--no-links', '--remote-type', 'webdav'],
          ...['--remote-option', url, '--remote-option', 'vendor=other'],
        );
      }
      await vault.succeed('mount');
      for (const [name, content] of Object.entries(manyFiles(30, 50_000))) {
        mkdirSync(join(vault.mountDir, 'many'), { recursive: true });
        writeFileSync(join(vault.mountDir, name), content);
      }
      const writer = startWriter(installation, vault.mountDir);
      const moving = (await vault.succeed('sync')).results[0];
      expect(moving).toMatchObject({ outcome: 'synced', generation: 1 });
      // a disk is quick enough to have one moment of it between two writes, and then it is so
      if (kind === 'webdav') expect(moving.consistent).toBe(false);
      expect(vault.marker()).toMatchObject({ state: 'committed', generation: 1 });
      // the copy may be torn, but every file that was there all the time is in it
      const names = listByHand(installation, vault.remoteDir);
      expect(names).toEqual(expect.arrayContaining([...Object.keys(manyFiles(30, 1)), 'growing.log']));
      writer.stop();

      const quiet = (await vault.succeed('sync')).results[0];
      expect(quiet).toMatchObject({ outcome: 'synced', consistent: true, generation: 2 });
      const written = readTree(vault.mountDir, [canaryName]);
      expect(restoreByHand(installation, vault.remoteDir)).toEqual(written);
    },
  );
});

/** What stands in a vault between two steps of gocryptfs (hazards.md G24), by what it was doing with a directory. */
const midways: Readonly<Record<string, (encrypted: string, name: string) => void>> = {
  'making one': (encrypted, name) => mkdirSync(join(encrypted, name)),
  'writing the key of one': (encrypted, name) => {
    mkdirSync(join(encrypted, name));
    writeFileSync(join(encrypted, name, 'gocryptfs.diriv'), '');
  },
  'removing one': (encrypted, name) => {
    mkdirSync(join(encrypted, name));
    writeFileSync(join(encrypted, 'gocryptfs.diriv.rmdir.1'), randomBytes(16));
  },
};

describe('a vault whose engine is in the midst of a directory', () => {
  it.for(['upload', 'bidirectional'])(
    'is told as not consistent, with the directory that can’t be read, however long it stands still (%s)',
    async (direction, { installation }) => {
      const vault = await installVault(installation);
      await vault.put({ 'a directory/a file': 'content' });
      const sync = async (): Promise<readonly [boolean, string[] | undefined, string]> => {
        const { json, stderr, exitCode } = await vault.run('sync', '--direction', direction, '--json');
        expect([exitCode, json.results[0].generation > 0]).toEqual([0, true]);
        return [json.results[0].consistent, json.results[0].unreadable, stderr];
      };
      expect(await sync()).toEqual([true, undefined, '']);
      const name = 'AAAAAAAAAAAAAAAAAAAAAA';
      for (const [what, begin] of Object.entries(midways)) {
        begin(vault.encryptedDir, name);
        for (const time of ['first', 'second'])
          expect([what, time, ...(await sync())]).toEqual([
            ...[what, time, false, [name]],
            expect.stringContaining(name),
          ]);
        expect(vault.marker()).toMatchObject({ state: 'committed', consistent: false });
        rmSync(join(vault.encryptedDir, name), { recursive: true });
        rmSync(join(vault.encryptedDir, 'gocryptfs.diriv.rmdir.1'), { force: true });
        expect([what, ...(await sync())]).toEqual([what, true, undefined, '']);
      }
    },
  );
});

describe('files that are replaced twice in one run', () => {
  it('are kept in the trash as the last backup had them', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put(manyFiles(20, 100_000));
    await vault.succeed('sync');
    const yesterday = readTree(vault.remoteDir, ['.cryptosync']);
    await vault.succeed('mount');
    writeFiles(vault.mountDir, manyFiles(20, 110_000));
    const today = readTree(vault.encryptedDir);
    const running = installation.start(['sync', '--client', 'client1', '--json', '--bwlimit', '1M']);
    const sizeIn = (directory: string, path: string): number | undefined =>
      statSync(join(directory, path), { throwIfNoEntry: false })?.size;
    const changed = Object.keys(today).filter((path) => today[path] !== yesterday[path]);
    const sizes = new Map(changed.map((path) => [path, sizeIn(vault.encryptedDir, path)]));
    const sent = (): string[] => changed.filter((path) => sizeIn(vault.remoteDir, path) === sizes.get(path));
    expect(await waitUntil(() => sent().length > 3, 10_000)).toBe(true);
    expect(running.child.exitCode).toBeNull();
    writeFiles(vault.mountDir, manyFiles(20, 120_000));
    const { json } = await running.finished;
    expect(json.results).toMatchObject([{ outcome: 'synced', consistent: true, generation: 2 }]);
    expect(readFileSync(installation.logFile, 'utf8')).not.toContain('tries again');
    const kept = Object.values(readTree(join(vault.remoteDir, '.cryptosync', 'trash')));
    expect(changed).toHaveLength(20);
    expect(kept).toEqual(expect.arrayContaining(changed.map((path) => yesterday[path])));
    expect(restoreByHand(installation, vault.remoteDir)).toEqual(readTree(vault.mountDir, [canaryName]));
  });
});
