/** Commands for several clients: what fails for one is told, and stops none of the others. */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { mountsBelow, processesNaming } from '../support/machine.ts';
import { openTerminal } from '../support/terminal.ts';
import { manyFiles } from '../support/tree.ts';
import { installVault } from '../support/vault.ts';

describe('several clients', () => {
  it('are all mounted, synced, shown and unmounted; one that fails is told by exit 3', async ({
    installation,
  }) => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((client) => installVault(installation, client)),
    );
    if (one === undefined || two === undefined || three === undefined) throw new Error('unreachable');
    const all = async (command: string, ...args: string[]) =>
      await installation.cryptosync([command, '--all', '--json', ...args]);
    expect(await all('sync')).toMatchObject({ exitCode: 0 });
    const successBefore = (await two.status()).lastSuccess;

    // the disk of one client is not there
    renameSync(two.encryptedDir, installation.path('aside'));
    const mounted = await all('mount');
    expect(mounted.exitCode).toBe(3);
    expect(mounted.json.error).toMatchObject({ code: 'PARTIAL', message: '1 of 3 failed', exit: 3 });
    expect(mounted.json.results).toMatchObject([
      { client: 'one', state: 'mounted', changed: true },
      { client: 'three', state: 'mounted', changed: true },
      { client: 'two', state: 'unmounted', changed: false, error: { code: 'VAULT_MISSING', exit: 15 } },
    ]);
    expect(mountsBelow(installation.directory).sort()).toEqual([one.mountDir, three.mountDir]);

    const synced = await all('sync');
    expect(synced.exitCode).toBe(3);
    expect(synced.json.results).toMatchObject([
      { client: 'one', outcome: 'unchanged' },
      { client: 'three', outcome: 'unchanged' },
      { client: 'two', outcome: 'refused', error: { code: 'VAULT_MISSING' } },
    ]);
    expect(synced.json.results[0]).not.toHaveProperty('error');
    expect(existsSync(two.markerFile)).toBe(true);

    const { vaults } = (await all('status')).json;
    expect(vaults).toMatchObject([
      { client: 'one', state: 'mounted', health: 'healthy', lastSync: { outcome: 'unchanged' } },
      { client: 'three', state: 'mounted', health: 'healthy' },
      { client: 'two', health: 'error', lastSync: { outcome: 'refused', error: 'VAULT_MISSING' } },
    ]);
    // a run that failed does not move the last success
    expect(vaults[2].lastSuccess).toBe(successBefore);
    const ended = two.ledger().at(-1);
    expect(ended).toMatchObject({ operation: 'sync', event: 'ended', outcome: 'refused' });
    const log = readFileSync(installation.logFile, 'utf8');
    expect(log).toMatch(/\[ERROR\] two\/default: sync ended: refused: .*: VAULT_MISSING/);
    expect(log).toMatch(/\[INFO\] three\/default: sync ended: unchanged/);

    // the failing one among two that are named
    const named = await installation.cryptosync([
      ...['unmount', '--json', '--client', 'three', '--client', 'nobody'],
    ]);
    expect(named.exitCode).toBe(3);
    expect(named.json.results).toMatchObject([
      { client: 'three', state: 'unmounted', changed: true },
      { client: 'nobody', error: { code: 'CLIENT_NOT_FOUND' } },
    ]);
    const unmounted = await all('unmount');
    expect(unmounted.exitCode).toBe(0);
    expect(mountsBelow(installation.directory)).toEqual([]);
  });

  it('print for people what happened to each', async ({ installation }) => {
    await Promise.all(['one', 'two'].map((client) => installVault(installation, client)));
    renameSync(installation.client('two', 'vault', 'encrypted'), installation.path('aside'));
    const result = await installation.cryptosync(['sync', '--all']);
    expect(result.exitCode).toBe(3);
    expect(result.stdout).toMatch(/^one\/default: synced to default-remote:.* \(generation 1\)$/m);
    expect(result.stderr).toMatch(/^error: two\/default: .*\[VAULT_MISSING\]$/m);
    expect(result.stderr).toMatch(/^next: {2}\S/m);
  });

  it('are synced side by side, shown in one list, and ended together by Ctrl-C', async ({ installation }) => {
    const names = ['one', 'three', 'two'];
    for (const client of names) {
      const vault = await installVault(installation, client);
      await vault.put(manyFiles(20, 200_000));
    }
    const terminal = openTerminal(installation, [
      ...['sync', '--all', '--concurrency', '3', '--bwlimit', '64k'],
      ...['--root', installation.path('root')],
    ]);
    await terminal.waitFor(/0 of 3 done\s+one\/default.*\s+three\/default.*\s+two\/default/);
    // the terminal's own Ctrl-C would end the shell around it as well
    const running = processesNaming(installation.directory);
    const [command] = running.filter(({ args }) => args[0] === process.execPath);
    if (command === undefined) throw new Error('the command is not there');
    process.kill(command.pid, 'SIGINT');
    expect(await terminal.exitCode()).toBe(130);
    terminal.close();
    const { vaults } = (await installation.cryptosync(['status', '--all', '--json'])).json;
    for (const { lastSync } of vaults) expect(lastSync).toMatchObject({ outcome: 'interrupted' });

    const again = await installation.cryptosync(['sync', '--all', '--json', '--concurrency', '2']);
    expect(again.exitCode).toBe(0);
    expect(again.json.results.map(({ client }: { client: string }) => client)).toEqual(names);
    const wrong = await installation.cryptosync(['sync', '--all', '--json', '--concurrency', '0']);
    expect(wrong.json.error).toMatchObject({ code: 'USAGE' });
  });
});
