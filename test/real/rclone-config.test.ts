/** rclone's own configuration of a client's remotes, on a terminal and in scripts, and what is told afterwards. */
import { appendFileSync, chmodSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { encryptConf } from '../support/encrypted-conf.ts';
import { type Installation, it } from '../support/installation.ts';
import { openTerminal } from '../support/terminal.ts';
import { editProfile, installVault, vaultOf } from '../support/vault.ts';

const confOf = (installation: Installation): string =>
  installation.client('client1', 'rclone', 'rclone.conf');
const modeOf = (file: string): number => lstatSync(file).mode & 0o777;

/** `rclone-config -- …` in a script. */
const configure = (installation: Installation, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  installation.cryptosync(['rclone-config', '--client', 'client1', '--json', '--', ...args], { env });

describe('rclone-config with arguments', () => {
  it('prints what rclone prints, changes only this client, and restores the mode that rclone changes', async ({
    installation,
  }) => {
    await installVault(installation);
    const conf = confOf(installation);
    const plain = await installation.cryptosync(['rclone-config', '-c', 'client1', '--', 'show']);
    expect(plain).toMatchObject({ exitCode: 0, stdout: '[default-remote]\ntype = local\n\n', stderr: '' });

    // rclone makes such a file readable by everyone
    chmodSync(conf, 0o400);
    const others = installation.path('others.conf');
    const env = { RCLONE_CONFIG: others, RCLONE_CONFIG_FOREIGN_TYPE: 'alias', RCLONE_DRY_RUN: 'true' };
    const created = await configure(installation, ['create', 'second', 'alias', 'remote=/srv/second'], env);
    expect(created.json).toEqual({
      client: 'client1',
      output: '[second]\ntype = alias\nremote = /srv/second\n',
      remotes: ['default-remote', 'second'],
      missing: [],
    });
    expect(modeOf(conf)).toBe(0o600);
    expect(() => lstatSync(others)).toThrow('ENOENT');

    const deleted = await configure(installation, ['delete', 'default-remote']);
    expect(deleted).toMatchObject({ exitCode: 0 });
    expect(deleted.json).toMatchObject({
      remotes: ['second'],
      missing: [{ profile: 'default', remote: 'default-remote' }],
    });
    expect(deleted.stderr).toMatch(
      /^warning: client1\/default uses the remote default-remote, which .* not have/,
    );
  });

  it('passes the arguments in their order, whatever the remote is called', async ({ installation }) => {
    await installVault(installation);
    for (const name of ['create', '-x', '--help', '--json', 'a b']) {
      // rclone makes no remote whose name begins with a hyphen, and works with one that is there
      appendFileSync(confOf(installation), `\n[${name}]\ntype = alias\nremote = /srv\n`);
      const shown = await installation.cryptosync([
        'rclone-config',
        '-c',
        'client1',
        '--',
        'show',
        '--',
        name,
      ]);
      expect([shown.exitCode, shown.stdout.trim()]).toEqual([0, `[${name}]\ntype = alias\nremote = /srv`]);
      const deleted = await configure(installation, ['delete', '--', name]);
      expect(deleted.json.remotes).toEqual(['default-remote']);
    }
  });

  it('fails where rclone does, and repeats no secret', async ({ installation }) => {
    await installVault(installation);
    const unknown = await configure(installation, ['creat', 'x', 's3', 'secret_access_key=hunter2hunter2']);
    expect(unknown.exitCode).toBe(10);
    expect(unknown.json.error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(unknown.json.error.message).toMatch(
      /`rclone config creat` ended with [12]: Command config needs 0 arguments/,
    );
    expect(unknown.stdout + unknown.stderr + readFileSync(installation.logFile, 'utf8')).not.toContain(
      'hunter2',
    );
    const plain = await installation.cryptosync(['rclone-config', '-c', 'client1', '--', 'nonsense']);
    expect(plain.exitCode).toBe(10);
    expect(plain.stderr).toMatch(/`rclone config nonsense` ended with [12]/);

    writeFileSync(confOf(installation), 'neither a section\nnor = a key\n');
    const broken = await configure(installation, ['file']);
    expect(broken.json.error).toMatchObject({ code: 'CONFIG_INVALID', details: { line: 1 } });
  });

  it('needs a client, rclone, and for the dialogue a terminal', async ({ installation }) => {
    expect((await configure(installation, ['show'])).json.error).toMatchObject({ code: 'CLIENT_NOT_FOUND' });
    await installVault(installation);
    expect((await configure(installation, [])).json.error).toMatchObject({ code: 'USAGE', exit: 2 });
    mkdirSync(installation.path('nothing'));
    const without = await configure(installation, ['show'], { PATH: installation.path('nothing') });
    expect(without.json.error).toMatchObject({ code: 'TOOL_MISSING', exit: 11 });
  });

  it('is not stopped by another profile that is broken', async ({ installation }) => {
    const vault = await installVault(installation);
    editProfile(vault, { idle: 5 });
    const result = await configure(installation, ['create', 'second', 'alias', 'remote=/srv']);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toContain(`${vault.profileFile} is not a valid profile`);
  });
});

describe('the dialogue of rclone', () => {
  it('runs on the terminal under a lock, and what it deleted is told at once', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.succeed('sync');
    const terminal = openTerminal(installation, ['rclone-config', '--client', 'client1']);
    await terminal.waitFor('e/n/d/r/c/s/q>');
    // while it is open nobody else uses the file
    for (const args of [
      ['rclone-config', '--', 'show'],
      ['sync'],
      ['install', '--no-links', '--force', '--remote-type', 'alias', '--remote-option', 'remote=/srv'],
    ]) {
      const [command = '', ...more] = args;
      const { json } = await installation.cryptosync([command, '-c', 'client1', '--json', ...more]);
      const error = json.error ?? json.results[0].error;
      expect([args, error.code]).toEqual([args, 'LOCKED']);
      expect(error.message).toContain('rclone.conf of client1');
    }
    const waiting = installation.start(['rclone-config', '-c', 'client1', '--wait', '1m', '--', 'show']);

    terminal.enter('n');
    await terminal.waitFor('name>');
    terminal.enter('second one');
    await terminal.waitFor('Storage>');
    terminal.enter('alias');
    await terminal.waitFor('remote>');
    terminal.enter('/srv/second');
    // newer ones have advanced options here too, and ask for them first
    await terminal.waitFor(/y\/(e\/d|n)>\s*$/);
    if (/y\/n>\s*$/.test(terminal.shown())) terminal.enter('n');
    await terminal.waitFor(/y\/e\/d>/);
    terminal.enter('y');
    await terminal.waitFor(/second one +alias/);
    terminal.enter('d');
    await terminal.waitFor(/remote> *$|remote>\s*$/);
    terminal.enter('default-remote');
    await expect.poll(() => readFileSync(confOf(installation), 'utf8')).not.toContain('default-remote');
    terminal.enter('q');
    expect(await terminal.exitCode()).toBe(0);
    await terminal.waitFor('client1/default uses the remote default-remote');
    expect(readFileSync(confOf(installation), 'utf8')).toContain('[second one]');
    expect(modeOf(confOf(installation))).toBe(0o600);
    const waited = await waiting.finished;
    expect(waited).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('[second one]') });
  });

  it('may encrypt the file, which is then opened by RCLONE_CONFIG_PASS and never waited for', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    expect(await encryptConf(installation, 'of the conf')).toBe(0);
    const conf = confOf(installation);
    expect(readFileSync(conf, 'utf8')).toContain('RCLONE_ENCRYPT_V0');
    expect(modeOf(conf)).toBe(0o600);

    const shut = await configure(installation, ['show']);
    expect(shut.json.error).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('RCLONE_CONFIG_PASS'),
    });
    const env = { RCLONE_CONFIG_PASS: 'of the conf' };
    expect((await configure(installation, ['show'], env)).json.output).toContain('[default-remote]');
    const deleted = await configure(installation, ['delete', 'default-remote'], env);
    expect(deleted.json).toMatchObject({
      remotes: [],
      missing: [{ profile: 'default', remote: 'default-remote' }],
    });
    await configure(installation, ['create', 'default-remote', 'local'], env);
    expect(readFileSync(conf, 'utf8')).toContain('RCLONE_ENCRYPT_V0');

    const sync = (more: NodeJS.ProcessEnv) =>
      installation.cryptosync(['sync', '-c', 'client1', '--json'], { env: more });
    expect((await sync({})).json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    // what an encrypted file says of the remote's type is not known: its path stands as it is
    expect((await sync(env)).json.results).toMatchObject([{ outcome: 'synced' }]);
    expect(vaultOf(installation, 'client1').marker()).toMatchObject({ state: 'committed' });
    expect(vault.marker().vaultId).toBe(JSON.parse(readFileSync(vault.profileFile, 'utf8')).vaultId);
    const second = await installation.cryptosync(
      [
        'install',
        '-c',
        'client1',
        '-p',
        'two',
        '--no-links',
        '--remote-type',
        'local',
        '--remote-name',
        'two',
        '--remote-path',
        installation.path('two'),
      ],
      { env },
    );
    expect(second.stdout).toContain(`remote  two:${installation.path('two')} (local)`);
  });
});
