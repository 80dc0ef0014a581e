/** Mounts that this process does not see, and mounts that lie in one another. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { it } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { ownMounts } from '../support/mount-namespace.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import { program } from '../support/running-command.ts';
import { installVault } from '../support/vault.ts';

it('a vault that is mounted in another mount namespace is told as such, and by which process', async ({
  installation,
}) => {
  const vault = await installVault(installation);
  const mount = [...ownMounts(), process.execPath, program, 'mount', '-c', 'client1'];
  const { environment } = installation;
  const hidden = await installation.runProgram(toolOnThisMachine('unshare'), mount, { environment });
  expect([hidden.exitCode, hidden.stderr]).toEqual([
    0,
    expect.stringContaining('the machine does not have the mount. A unit of systemd'),
  ]);
  expect(mountsBelow(vault.mountDir)).toEqual([]);
  expect((await vault.status()).notes.join()).toMatch(/another mount namespace, by pid \d+/);
  for (const command of ['mount', 'unmount']) {
    const { error } = (await vault.run(command)).json;
    expect([command, error.code, error.exit]).toEqual([command, 'MOUNT_BUSY', 13]);
    expect([command, error.message]).toEqual([
      command,
      expect.stringMatching(/another mount namespace.*pid \d+/),
    ]);
  }
  const { findings } = (await vault.run('doctor', '--no-check-remote')).json;
  expect(findings.map(({ id }: { id: string }) => id)).toContain('mount-in-namespace');
});

it('vaults in one another are mounted from the outermost and unmounted from the innermost', async ({
  installation,
}) => {
  // by their names the inner one comes first
  const outer = await installVault(installation, 'z-outer');
  await outer.succeed('mount');
  const inside = join(outer.mountDir, 'inner');
  mkdirSync(inside);
  const inner = await installVault(installation, 'a-inner', '--mount-dir', join(inside, 'plain'));
  await outer.succeed('unmount');
  for (const command of ['mount', 'unmount']) {
    const all = await installation.cryptosync([command, '--all', '--json']);
    expect([command, all.exitCode, all.stdout]).toEqual([command, 0, expect.anything()]);
    const clients = all.json.results.map(({ client }: { client: string }) => client);
    expect([command, clients]).toEqual([command, ['a-inner', 'z-outer']]);
    const mounted = mountsBelow(installation.root);
    expect([command, mounted]).toEqual([
      command,
      command === 'mount' ? [outer.mountDir, join(inside, 'plain')] : [],
    ]);
  }
  expect(inner.client).toBe('a-inner');
});
