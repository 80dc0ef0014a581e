/** What docs/restoring-by-hand.md tells a stranger to type: it is run as it stands there, and brings everything back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it, vaultPassword } from '../support/installation.ts';
import { unmountAllBelow } from '../support/machine.ts';
import { manyFiles, readTree, writeFiles } from '../support/tree.ts';
import { typedRemote } from '../support/typed-remote.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/restoring-by-hand.md'), 'utf8');
const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);

/** Kinds, modes, owners, times, links, hard links and attributes, as find(1) and getfattr(1) tell them. */
function portrait(directory: string): string {
  const listed =
    "find . -printf '%P %y %m %U %G %Ts %n %l\\n' | sort; getfattr -R -P -h -d -m user -- . | sort";
  return execFileSync('sh', ['-c', listed], { cwd: directory, encoding: 'utf8' }).replaceAll(
    / d (\d+ \d+ \d+ \d+) \d+/g,
    ' d $1',
  );
}

async function vaultWithEverything(installation: Installation): Promise<ClientVault> {
  const vault = await installVault(installation);
  await vault.succeed('mount');
  writeFiles(vault.mountDir, { 'a.txt': 'precious', 'below/b.txt': 'too', ...manyFiles(120, 10) });
  symlinkSync('below/b.txt', join(vault.mountDir, 'a link'));
  const typed =
    'mkdir empty; mkfifo pipe; ln a.txt hard; chown 1234:55 a.txt; chmod 2750 below; touch -d 2001-01-01 below; setfattr -n user.x -v y a.txt';
  execFileSync('sh', ['-c', typed], { cwd: vault.mountDir });
  await vault.succeed('sync');
  writeFileSync(join(vault.mountDir, 'a.txt'), 'edited since');
  rmSync(join(vault.mountDir, 'many/7'));
  await vault.succeed('sync');
  await vault.succeed('unmount');
  return vault;
}

describe('docs/restoring-by-hand.md', () => {
  it.for(['folder', 'WebDAV'])(
    'brings everything back from a %s, and an earlier generation',
    async (kind, { installation }) => {
      const vault = await vaultWithEverything(installation);
      expect(vault.marker().manifest.deltas).toBe(1);
      const workshop = mkdtempSync(installation.path('typed-'));
      const remote = await typedRemote(kind, installation, vault.remoteDir, workshop);
      const restored = join(workshop, 'restored');
      const env = { ...installation.environment, RCLONE_CONFIG: join(workshop, 'rclone.conf') };
      const type = (block: string): string =>
        execFileSync(
          'sh',
          ['-e', '-c', block.replaceAll('REMOTE:PATH', remote).replaceAll('/srv/restored', restored)],
          {
            cwd: workshop,
            env,
            encoding: 'utf8',
            input: `${vaultPassword}\n`,
            stdio: ['pipe', 'pipe', 'pipe'],
          },
        );
      const [marker = '', chain = '', files = '', rest = '', open = '', earlier = ''] = blocks;
      expect(JSON.parse(type(marker))).toMatchObject({ engine: 'gocryptfs', generation: 2 });
      for (const block of [chain, files, rest]) type(block);
      expect(portrait(join(restored, 'cipher'))).toBe(portrait(vault.encryptedDir));
      type(open);
      try {
        expect(readFileSync(join(restored, 'plain/a.txt'), 'utf8')).toBe('edited since');
        expect(Object.keys(readTree(join(restored, 'plain')))).not.toContain('many/7');
      } finally {
        unmountAllBelow(restored);
      }
      type(earlier);
      type(open.replace(/^mkdir.*\n/, ''));
      try {
        expect(readFileSync(join(restored, 'plain/a.txt'), 'utf8')).toBe('precious');
        expect(Object.keys(readTree(join(restored, 'plain')))).toContain('many/7');
      } finally {
        unmountAllBelow(restored);
      }
    },
  );
});
