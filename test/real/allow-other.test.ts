/** `--allow-other`: another user of the machine gets in where he is let in, for that long, and nowhere else. */
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { nobody } from '../support/stranger.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

/** What another user reads there, or why he does not. */
function readAsNobody(path: string): string {
  try {
    const who = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
    return execFileSync('setpriv', [...who, 'cat', path], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return String((error as { stderr?: string }).stderr).trim();
  }
}

const denied = expect.stringContaining('Permission denied');
const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

/** A vault with a file for all and one for its owner; `place` is a mount directory that everybody gets to. */
async function installWithFiles(installation: Installation, place?: string): Promise<ClientVault> {
  const args = place === undefined ? [] : ['--mount-dir', place];
  const installed = await installVault(installation, 'client1', ...args);
  const vault = { ...installed, mountDir: place ?? installed.mountDir };
  await vault.succeed('mount');
  for (const [name, mode] of [
    ['for all', 0o644],
    ['own', 0o600],
  ] as const) {
    writeFileSync(join(vault.mountDir, name), name);
    chmodSync(join(vault.mountDir, name), mode);
  }
  await vault.succeed('unmount');
  return vault;
}

async function findings(installation: Installation, ...args: string[]): Promise<string[]> {
  const doctor = ['doctor', '--client', 'client1', '--json', '--no-check-remote', ...args];
  const { json } = await installation.cryptosync(doctor);
  return json.findings.map(({ id }: { id: string }) => id).filter((id: string) => /mode|refused/.test(id));
}

describe('a vault that is mounted for others', () => {
  it('lets them read what is theirs to read, until it is unmounted, and doctor does not undo it', async ({
    installation,
  }) => {
    const place = installation.path('reachable');
    const vault = await installWithFiles(installation, place);
    for (const more of [[], ['--read-only']]) {
      const { exitCode, stderr } = await vault.run('mount', '--allow-other', ...more);
      expect({ exitCode, stderr }, more.join()).toEqual({ exitCode: 0, stderr: '' });
      expect(readAsNobody(join(place, 'for all')), more.join()).toBe('for all');
      expect(readAsNobody(join(place, 'own'))).toEqual(denied);
      expect(await findings(installation, '--fix')).toEqual([]);
      expect(modeOf(vault.encryptedDir)).toBe('755');
      expect(readAsNobody(join(place, 'for all'))).toBe('for all');
      await vault.succeed('unmount');
      expect(modeOf(vault.encryptedDir)).toBe('700');
      expect(await findings(installation)).toEqual([]);
    }
    await vault.succeed('mount');
    expect(readAsNobody(join(place, 'for all'))).toEqual(denied);
    await vault.succeed('unmount');
  });

  it('is closed to them when its mount fails or dies, and what others may write is told all the same', async ({
    installation,
  }) => {
    const vault = await installWithFiles(installation);
    const wrong = { env: { CRYPTOSYNC_PASSWORD: 'wrong' } };
    const args = ['mount', '--client', 'client1', '--allow-other', '--json', '--no-input'];
    expect(await installation.cryptosync(args, wrong)).toMatchObject({ exitCode: 12 });
    expect(modeOf(vault.encryptedDir)).toBe('700');
    await vault.run('mount', '--allow-other');
    chmodSync(vault.encryptedDir, 0o777);
    expect(await findings(installation)).toEqual(['mode-open']);
    chmodSync(vault.encryptedDir, 0o755);
    const pid = execFileSync('pgrep', ['-f', `gocryptfs.*${vault.encryptedDir}`], { encoding: 'utf8' });
    for (const one of pid.trim().split('\n')) process.kill(Number(one), 'SIGKILL');
    await vault.succeed('unmount');
    expect(modeOf(vault.encryptedDir)).toBe('700');
  });

  it('says which directory above it lets nobody through, and doctor leaves it when it does', async ({
    installation,
  }) => {
    const vault = await installWithFiles(installation);
    const way = [installation.client('client1'), installation.client('client1', 'vault')];
    for (const closed of way) {
      const { exitCode, stderr } = await vault.run('mount', '--allow-other');
      expect(exitCode).toBe(0);
      expect(stderr).toContain(`${closed} lets nobody else through`);
      expect(readAsNobody(join(vault.mountDir, 'for all'))).toEqual(denied);
      await vault.succeed('unmount');
      chmodSync(closed, 0o711);
    }
    expect(await vault.run('mount', '--allow-other')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await findings(installation, '--fix')).toEqual([]);
    expect(readAsNobody(join(vault.mountDir, 'for all'))).toBe('for all');
    await vault.succeed('unmount');
  });

  it('by CryFS, which looks at no modes, is warned of', { timeout: 300_000 }, async ({ installation }) => {
    const place = installation.path('reachable');
    const vault = await installVault(installation, 'client1', '--mount-dir', place, '--engine', 'cryfs');
    const { exitCode, stderr } = await vault.run('mount', '--allow-other');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('every user of this machine can read and change all of it');
    writeFileSync(join(place, 'own'), 'own', { mode: 0o600 });
    expect(readAsNobody(join(place, 'own'))).toBe('own');
    expect(modeOf(vault.encryptedDir)).toBe('700');
    await vault.succeed('unmount');
  });
});
