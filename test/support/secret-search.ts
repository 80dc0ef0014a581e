/** What the tests of secrets share: input that only they hold, and a search of all that is left behind. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSecrets } from './secret-forms.ts';

export interface InputFiles {
  /** Writes what a command is given. @returns the file's path */
  fileOf(name: string, content: string): string;
  remove(): void;
}

/** Files that a test itself has to write down: not below the installation, which is searched. */
export function inputFiles(): InputFiles {
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-inputs-'));
  return {
    fileOf(name, content) {
      const path = join(directory, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** Searches every file below a directory. @returns `path: which secret, in which form`, each once */
export function searchFiles(
  directory: string,
  secrets: Readonly<Record<string, string>>,
): { readonly found: string[]; readonly count: number } {
  const found = new Set<string>();
  let count = 0;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (!lstatSync(path).isFile()) continue;
    count += 1;
    const content = readFileSync(path);
    for (const encoding of ['latin1', 'utf8'] as const) {
      for (const hit of findSecrets(content.toString(encoding), secrets)) found.add(`${name}: ${hit}`);
    }
  }
  return { found: [...found], count };
}
