/** Directories as values that tests can compare. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a file holds: its path below the directory → the hash of its content, or where a link leads. */
export type Tree = Record<string, string>;

/** Every file and link below a directory. @param leftOut names directly below it that do not count. */
export function readTree(directory: string, leftOut: readonly string[] = []): Tree {
  const tree: Tree = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    if (leftOut.includes(name.split('/')[0] ?? '')) continue;
    const path = join(directory, name);
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) tree[name] = `-> ${readlinkSync(path)}`;
    else if (stats.isFile()) tree[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return tree;
}

/** Writes files, given as path → content, below a directory. */
export function writeFiles(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** `count` files of `size` bytes, none like another: `many/0`, `many/1`, … */
export function manyFiles(count: number, size: number, prefix = 'many/'): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index += 1) {
    const content = Buffer.alloc(size, `${index} `);
    files[`${prefix}${index}`] = content;
  }
  return files;
}
