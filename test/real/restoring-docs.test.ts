/** What docs/sync.md tells an operator to type to restore by hand: it is run as it stands there, and the quickstart too. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { readTree } from '../support/tree.ts';
import { typedRemote } from '../support/typed-remote.ts';
import { installVault, openByHand } from '../support/vault.ts';

const checkout = join(import.meta.dirname, '../..');

/** The lines that bring a vault's ciphertext back: all before those that open it. */
function recipe(): string {
  const page = readFileSync(join(checkout, 'docs/sync.md'), 'utf8');
  const section = page.slice(page.indexOf('## Restoring by hand'));
  const [, block = ''] = /```sh\n(.*?)```/s.exec(section) ?? [];
  const copying = block.slice(0, block.indexOf('mkdir '));
  expect(copying).toContain('rclone copy REMOTE:PATH /srv/restored');
  return copying;
}

describe('docs/sync.md brings a vault back with rclone and gocryptfs alone', () => {
  it.for(['folder', 'WebDAV'])('from a %s', async (kind, { installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'precious', 'below/b.txt': 'too' });
    await vault.succeed('mount');
    symlinkSync('below/b.txt', join(vault.mountDir, 'a link'));
    symlinkSync('nowhere', join(vault.mountDir, 'below', 'dangling'));
    await vault.succeed('unmount');
    await vault.succeed('sync');
    const workshop = mkdtempSync(installation.path('typed-'));
    const restored = join(workshop, 'restored');
    mkdirSync(restored);
    const remote = await typedRemote(kind, installation, vault.remoteDir, workshop);
    const typed = recipe().replaceAll('REMOTE:PATH', remote).replaceAll('/srv/restored', restored);
    const env = { ...installation.environment, RCLONE_CONFIG: join(workshop, 'rclone.conf') };
    execFileSync('sh', ['-e', '-c', typed], { cwd: workshop, env, stdio: 'pipe' });
    expect(readTree(restored)).toEqual(readTree(vault.encryptedDir));
    expect(openByHand(installation, restored)).toMatchObject({
      'a link': '-> below/b.txt',
      'below/dangling': '-> nowhere',
      'a.txt': expect.any(String),
      'below/b.txt': expect.any(String),
    });
  });
});

describe('npm run quickstart', () => {
  it('does the main job, and finds all as it was', ({ installation }) => {
    const said = execFileSync(process.execPath, ['scripts/quickstart.ts'], {
      cwd: checkout,
      env: { ...installation.environment, PATH: process.env['PATH'] },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(said).toContain('The quickstart succeeded: 5 files');
  });
});
