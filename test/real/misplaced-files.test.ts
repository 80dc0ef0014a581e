/** Something that is no file stands where one of ours belongs: it is refused, and never waited for or read for ever. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it, vaultPassword } from '../support/installation.ts';
import { pause } from '../support/machine.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

/** Which file, and the commands that read or write it. */
const files: [string, (vault: ClientVault, installation: Installation) => string, string[][]][] = [
  [
    'marker',
    ({ markerFile }) => markerFile,
    [['sync'], ['sync', '--direction', 'download', '--force'], ['doctor']],
  ],
  [
    'profile',
    ({ profileFile }) => profileFile,
    [['mount'], ['sync'], ['status'], ['doctor'], ['uninstall', '--dry-run']],
  ],
  [
    'rclone.conf',
    (_, { client }) => client('client1', 'rclone', 'rclone.conf'),
    [['sync'], ['status'], ['doctor']],
  ],
  ['ledger', ({ ledgerFile }) => ledgerFile, [['mount'], ['unmount'], ['status'], ['doctor']]],
  [
    'summary',
    (_, { client }) => client('client1', 'cryptosync', 'summary.json'),
    [['doctor'], ['config', 'set', 'idle', '1h']],
  ],
  ['settings', (_, { path }) => path('settings.json'), [['status'], ['mount']]],
  ['log', (_, { logFile }) => logFile, [['mount'], ['unmount'], ['doctor']]],
  ['vault lock', (_, installation) => lockOf(installation), [['mount'], ['sync'], ['doctor']]],
  ['index', (_, { client }) => client('client1', 'cryptosync', 'state', 'index-default.jsonl'), [['sync']]],
  [
    'record',
    (_, installation) => recordOf(installation),
    [['sync'], ['sync', '--direction', 'download', '--force'], ['status'], ['doctor']],
  ],
  [
    'announcement',
    ({ remoteDir }) => join(remoteDir, '.cryptosync', 'in-progress.json'),
    [['sync'], ['doctor']],
  ],
  [
    'base',
    (_, { client }) => client('client1', 'cryptosync', 'state', 'base-default.json'),
    [['sync', '--direction', 'download', '--force']],
  ],
  [
    'engine configuration',
    ({ encryptedDir }) => join(encryptedDir, 'gocryptfs.conf'),
    [['mount'], ['doctor']],
  ],
];

function recordOf({ client }: Installation): string {
  const directory = client('client1', 'cryptosync', 'state');
  return join(directory, readdirSync(directory).find((name) => /^record-.*\.jsonl$/.test(name)) ?? '');
}

function lockOf({ client }: Installation): string {
  const directory = client('client1', 'cryptosync', 'state', 'locks');
  return join(directory, readdirSync(directory).find((name) => name.startsWith('vault-')) ?? '');
}

describe('what stands in the place of a file', () => {
  it('is refused where it is a FIFO, whatever file it is', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    for (const [name, where, commands] of files) {
      const path = where(vault, installation);
      const aside = join(installation.path('aside'), name);
      mkdirSync(dirname(aside), { recursive: true });
      if (existsSync(path)) execFileSync('mv', ['--', path, aside]);
      else mkdirSync(dirname(path), { recursive: true });
      execFileSync('mkfifo', [path]);
      for (const [command = '', ...args] of commands) {
        const label = `${name}: ${command} ${args.join(' ')}`;
        const words = [command, ...args, '--client', 'client1', '--json'];
        const result = await installation.cryptosync(words, { deadline: 30_000 });
        expect([label, result.signal]).toEqual([label, null]);
        expect([label, result.stdout + result.stderr]).toEqual([
          label,
          expect.not.stringContaining('UNEXPECTED'),
        ]);
        expect([label, result.exitCode]).not.toEqual([label, 1]);
      }
      rmSync(path, { recursive: true, force: true });
      if (existsSync(aside)) execFileSync('mv', ['--', aside, path]);
      await installation.cryptosync(['unmount', '--client', 'client1']);
    }
    await vault.succeed('sync');
  });

  it('is told with its path: a FIFO as the marker of a remote', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    rmSync(vault.markerFile);
    execFileSync('mkfifo', [vault.markerFile]);
    const { error } = (await vault.run('sync')).json;
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect(error.message).toContain(`${vault.markerFile} is not a regular file`);
  });
});

describe('a secret that somebody else gives', () => {
  it('comes through a FIFO whose writer is late, and through a shell`s substitution', async ({
    installation,
  }) => {
    await installVault(installation);
    const fifo = installation.path('password');
    execFileSync('mkfifo', [fifo]);
    const env = { CRYPTOSYNC_PASSWORD: undefined };
    const running = installation.start(['mount', '-c', 'client1', '--password-file', fifo], { env });
    await pause(1500);
    execFileSync('sh', ['-c', 'printf %s "$2" > "$1"', 'sh', fifo, vaultPassword]);
    expect(await running.finished).toMatchObject({ exitCode: 0 });
    expect(await installation.cryptosync(['unmount', '-c', 'client1'])).toMatchObject({ exitCode: 0 });
    const program = [process.execPath, join(import.meta.dirname, '../../bin/run.js')];
    const script = `exec "$@" --password-file <(sleep 0.3; printf %s '${vaultPassword}')`;
    const words = ['-c', script, 'bash', ...program, 'mount', '-c', 'client1'];
    const { CRYPTOSYNC_PASSWORD: _none, ...environment } = installation.environment;
    expect(await installation.runProgram('/bin/bash', words, { environment })).toMatchObject({ exitCode: 0 });
  });

  it.for(['FIFO that nobody writes', 'stdin that nobody ends'])(
    'and is waited for, %s: SIGTERM ends it with 130',
    async (source, { installation }) => {
      await installVault(installation);
      const fifo = installation.path('password');
      execFileSync('mkfifo', [fifo]);
      const file = source.startsWith('FIFO') ? fifo : '-';
      const running = installation.start(['mount', '-c', 'client1', '--password-file', file], {
        env: { CRYPTOSYNC_PASSWORD: undefined },
        keepStdinOpen: true,
        deadline: 20_000,
      });
      await pause(1500);
      running.child.kill('SIGTERM');
      expect(await running.finished).toMatchObject({ exitCode: 130, signal: null });
    },
  );

  it('is refused from a device that never ends', async ({ installation }) => {
    await installVault(installation);
    const args = ['mount', '-c', 'client1', '--password-file', '/dev/zero', '--json'];
    const { json } = await installation.cryptosync(args, { deadline: 20_000 });
    expect(json.error ?? json.results?.[0]?.error).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a process that holds a secret', () => {
  it('opens no debugger at SIGUSR1, and makes no core dump', async ({ installation }) => {
    const program = join(import.meta.dirname, '../../bin/run.js');
    const args = [program, 'install', '-c', 'client1', '--no-links', '--password-command', 'sleep 60'];
    // as on a machine that keeps dumps
    const child = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', process.execPath, ...args], {
      env: installation.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await pause(2500);
    child.kill('SIGUSR1');
    await pause(500);
    const limits = execFileSync('cat', [`/proc/${child.pid}/limits`], { encoding: 'utf8' });
    expect(child.exitCode).toBe(null);
    expect(said).not.toContain('Debugger');
    expect(limits).toMatch(/^Max core file size +1 +1 /m);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(child.exitCode).toBe(130);
  });
});
