import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../../src/clients/names.ts';
import { readStatus, type VaultStatus } from '../../../../src/operations/status/status.ts';
import { beginRun } from '../../../../src/runs/ledger.ts';
import { newRunId } from '../../../../src/runs/observer.ts';
import { contextFor } from '../../../support/context.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

/** A client's tree as an install leaves it, written by hand; nothing is mounted. */
function tree() {
  const root = scratchDirectory();
  // an empty PATH: a status that starts a process would fail
  const context = contextFor(root, { PATH: '/nowhere' });
  const layout = profileLayout(root, parseClientId('a'), parseProfileName('default'));
  for (const path of [layout.profileFile, layout.ledger, layout.rcloneConfig])
    mkdirSync(dirname(path), { recursive: true });
  mkdirSync(layout.defaultEncryptedDir, { recursive: true });
  writeFileSync(join(layout.defaultEncryptedDir, 'gocryptfs.conf'), '{}');
  writeFileSync(layout.rcloneConfig, '[r]\ntype = local\n');
  const writeProfile = (changes: object = {}): void =>
    writeFileSync(
      layout.profileFile,
      JSON.stringify({
        version: 1,
        vaultId: 'id',
        engine: 'gocryptfs',
        encryptedDir: layout.defaultEncryptedDir,
        mountDir: layout.defaultMountDir,
        remote: { name: 'r', path: '/remote' },
        createdAt: '2026-01-31T02:00:00Z',
        ...changes,
      }),
    );
  writeProfile();
  const status = async (): Promise<VaultStatus> => {
    const { vaults } = await readStatus(context, { layouts: [layout], checkRemote: false });
    const [row] = vaults;
    if (row === undefined) throw new Error('no row');
    return row;
  };
  return { context, layout, writeProfile, status };
}

describe('the status of a vault', () => {
  it('is unmounted and in order, told without starting a process', async () => {
    const { status, layout } = tree();
    expect(await status()).toEqual({
      client: 'a',
      profile: 'default',
      engine: 'gocryptfs',
      state: 'unmounted',
      health: 'unmounted',
      notes: [],
      mountDir: layout.defaultMountDir,
      encryptedDir: layout.defaultEncryptedDir,
      remote: { name: 'r', type: 'local', path: '/remote', reachable: null },
      lastSync: null,
      lastVerification: null,
      lastSuccess: null,
      lastElsewhere: null,
      places: [{ source: null, remote: 'r:/remote', direction: 'upload', lastSync: null, lastSuccess: null }],
    });
  });

  it.each([
    ['synced', undefined, 'unmounted', []],
    ['failed', 'REMOTE_UNREACHABLE', 'warning', ['the last sync was a failure: REMOTE_UNREACHABLE']],
    ['refused', 'DELETE_LIMIT', 'warning', ['the last sync was refused: DELETE_LIMIT']],
    ['interrupted', 'INTERRUPTED', 'warning', ['the last sync was interrupted']],
    [undefined, undefined, 'warning', ['the last sync did not finish']],
  ])('warns of a last sync that was %s', async (outcome, error, health, notes) => {
    const { status, layout, context } = tree();
    const run = beginRun(layout.ledger, { id: newRunId(), operation: 'sync' }, context.clock);
    if (outcome !== undefined) await run.end(outcome, error === undefined ? {} : { error });
    expect(await status()).toMatchObject({ health, notes });
  });

  it('needs setup before there is a vault, and is an error when the vault is gone', async () => {
    const { status, layout, writeProfile } = tree();
    rmSync(join(layout.defaultEncryptedDir, 'gocryptfs.conf'));
    expect(await status()).toMatchObject({
      health: 'error',
      notes: ['the vault is gone: is its disk mounted?'],
    });
    writeProfile({ vaultId: undefined });
    expect(await status()).toMatchObject({ health: 'needs setup' });
    rmSync(layout.profileFile);
    expect(await status()).toMatchObject({ health: 'needs setup', state: 'unknown' });
  });

  it('is an error when the encrypted directory holds something else', async () => {
    const { status, layout } = tree();
    rmSync(join(layout.defaultEncryptedDir, 'gocryptfs.conf'));
    writeFileSync(join(layout.defaultEncryptedDir, 'plain.txt'), '');
    expect(await status()).toMatchObject({ health: 'error' });
  });

  it('still tells the state when rclone.conf is broken', async () => {
    const { status, layout } = tree();
    writeFileSync(layout.rcloneConfig, '[torn');
    expect(await status()).toMatchObject({
      state: 'unmounted',
      health: 'error',
      remote: { name: 'r', type: null, reachable: null },
      notes: [expect.stringContaining(`${layout.rcloneConfig} is broken: line 1`)],
    });
  });

  it('has a row with its error for a profile that can not be read', async () => {
    const { status, layout } = tree();
    writeFileSync(layout.profileFile, '{"version":');
    expect(await status()).toMatchObject({
      state: 'unknown',
      health: 'error',
      error: { code: 'CONFIG_INVALID', exit: 10 },
    });
  });
});
