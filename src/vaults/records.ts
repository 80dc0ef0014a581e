/** What this machine keeps of a vault outside of it: files of its own, named by the vault's id, mode 0600. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { shortDigest } from '../system/digest.ts';
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';

export type RecordKind = 'proof' | 'seal';
const recordKinds: readonly RecordKind[] = ['proof', 'seal'];

/** By id and not by place: a vault that is moved, or shared by two profiles, has one of each. */
export function recordFile(directory: string, kind: RecordKind, vaultId: string): string {
  return join(directory, `${kind}-${shortDigest(vaultId, 16)}.json`);
}

/** All that is kept of a vault. */
export function recordFiles(directory: string, vaultId: string): string[] {
  return recordKinds.map((kind) => recordFile(directory, kind, vaultId));
}

export function forgetRecords(directory: string, vaultId: string): void {
  for (const file of recordFiles(directory, vaultId)) rmSync(file, { force: true });
}

/** The fields of a record; undefined for one that is missing or can't be used. */
export function readRecord(
  directory: string,
  kind: RecordKind,
  vaultId: string,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseStoredJson(readTextIfPresent(recordFile(directory, kind, vaultId)) ?? '');
    if (typeof value !== 'object' || value === null) return undefined;
    const record = value as Readonly<Record<string, unknown>>;
    return record['version'] === 1 && record['vaultId'] === vaultId ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes a record, where it does not say so already. */
export function writeRecord(
  directory: string,
  kind: RecordKind,
  vaultId: string,
  fields: Readonly<Record<string, unknown>>,
): void {
  const text = `${JSON.stringify({ version: 1, vaultId, ...fields })}\n`;
  const file = recordFile(directory, kind, vaultId);
  if (readTextIfPresent(file) === text) return;
  ensureDirectory(directory, 0o700);
  writeFileAtomic(file, text, 0o600);
}
