/** What an encrypted directory holds, told from its top level without opening it. */
import { readdirSync } from 'node:fs';
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
    return { kind: 'vault', hasContent: names.some((name) => !engine.isOwnFile(name)) };
  }
  return { kind: 'other', names: names.slice(0, namesShown) };
}
