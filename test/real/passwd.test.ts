/** Changing the password of a vault: one of the two opens it, whatever happens. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it, vaultPassword } from '../support/installation.ts';
import { mountsBelow, processesNaming, waitUntil } from '../support/machine.ts';
import { snapshot } from '../support/snapshot.ts';
import { openTerminal } from '../support/terminal.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

const next = 'the next one, with ümläut';
const config = ({ encryptedDir }: ClientVault): Buffer => readFileSync(join(encryptedDir, 'gocryptfs.conf'));
const keptDirectory = (installation: Installation): string =>
  installation.client('client1', 'cryptosync', 'state', 'engine-default');

/** The exit code of a mount with a password; what was mounted is unmounted again. */
async function opensWith(
  installation: Installation,
  vault: ClientVault,
  password: string,
): Promise<number | null> {
  const env = { CRYPTOSYNC_PASSWORD: password };
  const { exitCode } = await installation.cryptosync(['mount', '-c', 'client1'], { env });
  if (exitCode === 0) expect(readFileSync(join(vault.mountDir, 'a.txt'), 'utf8')).toBe('a');
  await vault.succeed('unmount');
  return exitCode;
}

async function installWithFile(installation: Installation): Promise<ClientVault> {
  const vault = await installVault(installation);
  await vault.put({ 'a.txt': 'a' });
  return vault;
}

/** `passwd` in a script, both passwords on stdin. */
const change = (installation: Installation, old: string, wanted: string, ...args: string[]) =>
  installation.cryptosync(
    ['passwd', '-c', 'client1', '--json', '--password-file', '-', '--new-password-file', '-', ...args],
    { input: `${old}\n${wanted}\n`, env: { CRYPTOSYNC_PASSWORD: undefined } },
  );

describe('passwd', () => {
  it('makes the new password open the vault, and the old one no more', async ({ installation }) => {
    const vault = await installWithFile(installation);
    const files = () => snapshot(vault.encryptedDir).filter((line) => !line.startsWith('gocryptfs.conf '));
    const before = files();
    const result = await change(installation, vaultPassword, next);
    expect(result.json).toMatchObject({ client: 'client1', profile: 'default', changed: true });
    expect(result.json.warning).toMatch(
      /old configuration .* still open with the old password.*next sync.*trash/,
    );
    expect(result.stderr).toContain(result.json.warning);
    expect(files()).toEqual(before);
    expect(await opensWith(installation, vault, vaultPassword)).toBe(12);
    expect(await opensWith(installation, vault, next)).toBe(0);
    expect(readdirSync(keptDirectory(installation))).toEqual([]);
    expect(mountsBelow(installation.directory)).toEqual([]);
    const passwd = vault.ledger().filter(({ operation }) => operation === 'passwd');
    expect(passwd).toMatchObject([{ event: 'started' }, { event: 'ended', outcome: 'changed' }]);
    const written = [installation.logFile, vault.ledgerFile, vault.profileFile].map((file) =>
      readFileSync(file, 'utf8'),
    );
    for (const word of [vaultPassword, next]) expect(written.join()).not.toContain(word);
  });

  it('takes the two from wherever they are given, and tells what still names the old one', async ({
    installation,
  }) => {
    const vault = await installWithFile(installation);
    const [old, wanted] = [installation.path('old'), installation.path('new')];
    writeFileSync(old, `${vaultPassword}\n`, { mode: 0o600 });
    writeFileSync(wanted, `${next}\n`, { mode: 0o600 });
    editProfile(vault, { passwordFile: old });
    const env = { CRYPTOSYNC_PASSWORD: undefined };
    const byFiles = await installation.cryptosync(
      ['passwd', '-c', 'client1', '--new-password-file', wanted],
      { env },
    );
    expect([byFiles.exitCode, byFiles.stdout]).toEqual([0, 'client1/default: the password is changed.\n']);
    expect(byFiles.stderr).toContain(`Put the new password into ${old}, which the profile names.`);
    const byVariables = await installation.cryptosync(['passwd', '-c', 'client1'], {
      env: { CRYPTOSYNC_PASSWORD: next, CRYPTOSYNC_NEW_PASSWORD: 'third' },
    });
    expect(byVariables.exitCode).toBe(0);
    const byBoth = await installation.cryptosync(['passwd', '-c', 'client1', '--new-password-file', '-'], {
      env: { CRYPTOSYNC_PASSWORD: 'third' },
      input: 'fourth\n',
    });
    expect(byBoth.exitCode).toBe(0);
    expect(await opensWith(installation, vault, 'fourth')).toBe(0);
  });

  it('changes nothing when it is refused', async ({ installation }) => {
    const vault = await installWithFile(installation);
    const before = config(vault);
    const refusals: [string, string, number, string][] = [
      ['wrong', next, 12, 'WRONG_PASSWORD'],
      [vaultPassword, '', 12, 'INVALID_PASSWORD'],
      [vaultPassword, 'carriage\rreturn', 12, 'INVALID_PASSWORD'],
      [vaultPassword, 'x'.repeat(2049), 12, 'INVALID_PASSWORD'],
      ['', next, 12, 'INVALID_PASSWORD'],
    ];
    for (const [old, wanted, exit, code] of refusals) {
      const result = await change(installation, old, wanted);
      expect([old, wanted, result.exitCode, result.json.error.code]).toEqual([old, wanted, exit, code]);
      expect(config(vault)).toEqual(before);
    }
    const without = await installation.cryptosync(['passwd', '-c', 'client1', '--json']);
    expect(without.json.error).toMatchObject({ code: 'PASSWORD_REQUIRED', exit: 12 });
    expect(`${without.json.error.message} ${without.json.error.hint}`).toContain('--new-password-file');

    await vault.succeed('mount');
    const mounted = await change(installation, vaultPassword, next);
    expect(mounted.json.error).toMatchObject({ code: 'VAULT_MOUNTED', exit: 75 });
    await vault.succeed('unmount');

    // CryFS is told by the profile: nothing is asked for, nothing is opened
    editProfile(vault, { engine: 'cryfs' });
    const cryfs = await installation.cryptosync(['passwd', '-c', 'client1', '--json'], {
      env: { CRYPTOSYNC_PASSWORD: undefined },
    });
    expect(cryfs.json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect(cryfs.json.error.message).toContain("cryfs can't change the password");
    expect(cryfs.json.error.hint).toContain('another profile');
    editProfile(vault, { engine: 'gocryptfs' });
    expect(config(vault)).toEqual(before);
    expect(await opensWith(installation, vault, vaultPassword)).toBe(0);
    expect(existsSync(keptDirectory(installation)) ? readdirSync(keptDirectory(installation)) : []).toEqual(
      [],
    );
  });

  it('asks on a terminal for the old one, and for the new one until both agree, without an echo', async ({
    installation,
  }) => {
    const vault = await installWithFile(installation);
    const terminal = openTerminal(installation, ['passwd', '-c', 'client1'], {
      CRYPTOSYNC_PASSWORD: undefined,
    });
    for (const [prompt, answer] of [
      [/\? Password of client1\/default: /, vaultPassword],
      [/\? New password of client1\/default: /, next],
      [/\? The same again: /, 'another'],
      [/differ[\s\S]*\? New password of client1\/default: /, next],
      [/differ[\s\S]*\? The same again: /, next],
    ] as const) {
      await terminal.waitFor(prompt);
      terminal.enter(answer);
    }
    expect(await terminal.exitCode()).toBe(0);
    await terminal.waitFor('the password is changed');
    for (const word of [vaultPassword, next, 'another']) expect(terminal.shown()).not.toContain(word);
    expect(await opensWith(installation, vault, next)).toBe(0);
  });
});

describe('a generation of before a passwd', () => {
  it('is opened by the password of then, which is said where another is given', async ({ installation }) => {
    const vault = await installWithFile(installation);
    await vault.succeed('sync');
    expect(await change(installation, vaultPassword, next)).toMatchObject({ exitCode: 0 });
    await vault.succeed('sync');
    const target = installation.path('then');
    const ways = [
      ['--generation', '1', '--to', `${target} whole`],
      ['--generation', '1', '--path', 'a.txt', '--to', target],
    ];
    for (const way of ways) {
      const restore = ['restore', '-c', 'client1', '--json', ...way];
      const today = await installation.cryptosync(restore, { env: { CRYPTOSYNC_PASSWORD: next } });
      expect([way, today.exitCode, today.json.error ?? today.json.results[0].error]).toEqual([
        ...[way, 12],
        expect.objectContaining({ hint: expect.stringContaining('of generation 1') }),
      ]);
      expect([way, existsSync(join(target, 'a.txt'))]).toEqual([way, false]);
    }
    const newest = await installation.cryptosync([
      'restore',
      '-c',
      'client1',
      '--json',
      '--to',
      `${target} newest`,
    ]);
    expect([newest.exitCode, JSON.stringify(newest.json)]).toEqual([
      12,
      expect.not.stringContaining('of generation'),
    ]);
    for (const way of ways) await vault.succeed('restore', ...way);
    expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('a');
  });
});

describe('passwd that is killed', () => {
  /** Moments of a change, each told by what it leaves on the disk. */
  const moments: [string, (installation: Installation, vault: ClientVault, before: Buffer) => boolean][] = [
    [
      'when the old configuration was set aside',
      (installation) => kept(installation).includes('gocryptfs.conf.before-passwd'),
    ],
    [
      'while gocryptfs rewrites it',
      (_, vault) => readdirSync(vault.encryptedDir).includes('gocryptfs.conf.tmp'),
    ],
    ['when the new configuration is there', (_, vault, before) => !config(vault).equals(before)],
    ['while the new password is proven', (installation) => mountsBelow(installation.directory).length > 0],
  ];
  const kept = (installation: Installation): string[] =>
    existsSync(keptDirectory(installation)) ? readdirSync(keptDirectory(installation)) : [];

  it.for(moments)(
    '%s leaves a vault that one of the two opens',
    async ([moment, isNow], { installation }) => {
      const vault = await installWithFile(installation);
      const before = config(vault);
      const running = installation.start(['passwd', '-c', 'client1'], {
        env: { CRYPTOSYNC_NEW_PASSWORD: next },
      });
      while (running.child.exitCode === null && !isNow(installation, vault, before))
        await new Promise((resolve) => setImmediate(resolve));
      const killed = running.child.exitCode === null;
      running.child.kill('SIGKILL');
      await running.finished;
      // only the file that gocryptfs writes for an instant may be missed
      if (!moment.startsWith('while gocryptfs')) expect(killed).toBe(true);
      await waitUntil(() => processesNaming(vault.encryptedDir).length === 0, 3000);
      // a place where it was proven that is still mounted is in nobody's way
      if (moment.includes('proven')) expect(await opensWith(installation, vault, next)).toBe(0);
      await vault.succeed('unmount');
      expect(mountsBelow(installation.directory)).toEqual([]);
      // exactly one of the two opens it, and the same command again puts all in order
      const codes = [];
      for (const password of [vaultPassword, next]) {
        const { exitCode } = await change(installation, password, 'the last');
        codes.push(exitCode);
        if (exitCode === 0) break;
      }
      expect(codes.at(-1)).toBe(0);
      expect(await opensWith(installation, vault, 'the last')).toBe(0);
      expect(mountsBelow(installation.directory)).toEqual([]);
      expect(kept(installation)).toEqual([]);
      expect(lstatSync(join(vault.encryptedDir, 'gocryptfs.conf')).mode & 0o077).toBe(0);
    },
  );
});

describe('what a passwd that was cut off left', () => {
  /** As kill -9 and a full disk leave it, in every place at once. */
  function plant(installation: Installation, vault: ClientVault, old: Buffer): string[] {
    const kept = keptDirectory(installation);
    mkdirSync(kept, { recursive: true });
    const left = [
      join(kept, 'gocryptfs.conf.before-passwd'),
      join(kept, '.gocryptfs.conf.before-passwd.0123456789ab.tmp'),
      join(vault.encryptedDir, 'gocryptfs.conf.tmp'),
      join(vault.encryptedDir, '.gocryptfs.conf.0123456789ab.tmp'),
    ];
    for (const path of left) writeFileSync(path, old, { mode: 0o600 });
    mkdirSync(join(kept, 'proof'));
    return [...left, join(kept, 'proof')];
  }

  it('is put in order by the next command that takes the vault, whichever it is', async ({
    installation,
  }) => {
    const vault = await installWithFile(installation);
    const old = config(vault);
    expect((await change(installation, vaultPassword, next)).exitCode).toBe(0);
    const env = { CRYPTOSYNC_PASSWORD: next };
    mkdirSync(vault.remoteDir, { recursive: true });
    const commands = [
      ['mount'],
      ['unmount'],
      ['sync'],
      ['sync', '--direction', 'bidirectional', '--resync', '--prefer', 'local'],
      ['sync', '--direction', 'download', '--force'],
      // one that only keeps the vault does not take it
      ['install', '--force', '--no-links', '--auto-mount'],
      ['unmount'],
      ['passwd'],
      ['doctor', '--fix', '--no-check-remote'],
      ['uninstall'],
    ];
    for (const [command = '', ...args] of commands) {
      const left = plant(installation, vault, old);
      if (command === 'doctor') {
        const looked = await installation.cryptosync([
          'doctor',
          '-c',
          'client1',
          '--no-check-remote',
          '--json',
        ]);
        const found = looked.json.findings.filter(({ id }: { id: string }) => id === 'passwd-cut-off');
        expect(found.map(({ what }: { what: string }) => what.split(' ')[0]).sort()).toEqual(
          left.filter((path) => !path.endsWith('/proof')).sort(),
        );
      }
      const words = [command, '-c', 'client1', ...args, '--json'];
      const more = command === 'passwd' ? { ...env, CRYPTOSYNC_NEW_PASSWORD: next } : env;
      const result = await installation.cryptosync(words, { env: more });
      const label = words.join(' ');
      if (command !== 'doctor')
        expect([label, result.exitCode, result.stderr]).toEqual([label, 0, expect.anything()]);
      expect([label, left.filter((path) => existsSync(path))]).toEqual([label, []]);
      const sent = readdirSync(vault.remoteDir, { recursive: true, encoding: 'utf8' });
      expect([label, sent.filter((name) => /\.tmp$|before-passwd/.test(name))]).toEqual([label, []]);
    }
    expect(config(vault).equals(old)).toBe(false);
  });

  it('goes back where the configuration of the vault is torn, and only there', async ({ installation }) => {
    const vault = await installWithFile(installation);
    for (const torn of ['', config(vault).subarray(0, 100), undefined]) {
      const whole = config(vault);
      plant(installation, vault, whole);
      const path = join(vault.encryptedDir, 'gocryptfs.conf');
      rmSync(path);
      if (torn !== undefined) writeFileSync(path, torn);
      await vault.run('doctor', '--fix', '--no-check-remote');
      await vault.succeed('unmount');
      expect(config(vault)).toEqual(whole);
    }
    expect(await opensWith(installation, vault, vaultPassword)).toBe(0);
  });

  it('is not left by one that finds the disk full, and does not stop the next', async ({ installation }) => {
    const vault = await installWithFile(installation);
    const disk = installation.path('disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'small', disk]);
    execFileSync('cp', ['-a', '--', `${vault.encryptedDir}/.`, disk]);
    rmSync(vault.encryptedDir, { recursive: true });
    symlinkSync(disk, vault.encryptedDir);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
    const full = await change(installation, vaultPassword, next);
    expect([full.exitCode, full.json.error.code]).toEqual([14, 'DISK_FULL']);
    expect(readdirSync(keptDirectory(installation))).toEqual([]);
    expect(readdirSync(disk).filter((name) => name.includes('.tmp'))).toEqual([]);
    rmSync(join(disk, 'ballast'));
    expect((await change(installation, vaultPassword, next)).exitCode).toBe(0);
    expect(await opensWith(installation, vault, next)).toBe(0);
  });
});
