/** A tree with the names and sizes that remotes stumble over. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const names: Record<string, Buffer> = {
  plain: Buffer.from('plain'),
  'with spaces and (signs) #%&+=;,!': Buffer.from('signs'),
  'ünïcödé/鍵 🗝/файл.txt': Buffer.from('unicode'),
  '-starts with a hyphen': Buffer.from('hyphen'),
  'empty/zero': Buffer.alloc(0),
  'large/5 MiB': Buffer.alloc(5 * 1024 * 1024, 'large '),
  [`${'deep/'.repeat(20)}end`]: Buffer.from('deep'),
  // the longest that fits when names are encrypted
  [`${'n'.repeat(143)}`]: Buffer.from('long'),
};

/** Makes the tree in a directory, which need not exist. */
export function sampleFiles(directory: string): void {
  for (const [name, content] of Object.entries(names)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}

/** Every file below a directory with the SHA-256 of its content. */
export function contentOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [
        path.slice(directory.length + 1),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
  );
}
