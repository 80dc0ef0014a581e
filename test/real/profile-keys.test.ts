/** The keys of a profile at work: each does at run time what it says, and a flag goes before it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished } from 'vitest';
import { type Installation, it, vaultPassword } from '../support/installation.ts';
import { pause, waitUntil } from '../support/machine.ts';
import { startStorage } from '../support/storage.ts';
import { type ClientVault, installVault, vaultOf } from '../support/vault.ts';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('a key of a profile', () => {
  const key = async (installation: Installation, name: string, value: string): Promise<void> => {
    const result = await installation.cryptosync(['config', 'set', name, value, '--client', 'client1']);
    expect([name, result.exitCode, result.stderr]).toEqual([name, 0, '']);
  };
  const mountLine = (vault: ClientVault): string =>
    read('/proc/self/mountinfo')
      .split('\n')
      .find((line) => line.includes(` ${vault.mountDir} `)) ?? '';

  it('readOnly, allowOther and idle shape a mount, and a flag goes before them', async ({ installation }) => {
    const vault = await installVault(installation);
    await key(installation, 'readOnly', 'true');
    await key(installation, 'allowOther', 'true');
    expect((await vault.succeed('mount')).results).toMatchObject([{ readOnly: true }]);
    expect(mountLine(vault)).toMatch(/ ro,.*allow_other/);
    expect(() => writeFileSync(`${vault.mountDir}/a`, 'a')).toThrow('EROFS');
    await vault.succeed('unmount');
    await vault.succeed('mount', '--no-read-only', '--no-allow-other');
    writeFileSync(`${vault.mountDir}/a`, 'a');
    expect(mountLine(vault)).toMatch(/ rw,/);
    expect(mountLine(vault)).not.toContain('allow_other');
    await vault.succeed('unmount');

    await key(installation, 'idle', '2s');
    await vault.succeed('mount', '--idle', '1h');
    const kept = mountLine(vault);
    await pause(4000);
    expect(mountLine(vault)).toBe(kept);
    await vault.succeed('unmount');
    await vault.succeed('mount');
    expect(mountLine(vault)).not.toBe('');
    expect(await waitUntil(() => mountLine(vault) === '', 15_000)).toBe(true);
  });

  it('passwordFile or passwordCommand gives the password, after the environment and the flags', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const [right, wrong] = [installation.path('right'), installation.path('wrong')];
    writeFileSync(right, `${vaultPassword}\n`, { mode: 0o600 });
    writeFileSync(wrong, 'wrong\n', { mode: 0o600 });
    /** The exit code of a mount; what was mounted is unmounted. */
    const mount = async (password: string | undefined, ...args: string[]) => {
      const env = { CRYPTOSYNC_PASSWORD: password };
      const { exitCode } = await installation.cryptosync(['mount', '-c', 'client1', ...args], { env });
      await vault.succeed('unmount');
      return exitCode;
    };
    expect(await mount(undefined)).toBe(12);
    await key(installation, 'passwordFile', right);
    expect(await mount(undefined)).toBe(0);
    expect(await mount('wrong')).toBe(12);
    expect(await mount('wrong', '--password-file', right)).toBe(0);
    await key(installation, 'passwordFile', wrong);
    expect(await mount(undefined)).toBe(12);
    await installation.cryptosync(['config', 'unset', 'passwordFile', '-c', 'client1']);
    await key(installation, 'passwordCommand', `cat ${right}`);
    expect(await mount(undefined)).toBe(0);
    expect(await mount(undefined, '--password-command', `cat ${wrong}`)).toBe(12);
  });

  it('maxDelete, keepDeleted and remote.path hold for a sync, and a flag goes before them', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const trash = `${vault.remoteDir}/.cryptosync/trash`;
    await vault.put({ one: '1', two: '2', three: '3' });
    await vault.succeed('sync');
    await key(installation, 'maxDelete', '0');
    const drop = async (name: string): Promise<void> => {
      await vault.succeed('mount');
      rmSync(`${vault.mountDir}/${name}`);
      await vault.succeed('unmount');
    };
    await drop('one');
    const refused = await vault.run('sync');
    expect([refused.exitCode, refused.json.error.code]).toEqual([15, 'DELETE_LIMIT']);
    expect((await vault.succeed('sync', '--max-delete', '5')).results).toMatchObject([{ deleted: 1 }]);
    expect(readdirSync(trash)).toHaveLength(1);
    await key(installation, 'maxDelete', '5');
    await key(installation, 'keepDeleted', '0');
    await drop('two');
    expect((await vault.succeed('sync')).results).toMatchObject([{ deleted: 1 }]);
    // none is kept any more, what earlier runs deleted neither
    expect(existsSync(trash) ? readdirSync(trash) : []).toEqual([]);

    const other = installation.path('remotes', 'other');
    await key(installation, 'remote.path', other);
    expect((await vault.succeed('sync')).results).toMatchObject([{ remote: `default-remote:${other}` }]);
    expect(readdirSync(other)).toContain('gocryptfs.conf');
  });

  it('bwlimit and rcloneFlags reach rclone, and --bwlimit goes before its key', async ({ installation }) => {
    // a directory of this machine needs no rclone
    const storage = await startStorage('webdav', installation.path('server'));
    onTestFinished(() => storage.close());
    const place = storage.installOptions('client1');
    const made = await installation.cryptosync(['install', '-c', 'client1', '--no-links', ...place]);
    expect(made, made.stderr).toMatchObject({ exitCode: 0 });
    const vault = vaultOf(installation, 'client1');
    const fakes = installation.path('fakes');
    mkdirSync(fakes);
    const real = execFileSync('sh', ['-c', 'command -v rclone'], { encoding: 'utf8' }).trim();
    // the real rclone, whose arguments are kept
    writeFileSync(`${fakes}/rclone`, `#!/bin/sh\necho "$*" >>${fakes}/calls\nexec ${real} "$@"\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${fakes}:${process.env['PATH']}` };
    const transfers = async (...args: string[]): Promise<string[]> => {
      writeFileSync(`${vault.encryptedDir}/new${Math.random()}`, 'x');
      const result = await installation.cryptosync(['sync', '-c', 'client1', ...args], { env });
      expect([result.exitCode, result.stderr]).toEqual([0, expect.any(String)]);
      const calls = read(`${fakes}/calls`)
        .split('\n')
        .filter((line) => line.startsWith('rcd '));
      rmSync(`${fakes}/calls`);
      return calls;
    };
    await key(installation, 'bwlimit', '80M');
    await key(installation, 'rcloneFlags', '["--transfers","3","--fast-list"]');
    const kept = await transfers();
    expect(kept.length).toBeGreaterThan(0);
    for (const call of kept) expect(call).toMatch(/ --bwlimit 80M --transfers[ =]3 --fast-list(=true)?( |$)/);
    const limited = await transfers('--bwlimit', '90M');
    expect(limited.length).toBeGreaterThan(0);
    for (const call of limited)
      expect(call).toMatch(/ --bwlimit 90M --transfers[ =]3 --fast-list(=true)?( |$)/);
  });
});
