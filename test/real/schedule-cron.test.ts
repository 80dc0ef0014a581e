/** What is written for cron, run by cron: in a mount and process namespace of its own, with crontabs of its own. */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { createInstallation, it, vaultPassword } from '../support/installation.ts';
import { waitUntil } from '../support/machine.ts';
import { ownMounts } from '../support/mount-namespace.ts';
import { installVault } from '../support/vault.ts';

/** Milliseconds: cron looks once a minute. */
const twoMinutes = 120_000;

it('cron mounts at boot and syncs by time, also below a root with a % and a space', async ({
  installation,
}) => {
  const odd = installation.path('100% it');
  mkdirSync(odd);
  const own = createInstallation(odd);
  installation.atCleanUp(() => own.cleanUp());
  const vault = await installVault(own);
  await vault.put({ 'a.txt': 'a' });
  writeFileSync(own.path('password'), vaultPassword, { mode: 0o600 });
  const configured = await own.cryptosync([
    ...['config', 'set', 'passwordFile', own.path('password'), '--client', vault.client],
  ]);
  expect(configured.exitCode).toBe(0);
  const [tables, spool, run] = [own.path('cron.d'), own.path('spool'), own.path('run')];
  for (const directory of [tables, spool, run]) mkdirSync(directory);
  const jobs = ['--mount', 'at-boot', '--sync', '* * * * *'];
  const added = await own.cryptosync([
    ...['schedule', 'add', '--client', vault.client, ...jobs, '--using', 'cron', '--dir', tables],
  ]);
  expect(added, added.stderr).toMatchObject({ exitCode: 0 });

  const cron = spawn(
    'unshare',
    [
      ...ownMounts(
        `mount --bind '${tables}' /etc/cron.d; mount --bind '${spool}' /var/spool/cron/crontabs; mount --bind '${run}' /run`,
        ['--pid', '--fork', '--mount-proc', '--kill-child'],
      ),
      ...['cron', '-f'],
    ],
    { stdio: 'ignore', env: { PATH: process.env['PATH'] } },
  );
  // cron is the first process of its namespace, which minds no other signal
  const end = new Promise((resolve) => cron.once('exit', resolve));
  installation.atCleanUp(async () => {
    cron.kill('SIGKILL');
    await end;
  });
  const outcomes = (): string[] =>
    vault
      .ledger()
      .filter(({ event, operation }) => event === 'ended' && operation !== 'install')
      .map(({ operation, outcome }) => `${operation} ${outcome}`)
      .slice(2);
  await waitUntil(() => outcomes().length >= 2, twoMinutes);
  expect(outcomes().slice(0, 2).sort()).toEqual(['mount mounted', 'sync synced']);
});
