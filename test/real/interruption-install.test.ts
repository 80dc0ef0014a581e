/** kill -9 at every step of install and mount: the same command again completes, and nothing is left behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { killAfter, killWhen } from '../support/kill.ts';
import { mountsBelow, processesNaming } from '../support/machine.ts';
import { pathOfOperators } from '../support/quick-engines/path-of.ts';
import { readTree } from '../support/tree.ts';
import { type ClientVault, installVault, vaultOf } from '../support/vault.ts';

// a vault that is made and opened in no time has no moment in which that could be stopped
process.env['PATH'] = pathOfOperators();

/** What the machine shows when an install has come to a step, in the order of the steps. */
const steps: Record<string, (client: string, installation: Installation) => boolean> = {
  'the mount point is there': (client, { client: path }) => existsSync(path(client, 'vault', 'decrypted')),
  'the workshop is there': (client, { client: path }) => existsSync(path(client, 'vault', '.encrypted.new')),
  'gocryptfs makes the vault': (client, { client: path }) =>
    processesNaming(path(client, 'vault')).some(({ args }) => args.includes('-init')),
  'the vault is made': (client, { client: path }) =>
    existsSync(path(client, 'vault', '.encrypted.new', 'cipher', 'gocryptfs.diriv')),
  'gocryptfs mounts it': (client, { client: path }) =>
    processesNaming(path(client, 'vault')).some(({ args }) => !args.includes('-init')),
  'it is mounted': (client, { client: path }) => mountsBelow(path(client)).length > 0,
  'it is in place': (client, { client: path }) => existsSync(path(client, 'vault', 'encrypted')),
  'rclone takes the remote': (client, { client: path }) =>
    processesNaming(path(client, 'rclone')).some(({ args }) => args.includes('rcd')),
  'the remote is written': (client, { client: path }) => existsSync(path(client, 'rclone', 'rclone.conf')),
  'the profile is written': (client, { client: path }) =>
    existsSync(path(client, 'cryptosync', 'config', 'default.json')),
};

const leftovers = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(new|tmp)$/.test(basename(path)),
  );

function commandFor(installation: Installation, client: string): string[] {
  const remote = ['--remote-type', 'local', '--remote-path', installation.path('remote')];
  return ['install', '--client', client, '--json', '--no-links', ...remote];
}

/** Runs the same install again, at once, and looks at what came of it. */
async function expectCompletion(installation: Installation, vault: ClientVault): Promise<void> {
  const again = await installation.cryptosync(commandFor(installation, vault.client));
  expect([again.exitCode, again.stderr], again.stdout).toEqual([0, '']);
  await vault.succeed('mount');
  expect(readdirSync(vault.mountDir)).toEqual(['.cryptosync-vault']);
  await vault.succeed('unmount');
  expect(leftovers(installation.client(vault.client))).toEqual([]);
  expect(mountsBelow(installation.directory)).toEqual([]);
  expect(processesNaming(installation.directory)).toEqual([]);
  expect(await vault.status()).toMatchObject({ state: 'unmounted', health: 'unmounted' });
}

describe('install that is killed', () => {
  it.for(Object.keys(steps))('when %s completes when it is run again', async (step, { installation }) => {
    const vault = vaultOf(installation, 'client1');
    const isReached = (): boolean => steps[step]?.('client1', installation) ?? false;
    expect(await killWhen(installation, commandFor(installation, 'client1'), isReached)).toBe(true);
    await expectCompletion(installation, vault);
  });

  it('after any time completes when it is run again', async ({ installation }) => {
    for (const milliseconds of [20, 130, 310, 480, 700]) {
      const client = `client${milliseconds}`;
      await killAfter(installation, commandFor(installation, client), milliseconds);
      await expectCompletion(installation, vaultOf(installation, client));
    }
  });

  it('never touches a vault that holds files', async ({ installation }) => {
    const vault = await installVault(installation);
    await vault.put({ 'a.txt': 'a' });
    const before = readTree(vault.encryptedDir);
    const again = ['install', '--client', 'client1', '--no-links', '--force', '--auto-mount'];
    for (let moment = 1; moment <= 6; moment += 1) {
      await killAfter(installation, again, moment * 120);
      expect(readTree(vault.encryptedDir)).toEqual(before);
    }
    await vault.succeed('install', '--no-links', '--force', '--auto-mount');
    expect(readFileSync(`${vault.mountDir}/a.txt`, 'utf8')).toBe('a');
    expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
  });
});

describe('mount that is killed', () => {
  it('is completed by one more mount, whatever its daemon was doing', async ({ installation }) => {
    const vault = await installVault(installation);
    const command = ['mount', '--client', 'client1'];
    const daemons = (): number => processesNaming(vault.encryptedDir).length;
    const moments: (() => boolean)[] = [
      () => daemons() === 1,
      () => daemons() === 2,
      () => mountsBelow(vault.mountDir).length > 0,
    ];
    for (const moment of moments) {
      expect(await killWhen(installation, command, moment)).toBe(true);
      await vault.succeed('mount');
      expect(mountsBelow(installation.directory)).toEqual([vault.mountDir]);
      await vault.succeed('unmount');
      expect(processesNaming(installation.directory)).toEqual([]);
    }
    // without a mount in between, unmount leaves no daemon that would mount later
    for (const moment of moments) {
      await killWhen(installation, command, moment);
      await vault.succeed('unmount');
      expect(mountsBelow(installation.directory)).toEqual([]);
      expect(processesNaming(installation.directory)).toEqual([]);
    }
  });
});
