import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { openTerminal } from '../support/terminal.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

const read = (file: string): string => readFileSync(file, 'utf8');
const modeOf = (file: string): number => lstatSync(file).mode & 0o777;

/** An editor that does another thing each time: the n-th shell command gets the file as `$1`. */
function scriptedEditor(installation: Installation, ...turns: string[]): string {
  const cases = turns.map((turn, index) => `${index + 1}) ${turn} ;;`).join('\n');
  const file = installation.path('editor');
  writeFileSync(
    file,
    `#!/bin/sh\ncp "$1" "$0.saw"\nstat -c %a "$1" >"$0.mode"\necho x >>"$0.turns"\ncase $(wc -l <"$0.turns") in\n${cases}\nesac\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

const set = (key: string, value: string): string =>
  `sed -i 's|"version": 1|"version": 1, "${key}": ${value}|' "$1"`;

/** Opens the profile in an editor that follows the turns. */
function edit(installation: Installation, vault: ClientVault, ...turns: string[]) {
  const editor = scriptedEditor(installation, ...turns);
  return openTerminal(installation, ['config', '--client', vault.client], { EDITOR: editor });
}

describe('config in an editor', () => {
  it('shows what is wrong with its path, lets it be mended, and replaces the profile in one step', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const before = read(vault.profileFile);
    const terminal = edit(
      installation,
      vault,
      'printf "{ broken" >"$1"',
      `cp "$0.first" "$1"; ${set('idel', '"30m"')}; ${set('maxDelete', '12')}; sed -i 's|"path": "|"pth": "|' "$1"`,
      `cp "$0.first" "$1"; ${set('idle', '"30m"')}`,
    );
    // the first draft, for the later turns
    await terminal.waitFor("This can't be saved");
    renameSync(installation.path('editor.saw'), installation.path('editor.first'));
    await terminal.waitFor(/\(the whole file\): .*JSON/);
    expect(read(vault.profileFile)).toBe(before);
    const draft = JSON.parse(read(installation.path('editor.first')));
    expect(draft).toEqual({
      $schema: expect.stringMatching(/^file:\/.*\/schema\/profile\.schema\.json$/),
      ...JSON.parse(before),
    });
    expect(JSON.parse(read(draft.$schema.slice('file://'.length))).properties).toHaveProperty('keepDeleted');
    expect(read(installation.path('editor.mode')).trim()).toBe('600');

    terminal.press('Enter');
    await terminal.waitFor('idel: there is no such key');
    await terminal.waitFor('maxDelete: ');
    await terminal.waitFor('remote.path: ');
    expect(read(vault.profileFile)).toBe(before);

    const { ino } = lstatSync(vault.profileFile);
    terminal.press('Enter');
    expect(await terminal.exitCode()).toBe(0);
    await terminal.waitFor(`${vault.profileFile}: saved`);
    expect(JSON.parse(read(vault.profileFile))).toEqual({ ...JSON.parse(before), idle: '30m' });
    expect(read(vault.profileFile)).not.toContain('$schema');
    expect(lstatSync(vault.profileFile).ino).not.toBe(ino);
    expect(modeOf(vault.profileFile)).toBe(0o600);
    expect(read(`${vault.profileFile}.bak`)).toBe(before);
    expect(modeOf(`${vault.profileFile}.bak`)).toBe(0o600);
    // no draft stays behind
    expect(readdirSync(installation.path('tmp')).filter((name) => name.startsWith('cryptosync'))).toEqual([]);
  });

  it('leaves the profile as it was when the changes are discarded, or there are none', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const before = read(vault.profileFile);
    const discarding = edit(installation, vault, 'printf "" >"$1"');
    await discarding.waitFor('Discard the changes');
    discarding.press('Down', 'Enter');
    expect(await discarding.exitCode()).toBe(0);
    await discarding.waitFor('your changes are discarded');
    discarding.close();
    const unchanged = edit(installation, vault, 'true');
    expect(await unchanged.exitCode()).toBe(0);
    await unchanged.waitFor('left as it was');
    unchanged.close();
    const failing = openTerminal(installation, ['config', '--client', vault.client], { EDITOR: 'false' });
    expect(await failing.exitCode()).toBe(10);
    await failing.waitFor('the editor `false` ended with 1');
    expect(read(vault.profileFile)).toBe(before);
    expect(readdirSync(installation.client('client1', 'cryptosync', 'config'))).toEqual(['default.json']);
  });

  it('refuses what would part the profile from its vault, and says how to do it', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const terminal = edit(
      installation,
      vault,
      `sed -i 's|"engine": "gocryptfs"|"engine": "cryfs"|' "$1"`,
      `sed -i 's|"engine": "cryfs"|"engine": "gocryptfs"|; s|"vaultId": "|"vaultId": "x|' "$1"`,
      `sed -i 's|"vaultId": "x|"vaultId": "|; s|vault/encrypted"|elsewhere"|' "$1"`,
    );
    await terminal.waitFor("the engine of client1/default can't change");
    await terminal.waitFor('install --client client1 --profile NAME --engine cryfs');
    terminal.press('Enter');
    await terminal.waitFor("the vault id of client1/default can't change");
    terminal.press('Enter');
    await terminal.waitFor(`the vault is still in ${vault.encryptedDir}`);
    await terminal.waitFor(`mv ${vault.encryptedDir} `);
    terminal.press('Down', 'Enter');
    expect(await terminal.exitCode()).toBe(0);
    expect(readdirSync(installation.client('client1', 'cryptosync', 'config'))).toEqual(['default.json']);
  });

  it('does not write over what another command changed meanwhile, unless it is saved once more', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const go = installation.path('go');
    const terminal = edit(
      installation,
      vault,
      `${set('idle', '"30m"')}; touch ${go}; while [ -e ${go} ]; do sleep 0.05; done`,
      'true',
    );
    await expect.poll(() => readdirSync(installation.directory), { timeout: 20_000 }).toContain('go');
    await installation.cryptosync(['config', 'set', 'bwlimit', '1M', '--client', 'client1']);
    renameSync(go, `${go}.done`);
    await terminal.waitFor('was changed by another command while you edited');
    expect(JSON.parse(read(vault.profileFile))).toMatchObject({ bwlimit: '1M' });
    terminal.press('Enter');
    expect(await terminal.exitCode()).toBe(0);
    expect(JSON.parse(read(vault.profileFile))).toMatchObject({ idle: '30m' });
    expect(JSON.parse(read(`${vault.profileFile}.bak`))).toMatchObject({ bwlimit: '1M' });
  });

  it('mends a broken profile, which no other command can read', async ({ installation }) => {
    const vault = await installVault(installation);
    const whole = read(vault.profileFile);
    writeFileSync(vault.profileFile, whole.replace('"version": 1,', '"version": 1'));
    expect(await vault.run('mount')).toMatchObject({ exitCode: 10 });
    const terminal = edit(installation, vault, `sed -i 's|"version": 1|"version": 1,|' "$1"`);
    expect(await terminal.exitCode()).toBe(0);
    expect(read(vault.profileFile)).toBe(whole);
    await vault.succeed('mount');
  });

  it('takes $VISUAL before $EDITOR, with its arguments, and opens no editor without a terminal', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const editor = scriptedEditor(installation, 'true');
    const visual = `${editor}-visual`;
    writeFileSync(visual, `#!/bin/sh\necho "$*" >"$0.arguments"\n`);
    chmodSync(visual, 0o755);
    const terminal = openTerminal(installation, ['config', '-c', 'client1'], {
      EDITOR: editor,
      VISUAL: `${visual} --wait`,
    });
    expect(await terminal.exitCode()).toBe(0);
    expect(read(`${visual}.arguments`)).toMatch(/^--wait \/.*\/default\.json\n$/);
    expect(readdirSync(installation.directory)).not.toContain('editor.turns');
    const result = await vault.run('config');
    expect(result).toMatchObject({ exitCode: 2 });
    expect(result.json.error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('config set') });
  });

  it('edits the settings of all clients, too', async ({ installation }) => {
    const settings = installation.path('settings', 'config.json');
    const editor = scriptedEditor(
      installation,
      `echo '{"rooot": "/srv"}' >"$1"`,
      `echo '{"root": "/srv"}' >"$1"`,
    );
    const terminal = openTerminal(installation, ['config', '--global'], {
      EDITOR: editor,
      CRYPTOSYNC_CONFIG: settings,
    });
    await terminal.waitFor('rooot: there is no such key');
    terminal.press('Enter');
    expect(await terminal.exitCode()).toBe(0);
    expect(JSON.parse(read(settings))).toEqual({ root: '/srv' });
  });
});

describe('config set, get, unset, list and path', () => {
  /** `config ACTION …` for the vault's profile. */
  const config = (installation: Installation, ...args: string[]) =>
    installation.cryptosync(['config', ...args, '--client', 'client1', '--json']);

  it('write one typed value, read it back, and take it out again', async ({ installation }) => {
    const vault = await installVault(installation);
    const before = read(vault.profileFile);
    const values: [string, string, unknown][] = [
      ['maxDelete', '25', '25'],
      ['keepDeleted', '90d', '90d'],
      ['keepGenerations', '12', 12],
      ['readOnly', 'true', true],
      ['allowOther', 'false', false],
      ['idle', '1h30m', '1h30m'],
      ['whenMounted', 'remount', 'remount'],
      ['remote.path', '/srv/a b/"c"', '/srv/a b/"c"'],
      ['passwordCommand', 'pass show "client 1"', 'pass show "client 1"'],
      ['rcloneFlags', '["--transfers","8"]', ['--transfers', '8']],
      ['rcloneFlags', '["--transfers=8","--fast-list"]', ['--transfers=8', '--fast-list']],
      [
        'mappings',
        '[{"source":"/srv/data","plaintext":true,"allowOutside":true}]',
        [{ source: '/srv/data', plaintext: true, allowOutside: true }],
      ],
      ['crypt.filenameEncryption', 'standard', 'standard'],
    ];
    for (const [key, text, value] of values) {
      expect((await config(installation, 'set', key, text)).json).toEqual({ key, value });
      expect((await config(installation, 'get', key)).json).toEqual({ key, value });
    }
    const { values: listed } = (await config(installation, 'list')).json;
    for (const [key, value] of new Map(values.map(([name, , value]) => [name, value])))
      expect([key, listed[key]]).toEqual([key, value]);
    expect(listed).toMatchObject({ version: 1, engine: 'gocryptfs', encryptedDir: vault.encryptedDir });
    expect(modeOf(vault.profileFile)).toBe(0o600);
    for (const [key] of values.filter(([name]) => !/^(remote|crypt)\./.test(name)))
      expect((await config(installation, 'unset', key)).json).toEqual({ key, value: null });
    expect((await config(installation, 'unset', 'crypt')).exitCode).toBe(0);
    await config(installation, 'set', 'remote.path', JSON.parse(before).remote.path);
    expect(read(vault.profileFile)).toBe(before);
    expect((await config(installation, 'get', 'idle')).json).toEqual({ key: 'idle', value: null });
    expect((await config(installation, 'path')).json).toEqual({ path: vault.profileFile });
    const plain = await installation.cryptosync(['config', 'get', 'engine', '-c', 'client1']);
    expect(plain.stdout).toBe('gocryptfs\n');
  });

  it('refuse keys that there are not, with the nearest, and values that are not valid, and change nothing', async ({
    installation,
  }) => {
    const refused: [string, string, number, RegExp][] = [
      ['idel', '30m', 2, /Did you mean idle\?/],
      ['remote.pth', 'x', 2, /Did you mean remote\.path\?/],
      ['keepdeleted', '30d', 2, /Did you mean keepDeleted\?/],
      ['__proto__', 'x', 2, /no key "__proto__"/],
      ...['log', 'metricsFile', 'root'].map((key): [string, string, number, RegExp] => [
        key,
        'x',
        2,
        /It is a setting of all clients: add --global/,
      ]),
      ['idle', 'soon', 10, /idle: .*duration/],
      ['readOnly', 'perhaps', 10, /readOnly: /],
      ['maxDelete', 'all', 10, /maxDelete: /],
      ['whenMounted', 'force', 10, /whenMounted: /],
      ['mountDir', 'relative', 10, /mountDir: must be an absolute path/],
      ...[
        '--dump=auth',
        '-vv',
        '--config=/tmp/x',
        '--log-level=DEBUG',
        '--exclude=*',
        '--password-command=sh',
        '--rc',
      ].map((flag): [string, string, number, RegExp] => [
        'rcloneFlags',
        JSON.stringify([flag]),
        10,
        /rcloneFlags: \S+ is not a flag that is allowed here/,
      ]),
      ['rcloneFlags', '["--user-agent"]', 10, /rcloneFlags: --user-agent has no value/],
      ['rcloneFlags', '["--user-agent", "--dry-run"]', 10, /rcloneFlags: --user-agent takes/],
      ['maxDelete', '500%', 10, /maxDelete: /],
      ['bwlimit', 'fast', 10, /bwlimit: /],
      ['engine', 'cryfs', 10, /engine .* can't change/],
      ['vaultId', 'another', 10, /vault id .* can't change/],
      ['encryptedDir', '/srv/elsewhere', 10, /the vault is still in/],
    ];
    const vault = await installVault(installation);
    const before = read(vault.profileFile);
    for (const [key, value, exit, why] of refused) {
      const result = await config(installation, 'set', key, value);
      expect([key, value, result.exitCode]).toEqual([key, value, exit]);
      const { message, hint } = result.json.error;
      expect(`${message} ${hint}`).toMatch(why);
    }
    for (const key of ['vaultId', 'engine', 'encryptedDir', 'version'])
      expect([key, (await config(installation, 'unset', key)).exitCode]).toEqual([key, 10]);
    expect(read(vault.profileFile)).toBe(before);
    expect(readdirSync(installation.client('client1', 'cryptosync', 'config'))).toEqual(['default.json']);
  });

  it('mend a profile of which a value is not allowed any more, and tell it until then', async ({
    installation,
  }) => {
    const vault = await installVault(installation);
    const before = read(vault.profileFile);
    const flags = ['--transfers=2', '--checksum'];
    for (const mend of [
      ['unset', 'rcloneFlags'],
      ['set', 'rcloneFlags', '["--transfers=2"]'],
    ]) {
      writeFileSync(vault.profileFile, JSON.stringify({ ...JSON.parse(before), rcloneFlags: flags }));
      for (const command of [['sync'], ['sync', '--dry-run'], ['config', 'list']]) {
        const result = await installation.cryptosync([...command, '-c', 'client1', '--json']);
        expect(result.exitCode).toBe(10);
        const { error = result.json.results?.[0].error } = result.json;
        expect(error.code).toBe('CONFIG_INVALID');
        expect(error.message).toMatch(
          /rcloneFlags: --checksum is not .* overlook files or edits; take it out/,
        );
        expect(error.hint).toContain('config unset KEY');
      }
      expect((await config(installation, 'set', 'idle', '30m')).exitCode).toBe(10);
      expect((await config(installation, 'set', 'encryptedDir', '/srv/x')).exitCode).toBe(10);
      expect((await config(installation, ...mend)).exitCode).toBe(0);
      expect((await installation.cryptosync(['config', 'list', '-c', 'client1'])).exitCode).toBe(0);
    }
  });

  it('lose nothing of what is set at the same time', async ({ installation }) => {
    const vault = await installVault(installation);
    const changes: [string, string][] = [
      ['idle', '30m'],
      ['bwlimit', '1M'],
      ['maxDelete', '5%'],
      ['keepDeleted', '9d'],
    ];
    const results = await Promise.all(
      changes.map(([key, value]) => config(installation, 'set', key, value, '--wait', '1m')),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(JSON.parse(read(vault.profileFile))).toMatchObject(Object.fromEntries(changes));
  });

  it('follow a vault that was moved', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const moved = installation.path('disk', 'vault');
    mkdirSync(installation.path('disk'));
    await vault.succeed('mount');
    const mounted = await config(installation, 'set', 'mountDir', installation.path('other'));
    expect(mounted.json.error).toMatchObject({ code: 'VAULT_MOUNTED', exit: 75 });
    await vault.succeed('unmount');
    renameSync(vault.encryptedDir, moved);
    expect(await config(installation, 'set', 'encryptedDir', moved)).toMatchObject({ exitCode: 0 });
    await vault.succeed('mount');
    expect(read(`${vault.mountDir}/a.txt`)).toBe('a');
    const summary = JSON.parse(read(installation.client('client1', 'cryptosync', 'summary.json')));
    expect(summary).toMatchObject({ encrypted_dir: moved, profiles: [{ encrypted_dir: moved }] });
  });

  it('say which client or profile there is not', async ({ installation }) => {
    expect((await config(installation, 'list')).json.error).toMatchObject({ code: 'CLIENT_NOT_FOUND' });
    await installVault(installation);
    const result = await config(installation, 'set', 'idle', '1m', '--profile', 'photos');
    expect(result.json.error).toMatchObject({ code: 'PROFILE_NOT_FOUND', exit: 10 });
  });
});

describe('the settings of all clients', () => {
  const settings = (installation: Installation, env: NodeJS.ProcessEnv, ...args: string[]) =>
    installation.cryptosync(['config', ...args, '--global', '--json'], { env });

  it('are what holds where neither a flag nor the environment says otherwise', async ({ installation }) => {
    const file = installation.path('etc', 'config.json');
    const clean = { CRYPTOSYNC_CONFIG: file, CRYPTOSYNC_ROOT: undefined, CRYPTOSYNC_LOG: undefined };
    const roots = ['a', 'b', 'c'].map((name) => installation.path(name));
    const [byFlag = '', byVariable = '', bySetting = ''] = roots;
    for (const [key, value] of [
      ['root', bySetting],
      ['client', 'of-settings'],
      ['logFile', installation.path('log', 'of-settings.log')],
    ] as const)
      expect((await settings(installation, clean, 'set', key, value)).json).toEqual({ key, value });
    expect((await settings(installation, clean, 'path')).json).toEqual({ path: file });
    expect(modeOf(file)).toBe(0o644);
    const profilePath = async (env: NodeJS.ProcessEnv, ...args: string[]) =>
      (await installation.cryptosync(['config', 'path', '--json', ...args], { env: { ...clean, ...env } }))
        .json.path;
    const at = (root: string, client: string): string => `${root}/${client}/cryptosync/config/default.json`;
    const all = { CRYPTOSYNC_ROOT: byVariable, CRYPTOSYNC_CLIENT: 'of-environment' };
    expect(await profilePath({})).toBe(at(bySetting, 'of-settings'));
    expect(await profilePath(all)).toBe(at(byVariable, 'of-environment'));
    expect(await profilePath(all, '--root', byFlag, '--client', 'of-flag')).toBe(at(byFlag, 'of-flag'));
    expect(await profilePath({ ...clean, CRYPTOSYNC_CONFIG: `${file}.none`, HOME: '/none' })).toBe(
      at('/opt/agency_stack/clients', 'default'),
    );

    // the log: a setting, above it the environment, above that the flag
    const install = (root: string, env: NodeJS.ProcessEnv, ...args: string[]) =>
      installation.cryptosync(['install', '--no-links', '--root', root, ...args], {
        env: { ...clean, ...env },
      });
    const logOf = (name: string): string => installation.path('log', `${name}.log`);
    await install(bySetting, {});
    await install(byVariable, { CRYPTOSYNC_LOG: logOf('of-environment') });
    await install(byFlag, { CRYPTOSYNC_LOG: logOf('of-environment') }, '--log-file', logOf('of-flag'));
    expect(readdirSync(bySetting)).toEqual(['of-settings']);
    for (const name of ['of-settings', 'of-environment', 'of-flag'])
      expect(read(logOf(name)).match(/install begins/g)).toHaveLength(1);

    await settings(installation, clean, 'unset', 'client');
    expect(await profilePath({})).toBe(at(bySetting, 'default'));
  });

  it('are refused when they are not valid, and read even where a profile is named by the environment', async ({
    installation,
  }) => {
    const env = { CRYPTOSYNC_CONFIG: installation.path('config.json'), CRYPTOSYNC_PROFILE: 'photos' };
    expect(await settings(installation, env, 'get', 'root')).toMatchObject({ exitCode: 0 });
    for (const [key, value, exit] of [
      ['root', 'relative', 10],
      ['client', '../up', 10],
      ['rot', '/srv', 2],
    ] as const)
      expect([key, (await settings(installation, env, 'set', key, value)).exitCode]).toEqual([key, exit]);
    for (const key of ['idle', 'remote.path', 'maxDelete'])
      expect((await settings(installation, env, 'set', key, '1')).json.error).toMatchObject({
        exit: 2,
        hint: expect.stringContaining('leave --global out'),
      });
    expect(readdirSync(installation.directory)).not.toContain('config.json');
    writeFileSync(env.CRYPTOSYNC_CONFIG, '{"rooot": "/srv"}');
    const broken = await installation.cryptosync(['status', '--json'], { env });
    expect(broken.json.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect(broken.json.error.message).toContain(`${env.CRYPTOSYNC_CONFIG} is not valid: rooot: `);
  });

  it('lie in the XDG directory of a user who is not root', async ({ installation }) => {
    chownSync(installation.path('home'), 65_534, 65_534);
    const env = { CRYPTOSYNC_CONFIG: undefined, CRYPTOSYNC_LOG: installation.path('home', 'log') };
    const user = { uid: 65_534, gid: 65_534, env };
    const found = await installation.cryptosync(['config', 'path', '--global'], user);
    expect(found.stdout).toBe(`${installation.path('home', '.config', 'cryptosync', 'config.json')}\n`);
    const set = await installation.cryptosync(['config', 'set', 'client', 'mine', '--global'], user);
    expect([set.exitCode, set.stderr]).toEqual([0, '']);
    expect(JSON.parse(read(found.stdout.trim()))).toEqual({ client: 'mine' });
    expect((await installation.cryptosync(['config', 'path', '--global'], { env })).stdout).toBe(
      '/etc/cryptosync/config.json\n',
    );
  });
});
