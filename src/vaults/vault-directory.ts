/** What an encrypted directory holds, told without opening it, and whether its disk has room. */
import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Advice } from '../system/advice/index.ts';
import { CryptosyncError } from '../system/errors.ts';
import { isAbsence } from '../system/files.ts';
import type { MountEntry } from '../system/stores/mount-table.ts';
import { roles, verifyReachable } from '../system/stores/stores.ts';
import type { Engine } from './engines/engine.ts';

export type DirectoryContent =
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  /** The engine's configuration is there. `hasContent` is false when there is nothing but the engine's own files. */
  | { readonly kind: 'vault'; readonly hasContent: boolean }
  /** Something without the engine's configuration; `names` are some of it. */
  | { readonly kind: 'other'; readonly names: readonly string[] };

const namesShown = 5;

/** @throws VAULT_MISSING when the file system of the directory is dead or silent */
export function inspectEncryptedDirectory(
  engine: Engine,
  encryptedDir: string,
  table?: readonly MountEntry[],
): DirectoryContent {
  verifyReachable(encryptedDir, roles.ciphertext, table);
  let names: string[];
  try {
    names = readdirSync(encryptedDir);
  } catch (error) {
    if (isAbsence(error)) return { kind: 'missing' };
    throw error;
  }
  if (names.length === 0) return { kind: 'empty' };
  const config = join(encryptedDir, engine.configFile);
  // of a FIFO in its place an engine would read for ever
  if (names.includes(engine.configFile) && statSync(config, { throwIfNoEntry: false })?.isFile()) {
    return { kind: 'vault', hasContent: engine.hasContent(encryptedDir, names) };
  }
  return { kind: 'other', names: names.slice(0, namesShown) };
}

/**
 * @param needed bytes that must be free for this user; some inodes must be as well.
 * @throws DISK_FULL
 */
export function verifySpace(directory: string, needed: number, advice?: Advice): void {
  if (needed === 0) return;
  const { bavail, bsize, ffree, files } = statfsSync(directory);
  if (bavail * bsize >= needed && (files === 0 || ffree > 10)) return;
  throw new CryptosyncError('DISK_FULL', `the disk of ${directory} is full`, { advice });
}
