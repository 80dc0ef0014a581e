/** Hooks and pings of the built command, as an operator configures them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { generateEncryptionKey } from '../../../src/secrets/encryption-key.ts';
import { type Installation, it, vaultPassword } from '../../support/installation.ts';
import { waitUntil } from '../../support/machine.ts';
import { type PingServer, startPingServer } from '../../support/ping-server.ts';
import { findSecrets } from '../../support/secret-forms.ts';
import { mountStore } from '../../support/store.ts';
import { installVault } from '../../support/vault.ts';

async function pingServer(installation: Installation): Promise<PingServer> {
  const server = await startPingServer();
  installation.atCleanUp(() => server.close());
  return server;
}

function script(installation: Installation, name: string, text: string): string {
  const file = installation.path(name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function configure(
  installation: Installation,
  whose: readonly string[],
  values: Record<string, string>,
) {
  for (const [key, value] of Object.entries(values)) {
    const result = await installation.cryptosync(['config', 'set', key, value, ...whose]);
    expect([key, result.exitCode, result.stderr]).toEqual([key, 0, '']);
  }
}

const client1 = ['--client', 'client1'];
const paths = (server: PingServer): string[] => server.pings.map(({ path }) => path.replace(/\?.*/, ''));

describe('what a profile and the settings of all say of watching', () => {
  it('holds: hooks of all around those of the profile, its address above theirs, and no secret for anybody', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const server = await pingServer(installation);
    const note = script(
      installation,
      'note',
      `echo "$1 $CRYPTOSYNC_HOOK $CRYPTOSYNC_RESULT" >>"${installation.path('order')}"\ntr '\\0' '\\n' </proc/self/environ >>"${installation.path('environments')}"`,
    );
    const hooks = (name: string): Record<string, string> => ({
      'hooks.before': JSON.stringify([note, name]),
      'hooks.after': JSON.stringify([note, name]),
      'hooks.onRecovered': JSON.stringify([note, name]),
    });
    await configure(installation, ['--global'], {
      pingUrl: `${server.url}/all-secret`,
      ...hooks('all'),
      webhookUrl: `${server.url}/hook/{client}`,
      pingDetails: 'true',
    });
    await configure(installation, client1, {
      ...hooks('own'),
      pingUrl: `${server.url}/own-secret`,
      crypt: '{"filenameEncryption":"standard"}',
    });
    await vault.put({ 'a.txt': 'a' });
    const key = generateEncryptionKey();
    const env = {
      CRYPTOSYNC_ENCRYPTION_KEY: key,
      RCLONE_CONFIG_PASS: 'conf pass',
      AWS_SECRET_ACCESS_KEY: 'aws secret',
    };
    const failed = await installation.cryptosync(['sync', ...client1], {
      env: { ...env, CRYPTOSYNC_ENCRYPTION_KEY: 'x' },
    });
    expect(failed.exitCode).toBe(12);
    const synced = await installation.cryptosync(['sync', ...client1], { env });
    expect(synced, synced.stderr).toMatchObject({ exitCode: 0, stderr: '' });

    const order = readFileSync(installation.path('order'), 'utf8').trim().split('\n');
    expect(order).toEqual([
      ...['all before ', 'own before ', 'own after failed', 'all after failed'],
      ...['all before ', 'own before ', 'own after ok', 'all after ok'],
      ...['own onRecovered ok', 'all onRecovered ok'],
    ]);
    expect(paths(server)).toEqual(
      expect.arrayContaining(['/own-secret/start', '/own-secret/12', '/own-secret', '/hook/client1']),
    );
    expect(paths(server).join()).not.toContain('all-secret');
    const told = server.pings.map(({ path, body, headers }) => path + body + JSON.stringify(headers));
    const environments = readFileSync(installation.path('environments'), 'utf8');
    expect(environments).toContain('CRYPTOSYNC_CLIENT=client1');
    const secrets = { password: vaultPassword, key, conf: 'conf pass', aws: 'aws secret' };
    expect(findSecrets(environments + told.join('\n'), secrets)).toEqual([]);

    const listed = await installation.cryptosync(['config', 'list', ...client1]);
    expect(listed.stdout).toContain(`pingUrl = ${server.url}/[redacted]`);
    expect(listed.stdout).toContain(`hooks.before = ["${note}","own"]`);
    const global = await installation.cryptosync(['config', 'list', '--global', '--json']);
    const got = await installation.cryptosync(['config', 'get', 'pingUrl', ...client1]);
    expect(got.stdout.trim()).toBe(`${server.url}/own-secret`);
    const shown = [listed, global, failed, synced].map(({ stdout, stderr }) => stdout + stderr).join();
    expect(shown + readFileSync(installation.logFile, 'utf8')).not.toMatch(/(own|all)-secret/);
  });

  it('is kept from other users, or told where they can read it', async ({ installation }) => {
    const settings = installation.path('settings.json');
    await configure(installation, ['--global'], { pingUrl: 'https://127.0.0.1/secret' });
    expect(statSync(settings).mode & 0o777).toBe(0o600);
    chmodSync(settings, 0o644);
    const warned = await installation.cryptosync(['config', 'set', 'client', 'client1', '--global']);
    expect(warned.stderr).toMatch(/others can read .*settings\.json.*: chmod 600/);
  });

  it('is refused for what is no address and no program, without repeating an address', async ({
    installation,
  }) => {
    for (const [key, value] of [
      ['pingUrl', 'file:///etc/my-secret'],
      ['ntfyUrl', 'ftp://127.0.0.1/my-secret'],
      ['hooks.before', '["date"]'],
      ['hooks.after', '[]'],
      ['hooks.for', '["backup"]'],
      ['hooks.deadline', 'soon'],
    ] as const) {
      const result = await installation.cryptosync(['config', 'set', key, value, '--global']);
      expect([key, result.exitCode]).toEqual([key, 10]);
      expect(result.stderr).toMatch(`${key} can't be that`);
      expect(result.stderr).not.toMatch('my-secret');
    }
    expect(existsSync(installation.path('settings.json'))).toBe(false);
  });
});

describe('a sync', () => {
  it('that is put off by before exits 75, is no failure among several, and leaves what status says', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const other = await installVault(installation, 'client2');
    await vault.put({ 'a.txt': 'a' });
    await other.put({ 'b.txt': 'b' });
    await vault.succeed('sync');
    const before = await vault.status();
    const server = await pingServer(installation);
    const later = script(installation, 'later', 'echo "the line is a mobile one" >&2\nexit 75');
    await configure(installation, client1, {
      'hooks.before': JSON.stringify([later]),
      pingUrl: `${server.url}/x`,
    });
    const result = await vault.run('sync');
    expect(result.exitCode).toBe(75);
    expect(result.json.error).toMatchObject({ code: 'SKIPPED', exit: 75 });
    expect(result.json.error.message).toMatch(/put off .*: the line is a mobile one/);
    expect(await vault.status()).toEqual(before);
    expect(vault.ledger().at(-1)).toMatchObject({ outcome: 'skipped', error: 'SKIPPED' });

    const quiet = await installation.cryptosync(['sync', ...client1, '--quiet']);
    expect(quiet).toMatchObject({ exitCode: 75, stdout: '', stderr: '' });

    const all = await installation.cryptosync(['sync', '--all', '--json']);
    expect([all.exitCode, all.json.error.code]).toEqual([75, 'SKIPPED']);
    expect(other.progress()).toEqual({ state: 'committed', generation: 1 });
    expect(server.pings).toEqual([]);

    writeFileSync(later, '#!/bin/sh\nexit 1\n');
    const failed = await installation.cryptosync(['sync', '--all', '--json']);
    expect(failed.exitCode).toBe(3);
    expect(failed.json.results[0].error).toMatchObject({ code: 'HOOK_FAILED', exit: 14 });
    expect(paths(server)).toEqual(['/x/14']);
  });

  it('of a profile that is broken, or that is interrupted, is told as a failure', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const server = await pingServer(installation);
    const note = script(
      installation,
      'note',
      `echo "$CRYPTOSYNC_HOOK $CRYPTOSYNC_EXIT_CODE $CRYPTOSYNC_ERROR" >>"${installation.path('notes')}"`,
    );
    await configure(installation, ['--global'], {
      pingUrl: `${server.url}/{client}`,
      'hooks.onFailure': JSON.stringify([note]),
    });
    const whole = readFileSync(vault.profileFile, 'utf8');
    writeFileSync(vault.profileFile, '{');
    expect((await vault.run('sync')).exitCode).toBe(10);
    expect(paths(server)).toEqual(['/client1/start', '/client1/10']);

    expect((await vault.run('verify')).exitCode).toBe(10);
    expect(paths(server).slice(2)).toEqual(['/client1/start', '/client1/10']);

    writeFileSync(vault.profileFile, whole);
    const slow = script(installation, 'slow', `touch "${installation.path('begun')}"\nsleep 60`);
    await configure(installation, client1, { 'hooks.before': JSON.stringify([slow]) });
    const running = installation.start(['sync', ...client1]);
    expect(await waitUntil(() => existsSync(installation.path('begun')), 10_000)).toBe(true);
    running.child.kill('SIGTERM');
    expect((await running.finished).exitCode).toBe(130);
    expect(paths(server).at(-1)).toBe('/client1/130');
    expect(readFileSync(installation.path('notes'), 'utf8')).toBe(
      'onFailure 10 CONFIG_INVALID\nonFailure 10 CONFIG_INVALID\nonFailure 130 INTERRUPTED\n',
    );
    expect(vault.ledger().at(-1)).toMatchObject({ outcome: 'interrupted', exitCode: 130 });
  });

  it('of a client whose disk is gone is told by what the settings of all say', async ({ installation }) => {
    mkdirSync(installation.root);
    const daemon = await mountStore(installation, installation.client('client1'));
    const vault = await installVault(installation);
    const server = await pingServer(installation);
    const note = script(installation, 'note', `echo "$CRYPTOSYNC_ERROR" >>"${installation.path('notes')}"`);
    await configure(installation, ['--global'], {
      pingUrl: `${server.url}/{client}`,
      'hooks.onFailure': JSON.stringify([note]),
    });
    daemon.kill('SIGKILL');
    await new Promise((resolve) => daemon.once('exit', resolve));
    for (const command of ['sync', 'verify']) expect((await vault.run(command)).exitCode).toBe(15);
    expect(paths(server).filter((path) => path !== '/client1/start')).toEqual(['/client1/15', '/client1/15']);
    expect(readFileSync(installation.path('notes'), 'utf8')).toBe('VAULT_MISSING\nVAULT_MISSING\n');
  });

  it('goes on while a server is silent about its beginning, and two at once are both told', async ({
    installation,
  }) => {
    const server = await pingServer(installation);
    await configure(installation, ['--global'], { pingUrl: `${server.url}/{client}` });
    const clients = ['client1', 'client2'];
    for (const client of clients) await (await installVault(installation, client)).put({ a: client });
    server.behave(500, 500, 200);
    const results = await Promise.all(
      clients.map((client) => installation.cryptosync(['sync', '--client', client])),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const successes = paths(server).filter((path) => !path.endsWith('/start'));
    expect(new Set(successes)).toEqual(new Set(['/client1', '/client2']));
  });
});
