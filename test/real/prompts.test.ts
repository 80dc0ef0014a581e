import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { type Installation, it, vaultPassword } from '../support/installation.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import { program } from '../support/running-command.ts';
import { startService, writeWorkloads } from '../support/service.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { installVault } from '../support/vault.ts';

const typed = 'typed \'pass\' "phrase" $7';
const noPassword = { CRYPTOSYNC_PASSWORD: undefined };

function open(installation: Installation, ...args: string[]): Terminal {
  return openTerminal(installation, args, noPassword);
}

const install = ['install', '--client', 'a', '--no-links'];

describe('the prompt of an install', () => {
  it('asks twice without an echo, then draws its steps, and the vault opens with what was typed', async ({
    installation,
  }) => {
    const terminal = open(installation, ...install);
    await terminal.waitFor('New password of a/default:');
    expect(existsSync(installation.root)).toBe(false);
    terminal.enter(typed);
    await terminal.waitFor('The same again:');
    terminal.enter(typed);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.shown()).toMatch(/✔ Make a gocryptfs vault in/);
    expect(terminal.shown()).toContain('a/default is set up');
    expect(terminal.shown()).not.toContain('phrase');
    const env = { CRYPTOSYNC_PASSWORD: typed };
    for (const command of ['mount', 'unmount'])
      expect(await installation.cryptosync([command, '--client', 'a'], { env })).toMatchObject({
        exitCode: 0,
      });
  });

  it('asks again when the two differ, and gives up after three times with nothing made', async ({
    installation,
  }) => {
    const terminal = open(installation, ...install);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const times = (text: string): RegExp => new RegExp(String.raw`(${text}[\s\S]*){${attempt}}`);
      await terminal.waitFor(times('New password of a/default:'));
      terminal.enter(`one ${attempt}`);
      await terminal.waitFor(times('The same again:'));
      terminal.enter(`another ${attempt}`);
      await terminal.waitFor(times('The two differ. Once more.'));
    }
    expect(await terminal.exitCode()).toBe(12);
    expect(terminal.shown()).toContain('[PASSWORD_REQUIRED]');
    expect(existsSync(installation.root)).toBe(false);
  });

  it('takes the second try when the two agree', async ({ installation }) => {
    const terminal = open(installation, ...install);
    await terminal.waitFor('New password of a/default:');
    terminal.enter(typed);
    await terminal.waitFor('The same again:');
    terminal.enter('mistyped');
    await terminal.waitFor(/The two differ. Once more.[\s\S]*New password of a\/default:/);
    terminal.enter(typed);
    await terminal.waitFor(/The two differ. Once more.[\s\S]*The same again:/);
    terminal.enter(typed);
    expect(await terminal.exitCode()).toBe(0);
  });

  it.each(['first', 'second'])(
    'ends at Ctrl-C at the %s question with 130 and nothing made',
    async (question) => {
      // `it.each` has no fixtures
      const { createInstallation } = await import('../support/installation.ts');
      const installation = createInstallation();
      try {
        const terminal = open(installation, ...install);
        await terminal.waitFor('New password of a/default:');
        if (question === 'second') {
          terminal.enter(typed);
          await terminal.waitFor('The same again:');
        }
        terminal.press('C-c');
        expect(await terminal.exitCode()).toBe(130);
        expect(terminal.shown()).toContain('[INTERRUPTED]');
        expect(terminal.shown()).not.toMatch(/\n\s+at |phrase/);
        expect(existsSync(installation.root)).toBe(false);
      } finally {
        await installation.cleanUp();
      }
    },
  );

  it('refuses an empty password', async ({ installation }) => {
    const terminal = open(installation, ...install);
    await terminal.waitFor('New password of a/default:');
    terminal.enter('');
    await terminal.waitFor('The same again:');
    terminal.enter('');
    expect(await terminal.exitCode()).toBe(12);
    expect(terminal.shown()).toContain('[INVALID_PASSWORD]');
    expect(existsSync(installation.root)).toBe(false);
  });
});

describe('the prompt of a mount', () => {
  it('asks three times, says what is wrong, and mounts with the right password', async ({ installation }) => {
    const vault = await installVault(installation, 'a');
    const wrong = open(installation, 'mount', '--client', 'a');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await wrong.waitFor(new RegExp(String.raw`(Password of a\/default:[\s\S]*){${attempt}}`));
      wrong.enter(`wrong ${attempt}`);
    }
    expect(await wrong.exitCode()).toBe(12);
    expect(wrong.shown()).toMatch(/error: .*\[WRONG_PASSWORD\]\nnext: /);
    expect(wrong.shown().match(/That is not the password of a\/default\. Once more\./g)).toHaveLength(2);
    expect(await vault.status()).toMatchObject({ state: 'unmounted' });
    const right = open(installation, 'mount', '--client', 'a');
    await right.waitFor('Password of a/default:');
    right.enter(vaultPassword);
    expect(await right.exitCode()).toBe(0);
    expect(right.shown()).toContain(`a/default: mounted at ${vault.mountDir}`);
    expect(right.shown()).not.toContain('horse');
    const again = open(installation, 'mount', '--client', 'a');
    expect(await again.exitCode()).toBe(0);
    expect(again.shown()).not.toContain('Password of');
  });

  it('leaves everything unmounted at Ctrl-C, and does not ask for the next one', async ({ installation }) => {
    const vault = await installVault(installation, 'a');
    await installVault(installation, 'b');
    const terminal = open(installation, 'mount', '--all');
    await terminal.waitFor('Password of a/default:');
    terminal.press('C-c');
    expect(await terminal.exitCode()).toBe(130);
    expect(terminal.shown()).toContain('[INTERRUPTED]');
    expect(terminal.shown()).not.toContain('Password of b/default');
    expect(await vault.status()).toMatchObject({ state: 'unmounted', lastSync: null });
    expect(readFileSync(vault.ledgerFile, 'utf8')).not.toContain('"mount"');
  });

  it.each([
    ['--no-input', ['--no-input'], noPassword],
    ['CI in the environment', [], { ...noPassword, CI: 'true' }],
  ])('never comes with %s', async (_, args, env) => {
    const { createInstallation } = await import('../support/installation.ts');
    const installation = createInstallation();
    try {
      await installVault(installation, 'a');
      const terminal = openTerminal(installation, ['mount', '--client', 'a', ...args], env);
      expect(await terminal.exitCode()).toBe(12);
      expect(terminal.shown()).toContain('[PASSWORD_REQUIRED]');
      expect(terminal.shown()).not.toContain('Password of');
    } finally {
      await installation.cleanUp();
    }
  });
});

describe('a password that was typed wrong', () => {
  const twice = async (terminal: Terminal): Promise<void> => {
    await terminal.waitFor(/assword of a\/default:/);
    terminal.enter('wrong');
    await terminal.waitFor(/Once more\.[\s\S]*Password of a\/default:/);
    terminal.enter(vaultPassword);
  };

  it('is asked for again by passwd, and the new one is not', async ({ installation }) => {
    await installVault(installation, 'a');
    const newFile = installation.path('new.pw');
    writeFileSync(newFile, 'another phrase', { mode: 0o600 });
    const terminal = open(installation, 'passwd', '--client', 'a', '--new-password-file', newFile);
    await twice(terminal);
    expect(await terminal.exitCode()).toBe(0);
    const env = { CRYPTOSYNC_PASSWORD: 'another phrase' };
    expect(await installation.cryptosync(['mount', '--client', 'a'], { env })).toMatchObject({ exitCode: 0 });
  });

  it('is asked for again by a sync that unmounts the vault for the while, which is mounted then', async ({
    installation,
  }) => {
    const vault = await installVault(installation, 'a');
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    await vault.succeed('mount', '--read-only');
    const download = ['sync', '--client', 'a', '--direction', 'download', '--remount'];
    const right = open(installation, ...download);
    await twice(right);
    expect(await right.exitCode()).toBe(0);
    expect(await vault.status()).toMatchObject({ state: 'mounted' });
    expect(() => writeFileSync(`${vault.mountDir}/b.txt`, 'b')).toThrow('EROFS');
    const wrong = open(installation, ...download);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await wrong.waitFor(new RegExp(String.raw`(Password of a\/default:[\s\S]*){${attempt}}`));
      wrong.enter(`wrong ${attempt}`);
    }
    expect(await wrong.exitCode()).toBe(12);
    expect(wrong.shown()).toContain('[WRONG_PASSWORD]');
    expect(await vault.status()).toMatchObject({ state: 'unmounted' });
  });

  it('is asked for again by an install that adopts a vault', async ({ installation }) => {
    const vault = await installVault(installation, 'a');
    unlinkSync(vault.profileFile);
    const terminal = open(installation, ...install);
    await twice(terminal);
    expect(await terminal.exitCode()).toBe(0);
    expect(await vault.status()).toMatchObject({ state: 'unmounted' });
  });

  it('is not asked for again when a file, a command or a variable gave it', async ({ installation }) => {
    await installVault(installation, 'a');
    const file = installation.path('wrong.pw');
    writeFileSync(file, 'wrong', { mode: 0o600 });
    const sources: [string[], NodeJS.ProcessEnv][] = [
      [['--password-file', file], noPassword],
      [['--password-command', 'echo wrong'], noPassword],
      [[], { CRYPTOSYNC_PASSWORD: 'wrong' }],
    ];
    for (const [args, env] of sources) {
      const terminal = openTerminal(installation, ['mount', '--client', 'a', ...args], env);
      expect(await terminal.exitCode()).toBe(12);
      expect(terminal.shown()).not.toContain('Password of');
    }
  });
});

describe('a terminal', () => {
  it('sees how far a sync has come, with bytes, rate and the time that is left', async ({ installation }) => {
    const vault = await installVault(installation, 'a');
    await vault.put({ big: Buffer.alloc(4 * 1024 * 1024, 1) });
    const terminal = open(installation, 'sync', '--client', 'a', '--bwlimit', '1M');
    await terminal.waitFor(
      /Syncing a\/default\s+\[#+-+\] \d+%\s+[\d.]+ [KM]iB \/ 4\.0 MiB\s+[\d.]+ [KM]iB\/s(\s+ETA \d+s)?/,
    );
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.shown()).toMatch(/a\/default: synced to .*4\.0 MiB.* in \d+s \(generation 1\)/);
  });

  it('gets colours, and none with NO_COLOR', async ({ installation }) => {
    await installVault(installation, 'a');
    const shown = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> => {
      const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
      const environment = { ...installation.environment, TERM: 'xterm-256color', ...env };
      const script = toolOnThisMachine('script');
      const result = await installation.runProgram(script, ['-qec', words, '/dev/null'], { environment });
      return result.stdout;
    };
    const coloured = `\x1b[3`;
    for (const args of [
      ['status', '--client', 'a'],
      ['mount', '--client', 'nobody'],
    ]) {
      expect(await shown(args, {})).toContain(coloured);
      expect(await shown(args, { NO_COLOR: '1' })).not.toContain(coloured);
    }
    expect(await shown(['install', '--client', 'b', '--no-links'], { NO_COLOR: '1' })).not.toContain(
      coloured,
    );
  });
});

describe('a claim on a terminal', () => {
  it('is drawn with a key and without one, which is asked for when the server says that it is needed', async ({
    installation,
  }) => {
    writeWorkloads(installation, { site: {}, open: { policy: { encryption: 'none' } } });
    const { address } = await startService(installation);
    const claim = (tenant: string, workload: string): Terminal =>
      open(
        installation,
        ...['session', 'claim', '--client', tenant, '--workload', workload, '--socket', address],
      );
    const keyless = claim('keyless', 'open');
    expect(await keyless.exitCode()).toBe(0);
    expect(keyless.shown()).toMatch(/✔ Claiming keyless[\s\S]*keyless is claimed/);
    const keyed = claim('keyed', 'site');
    await keyed.waitFor(/✔ keyed needs its key[\s\S]*Encryption key of keyed:/);
    const key = generateEncryptionKey();
    keyed.enter(key);
    expect(await keyed.exitCode()).toBe(0);
    expect(keyed.shown()).toMatch(/✔ Claiming keyed[\s\S]*keyed is claimed/);
    expect(keyed.shown()).not.toContain(key.slice(0, 8));
  });
});
