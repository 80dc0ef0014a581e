/** The page for the day that everything burned, and whether what stands on it opens the vault. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesIn } from '../support/codes.ts';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { unmountAllBelow } from '../support/machine.ts';
import { searchFiles } from '../support/secret-search.ts';
import { openTerminal } from '../support/terminal.ts';
import { type ClientVault, copyByHand, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  appendFileSync(
    installation.client('client1', 'rclone', 'rclone.conf'),
    '[away]\ntype = webdav\nurl = http://127.0.0.1:1/<&">\n',
  );
  await vault.put({ 'a.txt': 'precious' });
  await vault.succeed('sync');
});

afterAll(() => installation.cleanUp());

const keyIn = (page: string): string => /^ {2}([0-9a-f]{8}(?:-[0-9a-f]{8}){7})$/m.exec(page)?.[1] ?? '';

/** Opens a copy of the remote with gocryptfs alone. */
function read(encryptedDir: string, args: string[], input: string): string {
  const mountPoint = installation.path('plain');
  mkdirSync(mountPoint, { recursive: true });
  execFileSync('gocryptfs', ['-q', ...args, encryptedDir, mountPoint], {
    input,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    return readFileSync(`${mountPoint}/a.txt`, 'utf8');
  } finally {
    unmountAllBelow(mountPoint);
  }
}

describe('a recovery sheet', () => {
  it('has a key that opens what lies on the remote, without its configuration and its password', async () => {
    const { hasMasterKey, output, page } = await vault.succeed('recovery-sheet');
    expect({ hasMasterKey, output }).toEqual({ hasMasterKey: true, output: null });
    const key = keyIn(page);
    const copy = copyByHand(installation, vault.remoteDir);
    rmSync(`${copy}/gocryptfs.conf`);
    expect(read(copy, ['-masterkey=stdin'], `${key}\n`)).toBe('precious');
    // what else stands there makes it whole again, with a new password
    const conf = /^gocryptfs\.conf\n-+\n([\s\S]*?)\n\n/m.exec(page)?.[1] ?? '';
    writeFileSync(`${copy}/gocryptfs.conf`, conf);
    expect(read(copy, [], `${vaultPassword}\n`)).toBe('precious');
    execFileSync('gocryptfs', ['-q', '-passwd', '-masterkey=stdin', copy], {
      input: `${key}\nanother\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    expect(read(copy, [], 'another\n')).toBe('precious');
    const settings = /^rclone\.conf\n-+\n([\s\S]*)$/m.exec(page)?.[1] ?? '';
    writeFileSync(installation.path('typed.conf'), settings);
    const args = ['lsf', '--config', installation.path('typed.conf'), `default-remote:${vault.remoteDir}`];
    expect(execFileSync('rclone', args, { encoding: 'utf8' })).toContain('gocryptfs.conf\n');
  });

  it('as HTML has QR codes of the key and of the configuration, and loads nothing', async () => {
    const file = installation.path('sheet.html');
    await vault.succeed('recovery-sheet', '--html', '--output', file);
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    const html = readFileSync(file, 'utf8');
    const [key, conf] = codesIn(installation, html);
    expect(html).toContain(key?.trim());
    expect(conf?.trim()).toBe(readFileSync(`${vault.encryptedDir}/gocryptfs.conf`, 'utf8').trim());
    expect(html).toContain('http://127.0.0.1:1/&lt;&amp;&quot;&gt;');
    expect(html.match(/(?:src|href)="(?!data:)/g)).toBeNull();
    rmSync(file);
  });

  it('asks on a terminal, and warns', async () => {
    const env = { CRYPTOSYNC_PASSWORD: undefined };
    const terminal = openTerminal(installation, ['recovery-sheet', '-c', 'client1'], env);
    await terminal.waitFor('Password of client1/default:');
    terminal.enter('wrong');
    await terminal.waitFor('Once more');
    terminal.enter(vaultPassword);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.shown()).toContain('opens the vault of client1/default without its password');
    terminal.close();
  });

  it.each([
    ['with a wrong password', ['--vault-password', 'wrong'], 'WRONG_PASSWORD', undefined],
    ['over a file', ['--output', '/etc/hostname'], 'CONFIG_INVALID', undefined],
    ['of a configuration that nothing has proven', [], 'VAULT_MISMATCH', 'proof'],
  ])('is not made %s', async (_, flags, code, without) => {
    if (without !== undefined)
      execFileSync('sh', ['-c', `rm ${installation.client('client1', 'cryptosync', 'state')}/${without}-*`]);
    const env = code === 'WRONG_PASSWORD' ? { CRYPTOSYNC_PASSWORD: undefined } : {};
    const args = ['recovery-sheet', '-c', 'client1', '--json', ...flags];
    const { json, stdout } = await installation.cryptosync(args, { env });
    expect(json.error).toMatchObject({ code });
    expect(keyIn(stdout)).toBe('');
    if (without === undefined) return;
    await vault.succeed('mount');
    await vault.succeed('unmount');
    await vault.succeed('recovery-sheet');
  });

  it('leaves the key in no file, log or ledger', async () => {
    const key = keyIn((await vault.succeed('recovery-sheet')).page);
    const plain = key.replaceAll('-', '');
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    const { found, count } = searchFiles(installation.directory, { key, plain, vaultPassword });
    expect(count).toBeGreaterThan(10);
    expect(found).toEqual([]);
    expect(vault.ledger().at(-1)).toMatchObject({ operation: 'recovery-sheet', outcome: 'made' });
  });
});
