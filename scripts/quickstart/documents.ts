/** Files as a client may have them, and whether two directories hold the same. */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Stands in the documents in the clear, and must stand nowhere on a remote. */
export const confidentialWord = 'CONFIDENTIAL-4711';

export function writeDocuments(directory: string): void {
  mkdirSync(join(directory, 'contracts/2025'), { recursive: true });
  mkdirSync(join(directory, 'photos'));
  const write = (name: string, content: string | Buffer): void =>
    writeFileSync(join(directory, name), content);
  write('contracts/2025/agreement.txt', `${confidentialWord}: the agreement of both parties\n`.repeat(40));
  write('contracts/übersicht – 日本.md', `# ${confidentialWord}\n`);
  write('photos/IMG 0001.raw', randomBytes(2 * 1024 * 1024));
  write('photos/empty', '');
  write('backup.sh', '#!/bin/sh\nexec true\n');
  chmodSync(join(directory, 'backup.sh'), 0o750);
  utimesSync(
    join(directory, 'photos/IMG 0001.raw'),
    new Date('2019-05-04T03:02:01Z'),
    new Date('2019-05-04T03:02:01Z'),
  );
  symlinkSync('contracts/2025/agreement.txt', join(directory, 'latest'));
}

export interface Comparison {
  readonly entries: number;
  readonly bytes: number;
  /** A line for everything that is missing, added or different. */
  readonly differences: readonly string[];
}

/** Compares content, kind, mode and modification time of all files, and the targets of links. */
export function compareDirectories(expected: string, found: string, ignore: readonly string[]): Comparison {
  const before = describe(expected, '', ignore);
  const after = describe(found, '', ignore);
  const differences = [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path)?.text !== after.get(path)?.text)
    .map(
      (path) => `${path}: ${before.get(path)?.text ?? 'not there'} → ${after.get(path)?.text ?? 'not there'}`,
    );
  const bytes = [...before.values()].reduce((sum, { size }) => sum + size, 0);
  return { entries: [...before.values()].filter(({ isFile }) => isFile).length, bytes, differences };
}

interface Entry {
  readonly text: string;
  readonly size: number;
  readonly isFile: boolean;
}

function describe(
  root: string,
  below: string,
  ignore: readonly string[],
  entries = new Map<string, Entry>(),
) {
  for (const name of readdirSync(join(root, below))) {
    if (below === '' && ignore.includes(name)) continue;
    const path = join(below, name);
    const stats = lstatSync(join(root, path));
    if (stats.isDirectory()) {
      entries.set(path, { text: 'directory', size: 0, isFile: false });
      describe(root, path, ignore, entries);
    } else if (stats.isSymbolicLink()) {
      entries.set(path, { text: `link to ${readlinkSync(join(root, path))}`, size: 0, isFile: false });
    } else {
      const digest = createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex');
      const mode = (stats.mode & 0o7777).toString(8);
      const text = `mode ${mode}, ${stats.mtime.toISOString()}, ${stats.size} bytes, sha256 ${digest}`;
      entries.set(path, { text, size: stats.size, isFile: true });
    }
  }
  return entries;
}
