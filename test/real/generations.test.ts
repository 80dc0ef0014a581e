/** What can be brought back: the generations that a place tells of, and how long each is kept. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it as test } from 'vitest';
import { inPlace } from '../../src/remotes/open-place.ts';
import type { Remote } from '../../src/remotes/remote.ts';
import { type Generation, generationsOf, readPast } from '../../src/sync/generations/history.ts';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { type Machine, machineAt } from '../support/machines.ts';
import { writeFiles } from '../support/tree.ts';
import { installVault, vaultOf } from '../support/vault.ts';

const day = 86_400_000;

describe('cryptosync generations', () => {
  it('tells number, time, machine, files, bytes, changes, and how long each is kept', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ a: 'one', b: 'two' });
    await vault.succeed('sync');
    await vault.put({ a: 'another' });
    await vault.succeed('sync');
    const { places } = await vault.succeed('generations');
    expect(places).toEqual([
      {
        source: null,
        remote: `default-remote:${vault.remoteDir}`,
        unfinished: null,
        generations: [
          expect.objectContaining({ number: 2, files: 5, changed: 1, keptUntil: null, isOurs: true }),
          expect.objectContaining({ number: 1, files: 5, isOurs: true, verified: null, damaged: null }),
        ],
      },
    ]);
    const [second, first] = places[0].generations;
    expect(second).toMatchObject({ id: vault.marker().id, at: vault.marker().at });
    expect(first.keptUntil).toMatch(/:\d\dZ$/);
    expect(Date.parse(first.keptUntil)).toBe(Date.parse(second.at) + 30 * day);
    expect(second.bytes - first.bytes).toBe('another'.length - 'one'.length);
    const { stdout } = await installation.cryptosync(['generations', '--client', 'client1']);
    expect(stdout.split('\n')[0]).toMatch(
      /^GENERATION +TIME +MACHINE +FILES +SIZE +CHANGED +KEPT UNTIL +VERIFIED$/,
    );
    expect(stdout.split('\n')[1]).toMatch(/^2 .* this one +5 .* kept +never$/);
  });

  it('lists each mapping of a profile with its key, and nothing without it', async ({ installation }) => {
    const key = randomBytes(32).toString('base64');
    const vault = vaultOf(installation, 'client1');
    const source = installation.path('plain');
    mkdirSync(source);
    writeFileSync(join(source, 'a'), 'content');
    const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
    await vault.succeed('install', '--no-links', ...remote, '--crypt', '--source', source, '--allow-outside');
    const env = { CRYPTOSYNC_ENCRYPTION_KEY: key };
    const run = (...args: string[]) =>
      installation.cryptosync([...args, '--client', 'client1', '--json'], { env });
    expect(await run('sync')).toMatchObject({ exitCode: 0 });
    expect((await run('generations')).json.places).toMatchObject([
      { source, generations: [{ number: 1, files: 1 }] },
    ]);
    expect((await vault.run('generations')).json.error).toMatchObject({ code: 'KEY_REQUIRED', exit: 12 });
    const wrong = { CRYPTOSYNC_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    const refused = await installation.cryptosync(['generations', '--client', 'client1', '--json'], {
      env: wrong,
    });
    expect(refused.json.error).toMatchObject({ code: 'DECRYPTION_FAILED' });
  });

  it('reads manifests of any length', async ({ installation }) => {
    const vault = await installVault(installation);
    const names = Array.from({ length: 1800 }, (_, index) => [`file-${index}`, String(index)] as const);
    writeFiles(vault.encryptedDir, Object.fromEntries(names));
    await vault.succeed('sync');
    const { size } = statSync(
      join(vault.remoteDir, '.cryptosync', 'manifests', vault.marker().manifest.file),
    );
    expect(size).toBeGreaterThan(65_536);
    expect((await vault.succeed('generations')).places[0].generations).toMatchObject([
      { number: 1, files: 1803 },
    ]);
    expect((await vault.succeed('verify')).results).toMatchObject([{ outcome: 'verified' }]);
  });

  it('says of a place that holds nothing of ours that it does', async ({ installation }) => {
    const vault = await installVault(installation);
    expect((await vault.run('generations')).json.error).toMatchObject({ code: 'REMOTE_EMPTY', exit: 15 });
  });
});

describe('the generations of a place', () => {
  let installation: Installation;
  let machine: Machine;
  let remote: Remote;
  let own: string;
  beforeEach(() => {
    installation = createInstallation();
    remote = { name: 'disk', type: 'local', path: installation.path('place'), configFile: '' };
    machine = machineAt(installation.path('one'), 'one', remote);
    own = installation.path('place', '.cryptosync');
  });
  afterEach(() => installation.cleanUp());

  const list = async (keepDeleted = 30 * day, keepGenerations = 1): Promise<Generation[]> => {
    const past = await inPlace(remote, machine.context, (place) => readPast(place, undefined));
    return generationsOf(past, Buffer.alloc(32, 7), { keepDeleted, keepGenerations });
  };
  const numbers = async (...keeping: number[]): Promise<number[]> =>
    (await list(...keeping)).map(({ number }) => number);
  const commit = async (count: number, settings = {}): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      writeFiles(machine.tree, { changes: `content ${randomBytes(4).toString('hex')}`, stays: 'as it is' });
      await machine.upload({}, settings);
    }
  };

  test('are those that pruning keeps: by count, though none is kept by time', async () => {
    await commit(6, { keepDeleted: 0, keepGenerations: 3 });
    expect(await numbers(0, 3)).toEqual([6, 5, 4]);
    expect((await list(0, 3)).map(({ keptUntil }) => keptUntil)).toEqual([null, null, null]);
    expect(readdirSync(join(own, 'trash')).sort()).toEqual(['5', '6']);
  });

  test('are all of them while time keeps them, whatever the count says', async () => {
    await commit(4, { keepDeleted: 30 * day, keepGenerations: 2 });
    const found = await list(30 * day, 2);
    expect(found.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    expect(found.map(({ keptUntil }) => keptUntil === null)).toEqual([true, true, false, false]);
  });

  test('end before the one whose replaced files are gone', async () => {
    await commit(5);
    rmSync(join(own, 'trash', '3'), { recursive: true });
    expect(await numbers()).toEqual([5, 4, 3]);
  });

  test('need no trash for what only got another path', async () => {
    await commit(1);
    renameSync(join(machine.tree, 'changes'), join(machine.tree, 'renamed'));
    await machine.upload();
    rmSync(join(own, 'trash'), { recursive: true, force: true });
    expect(await numbers()).toEqual([2, 1]);
  });

  test('are none that a killed run has written a manifest of', async () => {
    await commit(2);
    const [newest = ''] = readdirSync(join(own, 'manifests')).filter((name) => name.startsWith('2_'));
    writeFileSync(join(own, 'manifests', newest.replace(/^2_/, '3_')), 'torn');
    expect(await numbers()).toEqual([2, 1]);
  });

  test('are not told of by a manifest that was changed', async () => {
    await commit(2);
    const [newest = ''] = readdirSync(join(own, 'manifests')).filter((name) => name.startsWith('2_'));
    writeFileSync(join(own, 'manifests', newest), 'torn');
    await expect(list()).rejects.toMatchObject({ code: 'VERIFY_FAILED', exit: 16 });
  });
});
