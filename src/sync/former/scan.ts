/**
 * One look at a source directory: every file's path, size and times. Two looks that are equal say that the source
 * stood still between them.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { linkSuffix } from '../../remotes/remote.ts';
import { isAbsence } from '../../system/files.ts';

export interface SourceFile {
  /** As rclone names it: a symbolic link has a suffix. */
  readonly path: string;
  readonly size: number;
  /** Modification and change time in nanoseconds, and the inode: an edit that keeps the size moves one of them. */
  readonly stamp: string;
}

export interface SourceScan {
  readonly files: readonly SourceFile[];
  readonly bytes: number;
  /** Equal for equal scans. */
  readonly digest: string;
}

/** Looks at all files below a directory, links not followed. A file that vanishes meanwhile is not in it. */
export function scanSource(directory: string): SourceScan {
  const files: SourceFile[] = [];
  let bytes = 0;
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      try {
        if (entry.isDirectory()) {
          walk(path);
          continue;
        }
        const stats = lstatSync(join(directory, path), { bigint: true });
        files.push({
          path: entry.isSymbolicLink() ? `${path}${linkSuffix}` : path,
          size: Number(stats.size),
          stamp: `${stats.mtimeNs}.${stats.ctimeNs}.${stats.ino}`,
        });
        bytes += Number(stats.size);
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
  };
  walk('');
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.size}\0${file.stamp}\n`);
  return { files, bytes, digest: hash.digest('hex') };
}
