/**
 * The file system below one of our directories dies or falls silent: every command ends, says what is to blame, and
 * does what can still be done. The store is a FUSE file system of its own, whose daemon is killed or stopped.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { codeOf, plainClaim, platform } from '../support/platform.ts';
import type { CommandResult } from '../support/running-command.ts';
import { mountStore } from '../support/store.ts';

const sicknesses = { killed: 'SIGKILL', silent: 'SIGSTOP' } as const;

/** What a command may end with on a client with that place on the store, where not 0. */
const commands: Readonly<Record<string, readonly string[]>> = {
  upload: ['sync'],
  download: ['sync', '--direction', 'download'],
  'both ways': ['sync', '--direction', 'bidirectional'],
  mount: ['mount'],
  passwd: ['passwd'],
  config: ['config', 'set', 'idle', '1h'],
  status: ['status'],
  doctor: ['doctor', '--no-check-remote'],
  'uninstall, looked at': ['uninstall', '--dry-run'],
  install: ['install', '--force', '--no-links'],
  unmount: ['unmount'],
};

const places = {
  ciphertext: { mount: 15, upload: 15, download: 15, 'both ways': 15, passwd: 15, install: 15, unmount: 0 },
  'mount directory': { mount: 13, install: 13 },
  remote: { upload: 14, download: 14, 'both ways': 14 },
  source: { upload: 15, download: 15, 'both ways': 15 },
} as const satisfies Record<string, Partial<Record<string, number>>>;

const clientOf = (place: string): string => place.replace(' ', '-');

async function installClients(installation: Installation, store: string): Promise<void> {
  const install = async (place: string, remote: string, ...args: string[]): Promise<void> => {
    const words = ['install', '-c', clientOf(place), '--no-links', '--remote-type', 'local'];
    const result = await installation.cryptosync([...words, '--remote-path', remote, ...args]);
    expect([place, result.exitCode, result.stderr]).toEqual([place, 0, expect.anything()]);
  };
  const remote = (place: string): string => installation.path('remotes', clientOf(place));
  mkdirSync(join(store, 'encrypted'));
  mkdirSync(join(store, 'source'));
  mkdirSync(join(store, 'source', 'a directory'));
  mkdirSync(installation.client('ciphertext', 'vault'), { recursive: true });
  symlinkSync(join(store, 'encrypted'), installation.client('ciphertext', 'vault', 'encrypted'));
  await install('ciphertext', remote('ciphertext'));
  await install('mount directory', remote('mount directory'), '--mount-dir', join(store, 'mounted'));
  await install('remote', join(store, 'remote'));
  const source = ['--source', join(store, 'source'), '--allow-outside', '--plaintext'];
  await install('source', remote('source'), ...source);
  await install('healthy', remote('healthy'));
}

// most of the time is spent waiting for what is silent
describe.concurrent('a store below a client that is', () => {
  it.for(Object.keys(sicknesses) as (keyof typeof sicknesses)[])(
    '%s: every command ends, and says that the store is to blame',
    // each command waits some seconds for a silent store
    { timeout: 300_000 },
    async (sickness, { installation }) => {
      const store = installation.path('store');
      const daemon = await mountStore(installation, store);
      await installClients(installation, store);
      const mounted = installation.client('ciphertext', 'vault', 'decrypted');
      expect(await installation.cryptosync(['mount', '-c', 'ciphertext'])).toMatchObject({ exitCode: 0 });
      daemon.kill(sicknesses[sickness]);
      if (sickness === 'killed') await once(daemon, 'exit');

      const check = async (place: string, name: string, words: readonly string[]): Promise<CommandResult> => {
        const more = { CRYPTOSYNC_NEW_PASSWORD: 'another password' };
        const args = [...words, '-c', clientOf(place), '--json'];
        const result = await installation.cryptosync(args, { env: more, deadline: 80_000 });
        const label = `${place}, ${name}`;
        const said = result.stdout + result.stderr;
        expect([label, result.signal, said]).toEqual([
          label,
          null,
          expect.not.stringContaining('UNEXPECTED'),
        ]);
        return result;
      };
      const checkAll = async (place: keyof typeof places): Promise<void> => {
        for (const [name, words] of Object.entries(commands)) {
          const result = await check(place, name, words);
          const label = `${place}, ${name}`;
          // what must be still and is mounted is refused for that before anything else is looked at
          if (place === 'ciphertext' && result.exitCode === 75) continue;
          const expected = (places[place] as Partial<Record<string, number>>)[name];
          if (name === 'doctor') {
            expect([label, result.stdout]).toEqual([label, expect.not.stringContaining('profile-invalid')]);
            if (place === 'ciphertext' || place === 'mount directory')
              expect([label, result.stdout]).toEqual([label, expect.stringContaining('store-sick')]);
            continue;
          }
          // that the daemon of the mount still waits for the store is told: the mount is off all the same
          if (name === 'unmount' && sickness === 'silent' && result.exitCode === 13) continue;
          if (expected !== undefined)
            expect([label, result.exitCode, result.stdout]).toEqual([label, expected, expect.anything()]);
          if (expected) expect([label, result.stdout]).toEqual([label, expect.stringContaining(store)]);
        }
      };
      await Promise.all((Object.keys(places) as (keyof typeof places)[]).map(checkAll));
      expect(mountsBelow(mounted)).toEqual([]);

      const all = await installation.cryptosync(['mount', '--all', '--json'], { deadline: 80_000 });
      const rows = all.json.results as { client: string; state?: string }[];
      expect(rows.find(({ client }) => client === 'healthy')).toMatchObject({ state: 'mounted' });
    },
  );

  it.for(Object.keys(sicknesses) as (keyof typeof sicknesses)[])(
    '%s, with the root of the clients on it: the same',
    async (sickness, { installation }) => {
      const store = installation.path('store');
      const daemon = await mountStore(installation, store);
      const root = join(store, 'clients');
      mkdirSync(root);
      expect(existsSync(root)).toBe(true);
      daemon.kill(sicknesses[sickness]);
      if (sickness === 'killed') await once(daemon, 'exit');
      await Promise.all(
        Object.entries(commands).map(async ([name, words]) => {
          const args = [...words, '-c', 'client1', '--root', root, '--json'];
          const env = { CRYPTOSYNC_NEW_PASSWORD: 'another password' };
          const result = await installation.cryptosync(args, { env, deadline: 60_000 });
          expect([name, result.signal, result.stdout]).toEqual([name, null, expect.stringContaining(store)]);
          expect([name, result.exitCode, result.stdout]).toEqual([
            name,
            15,
            expect.not.stringContaining('UNEXPECTED'),
          ]);
        }),
      );
    },
  );

  it.for(Object.keys(sicknesses) as (keyof typeof sicknesses)[])(
    '%s, and is the directory of one client: that one is told, and all others go on',
    { timeout: 300_000 },
    async (sickness, { installation }) => {
      const remotes = (client: string): string[] => [
        '--remote-type',
        'local',
        '--remote-path',
        installation.path(client),
      ];
      const run = (...args: readonly string[]): Promise<CommandResult> =>
        installation.cryptosync([...args, '--json'], {
          env: { CRYPTOSYNC_NEW_PASSWORD: 'another password' },
          deadline: 80_000,
        });
      expect(await run('install', '-c', 'healthy', '--no-links', ...remotes('healthy'))).toMatchObject({
        exitCode: 0,
      });
      const store = installation.client('sick');
      const daemon = await mountStore(installation, store);
      mkdirSync(join(store, 'cryptosync', 'config'), { recursive: true });
      daemon.kill(sicknesses[sickness]);
      if (sickness === 'killed') await once(daemon, 'exit');

      await Promise.all(
        Object.entries(commands).map(async ([name, words]) => {
          const { exitCode, stdout } = await run(...words, '-c', 'sick');
          expect([name, stdout]).toEqual([name, expect.stringContaining(store)]);
          expect([name, stdout]).toEqual([name, expect.not.stringContaining('UNEXPECTED')]);
          expect([name, exitCode]).toEqual([name, { status: 0, doctor: 16 }[name] ?? 15]);
        }),
      );
      for (const words of [['mount'], ['unmount'], ['sync'], ['sync', '--dry-run']]) {
        const { exitCode, json } = await run(...words, '--all');
        const codes = json.results.map((row: { client: string; error?: { code: string } }) => [
          row.client,
          row.error?.code,
        ]);
        expect([words, exitCode, codes]).toEqual([
          words,
          3,
          [
            ['healthy', undefined],
            ['sick', 'VAULT_MISSING'],
          ],
        ]);
      }
      for (const words of [['status'], ['status', '--all']]) {
        const { exitCode, json } = await run(...words);
        const states = json.vaults.map((row: { client: string; health: string }) => [row.client, row.health]);
        expect([words, exitCode, states]).toEqual([
          words,
          0,
          [
            ['healthy', 'unmounted'],
            ['sick', 'error'],
          ],
        ]);
      }
      const { json } = await run('doctor', '--all', '--no-check-remote');
      const about = json.findings.filter(({ subject }: { subject: string }) => subject.startsWith('sick'));
      expect(about.map(({ id }: { id: string }) => id)).toEqual(['store-sick']);
      for (const words of [
        ['install', '-c', 'new', '--no-links', ...remotes('new')],
        ['config', 'set', 'idle', '1h', '-c', 'healthy'],
        ['passwd', '-c', 'healthy'],
        ['uninstall', '-c', 'new'],
      ]) {
        const { exitCode, stdout } = await run(...words);
        expect([words, exitCode, stdout]).toEqual([words, 0, expect.anything()]);
      }
    },
  );

  it.for(Object.keys(sicknesses) as (keyof typeof sicknesses)[])(
    '%s, and holds a part of what is kept of a client: the same',
    { timeout: 300_000 },
    async (sickness, { installation }) => {
      const run = (...args: readonly string[]): Promise<CommandResult> =>
        installation.cryptosync([...args, '--json'], {
          env: { CRYPTOSYNC_NEW_PASSWORD: 'another password' },
          deadline: 80_000,
        });
      const install = async (client: string): Promise<void> => {
        const remote = ['--remote-type', 'local', '--remote-path', installation.path(`remote-${client}`)];
        const installed = await run('install', '-c', client, '--no-links', ...remote);
        expect(installed).toMatchObject({ exitCode: 0 });
      };
      await install('healthy');
      const parts = [['cryptosync', 'state'], ['cryptosync', 'config'], ['rclone']];
      const sick = parts.map((part) => ({ client: `sick-${part.at(-1)}`, part }));
      for (const { client, part } of sick) {
        await install(client);
        const store = installation.client(client, ...part);
        const aside = installation.path(`aside-${client}`);
        renameSync(store, aside);
        const daemon = await mountStore(installation, store);
        cpSync(aside, store, { recursive: true });
        daemon.kill(sicknesses[sickness]);
        if (sickness === 'killed') await once(daemon, 'exit');
      }

      await Promise.all(
        sick.flatMap(({ client, part }) =>
          Object.entries({ ...commands, history: ['history'] }).map(async ([name, words]) => {
            const { exitCode, signal, stdout } = await run(...words, '-c', client);
            const label = [client, name];
            expect([...label, signal, stdout]).toEqual([
              ...label,
              null,
              expect.stringContaining(installation.client(client, ...part)),
            ]);
            expect([...label, stdout]).toEqual([...label, expect.not.stringContaining('UNEXPECTED')]);
            expect([...label, exitCode]).toEqual([...label, { status: 0, doctor: 16 }[name] ?? 15]);
          }),
        ),
      );
      for (const words of [['mount'], ['unmount'], ['sync']]) {
        const { exitCode, json } = await run(...words, '--all');
        const codes = json.results.map(
          (row: { client: string; error?: { code: string } }) => row.error?.code,
        );
        expect([words, exitCode, codes]).toEqual([words, 3, [undefined, ...sick.map(() => 'VAULT_MISSING')]]);
      }
      const { exitCode, json } = await run('status', '--all');
      const healths = json.vaults.map((row: { health: string }) => row.health);
      expect([exitCode, healths]).toEqual([0, ['unmounted', ...sick.map(() => 'error')]]);
    },
  );

  it('killed, and holds a tenant: its calls are refused, its key can be forgotten, and others go on', async ({
    installation,
  }) => {
    const { start, root } = platform(installation);
    const coordinator = start();
    const daemon = await mountTenant(installation, root);
    expect(await codeOf(coordinator.onClaim('sick', plainClaim))).toBe('done');
    expect(await codeOf(coordinator.onClaim('healthy', plainClaim))).toBe('done');
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    expect([
      await codeOf(coordinator.triggerSync('sick')),
      await codeOf(coordinator.onRelease('sick')),
      await codeOf(coordinator.triggerSync('healthy')),
    ]).toEqual(['VAULT_MISSING', 'VAULT_MISSING', 'done']);
    expect(await coordinator.status('sick')).toMatchObject({ state: 'release failed', failures: 2 });
    expect(await coordinator.onRelease('sick', { force: true })).toMatchObject({ outcome: 'forgotten' });
    expect(await codeOf(coordinator.onClaim('sick', plainClaim))).toBe('VAULT_MISSING');
    expect(await codeOf(coordinator.onRelease('healthy'))).toBe('done');
  });

  it('silent, and would hold a tenant: its claim is refused, and others go on', async ({ installation }) => {
    const { start, root } = platform(installation);
    const coordinator = start();
    (await mountTenant(installation, root)).kill('SIGSTOP');
    expect([
      await codeOf(coordinator.onClaim('sick', plainClaim)),
      await codeOf(coordinator.onClaim('healthy', plainClaim)),
      await codeOf(coordinator.onRelease('healthy')),
    ]).toEqual(['VAULT_MISSING', 'done', 'done']);
  });
});

/** A store that keeps what is known of the tenant `sick`. */
async function mountTenant(installation: Installation, root: string): Promise<ChildProcess> {
  const kept = join(root, 'sick', 'cryptosync');
  mkdirSync(kept, { recursive: true, mode: 0o700 });
  return await mountStore(installation, join(kept, 'state'));
}
