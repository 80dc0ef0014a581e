/** What the machine withholds from a process: open files, a place to write to, a mask of modes. It is told as that. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import { type CommandResult, program } from '../support/running-command.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  await vault.put({ 'a.txt': 'a', 'deep/b.txt': 'b' });
  await vault.succeed('sync');
});
afterAll(async () => {
  await installation.cleanUp();
});

/** Runs the command by a shell. @param script with the command as `"$@"` */
function byShell(script: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return installation.runProgram('/bin/sh', ['-c', script, 'sh', process.execPath, program, ...args], {
    environment: { ...installation.environment, ...environment },
  });
}

function expectNoBug({ stdout, stderr, signal }: CommandResult, what: string): void {
  expect(signal, what).toBeNull();
  expect(stdout + stderr, what).not.toMatch(/^\s+at |Node\.js v|UNEXPECTED|Code: E/m);
}

const commands: readonly (readonly string[])[] = [
  ['status'],
  ['sync', '--client', 'client1'],
  ['mount', '--client', 'client1'],
  ['unmount', '--client', 'client1'],
  ['verify', '--client', 'client1', '--deep'],
  ['restore', '--client', 'client1', '--to', 'OUT'],
  ['generations', '--client', 'client1'],
  ['doctor', '--client', 'client1', '--no-check-remote'],
  ['config', 'list', '--client', 'client1'],
];

describe('open files', () => {
  // node itself starts with 23, and what these commands take lies between
  it.each([25, 27, 30, 34, 40])(
    'of which there are %i are missed by nobody, or told as what is missing',
    async (count) => {
      await vault.put({ 'a.txt': `edited for ${count}` });
      const limit = `exec ${toolOnThisMachine('prlimit')} --nofile=${count}:${count} "$@"`;
      for (const command of commands) {
        const what = `${command.join(' ')} with ${count}`;
        const args = command.map((word) => (word === 'OUT' ? installation.path(`out-${count}`) : word));
        const result = await byShell(limit, args);
        expectNoBug(result, what);
        if (result.exitCode !== 0)
          expect([what, result.exitCode, result.stderr]).toEqual([
            what,
            75,
            expect.stringMatching(/no more open files for this user \[LOCKED\]/),
          ]);
      }
      await vault.run('unmount');
      expect(mountsBelow(installation.directory)).toEqual([]);
      const { results } = await vault.succeed('sync');
      expect(results[0]).toMatchObject({ consistent: true });
      await vault.succeed('verify', '--deep');
    },
  );
});

describe('room where stdout leads', () => {
  it.each([
    ['status'],
    ['status', '--json'],
    ['sync', '--client', 'client1'],
    ['sync', '--client', 'client1', '--json'],
    ['generations', '--client', 'client1'],
    ['doctor', '--client', 'client1', '--no-check-remote'],
    ['help', 'sync'],
    ['completions', 'bash'],
    ['key', 'generate'],
    ['recovery-sheet', '--client', 'client1'],
  ])('that is not there is told, once: %s %s %s', async (...args) => {
    const result = await byShell('exec "$@" > /dev/full', args);
    expectNoBug(result, args.join(' '));
    const told = result.stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect([result.exitCode, told]).toEqual([
      14,
      ["error: what this prints can't be written: no space is left [DISK_FULL]"],
    ]);
  });

  it('is no reason to leave the next client alone', async () => {
    const other = await installVault(installation, 'client2');
    await vault.put({ 'a.txt': 'for all' });
    await other.put({ 'a.txt': 'for all' });
    expect((await byShell('exec "$@" > /dev/full', ['sync', '--all'])).exitCode).toBe(14);
    for (const { ledger } of [vault, other]) expect(ledger().at(-1)).toMatchObject({ outcome: 'synced' });
  });

  it('is no failure where it is missing for stderr alone, or nobody reads', async () => {
    for (const script of ['exec "$@" 2> /dev/full', 'exec "$@" >&- 2>&-', '"$@" | true'])
      expect([
        script,
        (await byShell(script, ['sync', '--client', 'client1', '--progress', 'json'])).exitCode,
      ]).toEqual([script, 0]);
  });
});

describe('a directory for temporary files', () => {
  it.each(['/nowhere', '/dev/null', 'relative'])(
    'that is %s is told by its variable, where one is needed',
    async (TMPDIR) => {
      for (const command of [['mount'], ['verify', '--drill']]) {
        const result = await byShell('exec "$@"', [...command, '--client', 'client1'], { TMPDIR });
        expect([result.exitCode, result.stderr]).toEqual([
          10,
          expect.stringContaining(`TMPDIR, ${TMPDIR}, is`),
        ]);
      }
      expect((await byShell('exec "$@"', ['sync', '--client', 'client1'], { TMPDIR })).exitCode).toBe(0);
      expect(mountsBelow(installation.directory)).toEqual([]);
    },
  );
});

describe('a mask of modes', () => {
  it.each(['000', '077', '0277', '0400', '0777'])(
    'of %s keeps nothing from its owner and gives nothing to others',
    async (mask) => {
      const client = `client-${mask}`;
      const remote = ['--remote-type', 'local', '--remote-path', installation.path('remotes', client)];
      const run = (...args: string[]): Promise<CommandResult> =>
        byShell(`umask ${mask}; exec "$@"`, [...args, '--client', client, '--quiet']);
      for (const args of [
        ['install', '--no-links', '--initial-sync', ...remote],
        ['sync', '--full'],
        ['mount'],
        ['unmount'],
        ['restore', '--to', installation.path(client)],
      ]) {
        const { exitCode, stderr } = await run(...args);
        expect([args[0], exitCode, stderr]).toEqual([args[0], 0, '']);
      }
      const places = [
        installation.client(client),
        installation.path('remotes', client),
        installation.path(client),
      ];
      // the scripts hold nothing that is kept from anybody, in a directory that is the owner’s
      const others = ['!', '-type', 'l', '!', '-path', '*/cryptosync/scripts/*'];
      const withheld = ((Number.parseInt(mask, 8) & 0o077) | 0o022).toString(8);
      const { stdout } = await installation.runProgram(
        'find',
        [...places, ...others, '(', '-perm', `/${withheld}`, '-o', '!', '-perm', '-400', ')'],
        { environment: installation.environment },
      );
      expect(places.every((path) => existsSync(path))).toBe(true);
      expect(stdout).toBe('');
    },
  );
});
