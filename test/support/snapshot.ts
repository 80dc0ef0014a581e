/** What a directory holds, in one value: equal when nothing in it has changed. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every entry below a directory with its kind, mode, modification time, and the SHA-256 of a file's content.
 * @param leftOut names directly below it that do not count, nor what is below them
 */
export function snapshot(directory: string, leftOut: readonly string[] = []): string[] {
  return readdirSync(directory, { encoding: 'utf8' })
    .filter((name) => !leftOut.includes(name))
    .flatMap((name) => [name, ...namesBelow(directory, name)])
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { mode, mtimeMs } = lstatSync(path);
      const content = lstatSync(path).isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : '';
      return `${name} ${mode.toString(8)} ${mtimeMs} ${content}`;
    });
}

function namesBelow(directory: string, name: string): string[] {
  const path = join(directory, name);
  if (!lstatSync(path).isDirectory()) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((below) => join(name, below));
}
