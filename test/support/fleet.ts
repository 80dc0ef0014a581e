/** A fleet of clients as installs and nightly syncs leave them, written by hand, and what a status says of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProfileLayout, profileLayout } from '../../src/clients/layout.ts';
import { defaultProfile, parseClientId } from '../../src/clients/names.ts';
import type { Context } from '../../src/operations/context.ts';
import { selectForStatus } from '../../src/operations/status/selection.ts';
import { readSessionStatus } from '../../src/operations/status/sessions.ts';
import { readStatus } from '../../src/operations/status/status.ts';
import { reportStatus } from '../../src/terminal/showing/status-table.ts';

export function layoutOf(root: string, client: string): ProfileLayout {
  return profileLayout(root, parseClientId(client), defaultProfile);
}

/** Writes one client, whose vault lies there unmounted and was synced. */
export function writeClient(root: string, client: string): void {
  const layout = layoutOf(root, client);
  const { defaultEncryptedDir: encryptedDir, defaultMountDir: mountDir } = layout;
  for (const path of [
    encryptedDir,
    mountDir,
    layout.rcloneDirectory,
    layout.configDirectory,
    layout.locksDirectory,
  ])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  const write = (path: string, text: string): void => writeFileSync(path, text, { mode: 0o600 });
  write(join(encryptedDir, 'gocryptfs.conf'), '{}\n');
  write(join(encryptedDir, 'QKhbVZ4pqJ9FQ0zQm8Yd2A'), 'ciphertext');
  write(layout.rcloneConfig, '[s3]\ntype = s3\nendpoint = http://127.0.0.1:9000\n');
  write(
    layout.profileFile,
    JSON.stringify({
      version: 1,
      vaultId: client,
      engine: 'gocryptfs',
      ...{ encryptedDir, mountDir },
      remote: { name: 's3', path: `bucket/${client}` },
      createdAt: '2026-01-31T02:00:00Z',
    }),
  );
  write(layout.ledger, ledgerLine(client, { outcome: 'synced' }));
}

/** A line that tells of a sync with the client's place, as it began or ended. */
export function ledgerLine(client: string, facts: { at?: string; event?: string; outcome?: string }): string {
  const { at = '2026-01-30T02:00:00Z', event = 'ended', outcome } = facts;
  const place = { source: null, direction: 'upload', remote: `s3:bucket/${client}`, outcome };
  const run = at.replaceAll(/\D/g, '');
  return `${JSON.stringify({ run, at, operation: 'sync', places: [place], event, outcome })}\n`;
}

/** What `status --all --json` says. @param mayTellKept whether it may tell again what it kept */
export async function toldOf(context: Context, mayTellKept: boolean): Promise<string> {
  const everything = { clients: [], all: true, profiles: [], allProfiles: true };
  const selection = selectForStatus(context, everything, { isNamed: false, mayTellKept });
  const { vaults } = await readStatus(context, { ...selection, checkRemote: false });
  const parts = {
    ...{ vaults, sessions: readSessionStatus(selection.tenants) },
    ...{ maxAge: undefined, now: context.clock.now() },
  };
  const silent = { isTalkative: false, say() {}, tell() {}, finish: (document: object) => document };
  return JSON.stringify(reportStatus(parts, selection, silent), undefined, 1);
}
