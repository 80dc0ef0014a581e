/** Taking a profile's own remote out of rclone.conf, and telling how the rest is removed by hand. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { encryptConf } from '../support/encrypted-conf.ts';
import { type Installation, it } from '../support/installation.ts';
import { snapshot } from '../support/snapshot.ts';
import { openTerminal } from '../support/terminal.ts';
import { type ClientVault, editProfile, installVault, vaultOf } from '../support/vault.ts';

const purge = ['--purge-remote-config', '--yes-delete', 'client1'];
const confOf = (installation: Installation): string =>
  installation.client('client1', 'rclone', 'rclone.conf');
const sections = (installation: Installation): string[] =>
  [...readFileSync(confOf(installation), 'utf8').matchAll(/^\[(.+)\]$/gm)].map(([, name]) => name ?? '');

/** A client whose profile's remote is a crypt layer over one with a credential. */
async function installLayered(installation: Installation): Promise<ClientVault> {
  const vault = await installVault(installation);
  const conf = [
    '[secret]\ntype = crypt\nremote = "base":a',
    '[base]\ntype = sftp\nhost = 127.0.0.1\nkey_file = KEY',
    '[unrelated]\ntype = alias\nremote = /srv',
  ].join('\n\n');
  const key = installation.path('id_client1');
  writeFileSync(key, 'a key');
  writeFileSync(confOf(installation), `${conf.replace('"base"', 'base').replace('KEY', key)}\n`, {
    mode: 0o600,
  });
  editProfile(vault, { remote: { name: 'secret', path: 'p' } });
  return vault;
}

describe('uninstall --purge-remote-config', () => {
  it('removes the remote and what it lies over for whoever confirms it, and no other', async ({
    installation,
  }) => {
    const vault = await installLayered(installation);
    const before = snapshot(installation.client('client1'));
    for (const args of [['--purge-remote-config'], ['--purge-remote-config', '--yes-delete', 'client2']]) {
      const refused = await vault.run('uninstall', ...args);
      expect([args, refused.exitCode, refused.json.error.code]).toEqual([args, 2, 'USAGE']);
    }
    const plan = await vault.succeed('uninstall', '--purge-remote-config', '--dry-run');
    const conf = confOf(installation);
    expect(plan.removes).toEqual(expect.arrayContaining([`[secret] in ${conf}`, `[base] in ${conf}`]));
    expect(snapshot(installation.client('client1'))).toEqual(before);

    const done = await vault.succeed('uninstall', ...purge);
    expect(done.removed).toEqual(expect.arrayContaining(plan.removes));
    expect(sections(installation)).toEqual(['unrelated']);
    expect(existsSync(join(vault.encryptedDir, 'gocryptfs.conf'))).toBe(true);
    expect(done.kept).toContain(installation.path('id_client1'));
    expect(done.byHand).toContain(`rm ${installation.path('id_client1')}`);
    expect(done.byHand.join('\n')).not.toContain('purge');
    expect(readFileSync(installation.logFile, 'utf8')).toMatch(
      /client1\/default: uninstall begins: with its remote in rclone.conf\n.*uninstall ended: removed: \d+ paths/,
    );
  });

  it('takes the file along when nothing is left in it, and asks for the vault and the remote at once', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const both = ['uninstall', '-c', 'client1', '--purge-vault', '--purge-remote-config'];
    const terminal = openTerminal(installation, both);
    await terminal.waitFor('with its credentials from');
    terminal.enter('client1');
    expect(await terminal.exitCode()).toBe(0);
    expect([confOf(installation), vault.encryptedDir].map((path) => existsSync(path))).toEqual([
      false,
      false,
    ]);
  });

  it('removes nothing that another profile, or another remote, leads through', async ({ installation }) => {
    const vault = await installLayered(installation);
    const second = vaultOf(installation, 'client1', undefined, 'second');
    await second.succeed('install', '--no-links');
    for (const [name, message] of [
      ['base', 'the remote secret in '],
      ['secret', 'is also that of the profile second'],
    ] as const) {
      editProfile(vault, { remote: { name, path: 'p' } });
      editProfile(second, { remote: { name: 'secret', path: 'q' } });
      if (name === 'base') editProfile(second, { remote: { name: 'unrelated', path: 'q' } });
      const before = snapshot(installation.client('client1'));
      const refused = await vault.run('uninstall', ...purge);
      expect(refused.json.error).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(refused.json.error.message).toContain(message);
      expect(snapshot(installation.client('client1'))).toEqual(before);
    }
    // the one below is needed by another, the one above is not
    editProfile(vault, { remote: { name: 'secret', path: 'p' } });
    editProfile(second, { remote: { name: 'base', path: 'q' } });
    const { byHand } = await vault.succeed('uninstall', ...purge);
    expect(sections(installation)).toEqual(['base', 'unrelated']);
    expect(byHand).toContain('cryptosync rclone-config --client client1 -- delete base');
  });

  it('removes nothing when rclone.conf is not what was confirmed any more, or is encrypted without its password', async ({
    installation,
  }) => {
    const vault = await installLayered(installation);
    const terminal = openTerminal(installation, ['uninstall', '-c', 'client1', '--purge-remote-config']);
    await terminal.waitFor('This removes [secret] and [base] with its credentials');
    const conf = confOf(installation);
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('127.0.0.1', '127.0.0.2'));
    const before = readFileSync(conf, 'utf8');
    terminal.enter('client1');
    expect(await terminal.exitCode()).toBe(15);
    expect(terminal.shown()).toContain('PLAN_CHANGED');
    expect([readFileSync(conf, 'utf8'), existsSync(vault.profileFile)]).toEqual([before, true]);

    await encryptConf(installation, 'of the file');
    const refused = await vault.run('uninstall', ...purge);
    expect(refused.json.error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(existsSync(vault.profileFile)).toBe(true);
    const opened = await installation.cryptosync(
      ['uninstall', '-c', 'client1', '--json', '--purge-remote-config', '--yes-delete', 'client1'],
      { env: { RCLONE_CONFIG_PASS: 'of the file' } },
    );
    expect(opened).toMatchObject({ exitCode: 0 });
    const env = { ...installation.environment, RCLONE_CONFIG_PASS: 'of the file' };
    const left = execFileSync('rclone', ['--config', conf, 'listremotes'], { env, encoding: 'utf8' });
    expect(left.split('\n')).not.toContain('secret:');
  });
});

describe('what an uninstall leaves', () => {
  it('goes by the commands that it tells, the immutable mount point included', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    const mountDir = installation.path("a mount's place");
    await vault.succeed('config:set', 'mountDir', mountDir);
    // the old one is neither immutable nor there: what would be written into it would be in the clear
    expect(existsSync(vault.mountDir)).toBe(false);
    await vault.put({ 'b.txt': 'b' });
    const { byHand, kept } = await vault.succeed('uninstall');
    expect(kept).toEqual(expect.arrayContaining([vault.encryptedDir, confOf(installation)]));
    for (const command of byHand as string[]) {
      const own = command.replace(/^cryptosync/, `"${process.execPath}" bin/run.js`);
      execFileSync('sh', ['-c', own], { env: installation.environment, stdio: 'ignore' });
    }
    for (const path of [
      vault.encryptedDir,
      mountDir,
      vault.remoteDir,
      installation.client('client1', 'cryptosync'),
    ])
      expect([path, existsSync(path)]).toEqual([path, false]);
    expect(readFileSync(confOf(installation), 'utf8').trim()).toBe('');
    // what the profile was mounted on before is not immutable any more
    execFileSync('rm', ['-r', installation.client('client1')]);
  });
});
