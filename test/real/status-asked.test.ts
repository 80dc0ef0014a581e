/** What `status` tells when it is asked more: whether a success is overdue, and what waits to be sent. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileLayout, vaultLock } from '../../src/clients/layout.ts';
import { defaultProfile, parseClientId } from '../../src/clients/names.ts';
import { holdLock } from '../support/held-lock.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { openTerminal } from '../support/terminal.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation, 'a');
  await vault.put({ one: 'one', 'folder/two': 'two' });
});

afterAll(async () => {
  await installation.cleanUp();
});

/** In this order, on one vault. */
describe('what waits to be sent', () => {
  const waiting = async (): Promise<object> => (await vault.status('--changes')).waiting;
  const unknown = { files: null, bytes: null, deletions: null, renames: null, isNothing: null };

  it('is not known before the first sync, and is not asked of who does not ask', async () => {
    expect(await waiting()).toEqual({ ...unknown, unknown: expect.stringContaining('no sync with') });
    expect(await vault.status()).not.toHaveProperty('waiting');
  });

  it('is nothing after a sync, and then what the next one carries', async () => {
    await vault.succeed('sync');
    expect(await waiting()).toMatchObject({ files: 0, bytes: 0, isNothing: true, unknown: null });
    await vault.put({ three: 'three', four: 'four' });
    const told = await waiting();
    expect(told).toMatchObject({ isNothing: false, deletions: 0 });
    // no remote was asked: it is not even there
    renameSync(vault.remoteDir, `${vault.remoteDir}-away`);
    expect(await waiting()).toEqual(told);
    renameSync(`${vault.remoteDir}-away`, vault.remoteDir);
    const [result] = (await vault.succeed('sync')).results;
    expect(told).toMatchObject({ files: result.filesTransferred, bytes: result.bytesTransferred });
    const { runs, isCut, trend } = await vault.succeed('history', '--limit', '1');
    expect([runs, isCut]).toMatchObject([
      [{ operation: 'sync', outcome: 'synced', heldFiles: result.held.files, heldBytes: result.held.bytes }],
      true,
    ]);
    expect(trend).toHaveLength(2);
    expect(result.held.files).toBeGreaterThan(4);
    expect(await waiting()).toMatchObject({ isNothing: true });
  });

  it.each<[string, () => void | Promise<void>, string]>([
    [
      'of both directions',
      () => editProfile(vault, { mappings: [{ direction: 'bidirectional' }] }),
      'remote counts',
    ],
    [
      'without its vault',
      () => renameSync(vault.encryptedDir, `${vault.encryptedDir}-away`),
      'there is no vault',
    ],
    [
      'after a kill',
      () =>
        writeFileSync(
          vault.ledgerFile,
          readFileSync(vault.ledgerFile, 'utf8')
            .trimEnd()
            .replace(/\n[^\n]+$/, '\n'),
        ),
      'was killed',
    ],
  ])('is not known %s', async (_when, change, why) => {
    const before = [vault.profileFile, vault.ledgerFile].map((file) => readFileSync(file));
    await change();
    try {
      expect(await waiting()).toEqual({ ...unknown, unknown: expect.stringContaining(why) });
    } finally {
      [vault.profileFile, vault.ledgerFile].forEach((file, index) => {
        writeFileSync(file, before[index] ?? '');
      });
      if (why === 'there is no vault') renameSync(`${vault.encryptedDir}-away`, vault.encryptedDir);
    }
  });
});

describe('status --watch', () => {
  it('draws on a terminal until Ctrl-C, tells what another command does, and gives the terminal back', async () => {
    const terminal = openTerminal(installation, ['status', '--watch']);
    try {
      await terminal.waitFor('every 2 seconds; Ctrl-C ends it');
      expect(terminal.shown()).toContain('unmounted');
      await vault.succeed('mount');
      await terminal.waitFor('healthy');
      await vault.succeed('unmount');
      await terminal.waitFor(/a +default +gocryptfs +unmounted/);
      terminal.press('C-c');
      expect(await terminal.exitCode()).toBe(0);
      expect(terminal.shown()).not.toContain('interrupted');
      expect(terminal.shown()).toContain('CLIENT');
    } finally {
      terminal.close();
    }
  });

  it('is refused where there is no terminal', async () => {
    const { exitCode, json } = await vault.run('status', '--watch');
    expect([exitCode, json.error]).toMatchObject([
      2,
      { code: 'USAGE', hint: expect.stringContaining('--json') },
    ]);
  });
});

describe('a sync that went wrong', () => {
  it('is told while the next one is at work, by status, report and doctor', async () => {
    const ledger = readFileSync(vault.ledgerFile, 'utf8');
    const ended = vault
      .ledger()
      .findLast(({ operation, event }) => operation === 'sync' && event === 'ended');
    const places = ended.places.map((place: object) => ({
      ...place,
      outcome: 'failed',
      error: 'REMOTE_DOWN',
    }));
    const failed = { ...ended, run: '000000000001', outcome: 'failed', places };
    const begun = { ...ended, run: '000000000002', event: 'started', outcome: undefined };
    writeFileSync(
      vault.ledgerFile,
      `${ledger}${[failed, begun].map((line) => `${JSON.stringify(line)}\n`).join('')}`,
    );
    const layout = profileLayout(installation.root, parseClientId('a'), defaultProfile);
    const held = await holdLock(vaultLock(layout, vault.encryptedDir), installation.environment);
    try {
      expect(await vault.status()).toMatchObject({
        lastSync: { outcome: 'unfinished' },
        notes: [expect.stringContaining('was a failure: REMOTE_DOWN')],
      });
      expect((await installation.cryptosync(['report'])).stdout).toContain('1 of 1 needs you.');
      const { findings } = (await vault.run('doctor', '--no-check-remote')).json;
      expect(findings.map(({ id }: { id: string }) => id)).toContain('sync-failed');
    } finally {
      await held.release();
    }
    expect((await vault.status()).notes).toEqual([expect.stringContaining('did not finish')]);
    writeFileSync(vault.ledgerFile, ledger);
  });
});

describe('status --max-age', () => {
  it('exits 0 while all successes are young enough, and 16 when one is not', async () => {
    const young = await installation.cryptosync(['status', '--max-age', '26h', '--json']);
    expect([young.exitCode, young.json.vaults[0].age]).toMatchObject([0, { isOverdue: false }]);
    const ledger = readFileSync(vault.ledgerFile, 'utf8');
    writeFileSync(vault.ledgerFile, ledger.replaceAll(/"at":"[^"]+"/g, '"at":"2026-01-01T00:00:00Z"'));
    const old = await installation.cryptosync(['status', '--max-age', '26h', '--json']);
    expect([old.exitCode, old.json.error]).toMatchObject([
      16,
      { code: 'OVERDUE', details: { overdue: ['a/default'] } },
    ]);
    expect(old.json.vaults[0].age).toMatchObject({ isOverdue: true });
    const quiet = await installation.cryptosync(['status', '--max-age', '26h', '--quiet']);
    expect([quiet.exitCode, quiet.stdout]).toEqual([16, '']);
    expect(quiet.stderr).toMatch(/a\/default: its last success was \d+ d ago \(2026-01-01T00:00:00Z\)/);
    writeFileSync(vault.ledgerFile, ledger);
  });

  it('takes a profile that can’t be read, and a root without vaults, for overdue', async () => {
    const profile = readFileSync(vault.profileFile);
    writeFileSync(vault.profileFile, '{');
    expect((await installation.cryptosync(['status', '--max-age', '26h'])).exitCode).toBe(16);
    writeFileSync(vault.profileFile, profile);
    const elsewhere = ['status', '--max-age', '26h', '--root', installation.path('nothing-here')];
    expect((await installation.cryptosync(elsewhere)).exitCode).toBe(16);
  });

  it('is no history of a client that never was', async () => {
    const never = await installation.cryptosync(['history', '--client', 'b', '--json']);
    expect([never.exitCode, never.json.error.code]).toEqual([10, 'CLIENT_NOT_FOUND']);
  });

  it('is refused for what is no duration', async () => {
    const { exitCode, json } = await vault.run('status', '--max-age', 'yesterday');
    expect([exitCode, json.error.code]).toEqual([2, 'USAGE']);
  });
});
