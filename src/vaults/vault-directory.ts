/** What an encrypted directory holds, told without opening it, and whether its disk has room. */
import { readdirSync, statfsSync } from 'node:fs';
import { CryptosyncError } from '../system/errors.ts';
import { isAbsence } from '../system/files.ts';
import type { Engine } from './engine.ts';

export type DirectoryContent =
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  /** The engine's configuration is there. `hasContent` is false when there is nothing but the engine's own files. */
  | { readonly kind: 'vault'; readonly hasContent: boolean }
  /** Something without the engine's configuration; `names` are some of it. */
  | { readonly kind: 'other'; readonly names: readonly string[] };

const namesShown = 5;

export function inspectEncryptedDirectory(engine: Engine, encryptedDir: string): DirectoryContent {
  let names: string[];
  try {
    names = readdirSync(encryptedDir);
  } catch (error) {
    if (isAbsence(error)) return { kind: 'missing' };
    throw error;
  }
  if (names.length === 0) return { kind: 'empty' };
  if (names.includes(engine.configFile)) {
    return { kind: 'vault', hasContent: engine.hasContent(encryptedDir, names) };
  }
  return { kind: 'other', names: names.slice(0, namesShown) };
}

/**
 * @param needed bytes that must be free for this user; some inodes must be as well.
 * @throws DISK_FULL
 */
export function verifySpace(directory: string, needed: number, hint?: string): void {
  if (needed === 0) return;
  const { bavail, bsize, ffree, files } = statfsSync(directory);
  if (bavail * bsize >= needed && (files === 0 || ffree > 10)) return;
  throw new CryptosyncError('DISK_FULL', `the disk of ${directory} is full`, { hint });
}
