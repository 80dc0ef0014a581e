/**
 * A place as version 0.1 left it, made by rclone alone: a marker of version 1, a trash named by time, no manifest, no
 * empty directories, and links as rclone's `--links` has them; and what 0.1 remembered of it on its machine.
 */
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { placeOf } from '../../../src/remotes/remote.ts';
import { scanSource } from '../../../src/sync/former/scan.ts';
import { writeSyncIndex } from '../../../src/sync/former/source-index.ts';
import { toNameSeconds } from '../../../src/system/clock.ts';
import { putKeyCheck } from '../key-check.ts';
import { cleanEnvironment } from '../serve.ts';
import { type Machine, type ModelPlace, rcloneAlone, viewAt } from './world.ts';

const generation = 2;
/** Named by the time of its run, of yesterday. */
export const formerTrash = `.cryptosync/trash/${toNameSeconds(new Date(Date.now() - 86_400_000))}/gone`;

/** @param scratch a directory for it alone */
export async function writeFormerPlace(machine: Machine, at: ModelPlace, scratch: string): Promise<void> {
  const marker = {
    version: 1,
    vaultId: 'the model',
    engine: 'none',
    generation,
    state: 'committed',
    at: '2026-01-31T02:00:00Z',
  };
  mkdirSync(dirname(join(scratch, formerTrash)), { recursive: true });
  writeFileSync(join(scratch, '.cryptosync', 'marker.json'), `${JSON.stringify(marker, undefined, 2)}\n`);
  writeFileSync(join(scratch, formerTrash), 'deleted before');
  const check = { raw: at.raw, decrypted: viewAt(at), owner: marker.vaultId };
  // what tells the right key is the same in all versions
  if (at.crypt !== undefined) await putKeyCheck(check, { environment: cleanEnvironment });
  rcloneAlone(at, (path) => ['copy', '--links', machine.directory, path()]);
  rcloneAlone(at, (path) => ['copy', scratch, path()]);
}

/** For places that know only sizes. */
export function writeFormerIndex(machine: Machine, { raw }: ModelPlace): void {
  const scan = scanSource(machine.directory);
  writeSyncIndex(join(machine.state, 'index.jsonl'), placeOf(raw), generation, scan);
}

/** How both sides looked when they were last equal, of a sync in both directions. */
export function writeFormerBase(machine: Machine, { raw, crypt }: ModelPlace): void {
  const look: [string, number, string][] = [];
  for (const name of readdirSync(machine.directory, { recursive: true, encoding: 'utf8' })) {
    const stats = lstatSync(join(machine.directory, name), { bigint: true });
    if (stats.isDirectory()) continue;
    const fraction = String(stats.mtimeNs % 1_000_000_000n).padStart(9, '0');
    const time = `${new Date(Number(stats.mtimeMs)).toISOString().slice(0, 19)}.${fraction}Z`;
    look.push([stats.isSymbolicLink() ? `${name}.rclonelink` : name, Number(stats.size), time]);
  }
  const subject = JSON.stringify([machine.directory, placeOf(raw), crypt ?? null, []]);
  const base = { version: 1, subject, at: '2026-01-31T02:00:00Z', local: look, remote: look };
  mkdirSync(join(machine.state, 'bisync'), { mode: 0o700 });
  writeFileSync(join(machine.state, 'bisync', 'base.json'), JSON.stringify(base), { mode: 0o600 });
}
