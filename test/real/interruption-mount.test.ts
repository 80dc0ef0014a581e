/** A mount that is ended while the engine derives its key leaves nothing that mounts the vault afterwards. */
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import { it, vaultPassword } from '../support/installation.ts';
import { mountsBelow, processesNaming, waitUntil } from '../support/machine.ts';
import { pathOfOperators } from '../support/quick-engines/path-of.ts';
import { installVault } from '../support/vault.ts';

// a key that is derived in no time leaves no moment for it
process.env['PATH'] = pathOfOperators();

it('is over when the command is: nothing is mounted, and no daemon is left', async ({ installation }) => {
  const vault = await installVault(installation);
  const slow = ['-q', '-passwd', '-scryptn', '17', '--', vault.encryptedDir];
  execFileSync('gocryptfs', slow, {
    input: `${vaultPassword}\n${vaultPassword}\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const running = installation.start(['mount', '--client', 'client1', '--json']);
  const isDerived = (): boolean =>
    processesNaming(installation.directory).some(({ args }) =>
      args.some((word) => word.startsWith('-notifypid')),
    );
  expect(await waitUntil(isDerived, 60_000)).toBe(true);
  running.child.kill('SIGTERM');
  const { exitCode, stdout } = await running.finished;
  expect(exitCode, stdout).toBe(130);
  expect(mountsBelow(installation.directory)).toEqual([]);
  expect(processesNaming(installation.directory)).toEqual([]);
});
