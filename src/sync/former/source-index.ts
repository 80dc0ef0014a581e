/**
 * The index: what the source looked like when its last transfer was committed, kept on this machine. For remotes
 * that know only sizes it tells which files have been edited since (hazards.md R10). It counts only as long as the
 * remote still is at the generation that it was written for.
 */
import { writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import type { SourceFile, SourceScan } from './scan.ts';

export interface SyncIndex {
  /** The remote that was transferred to, `name:path`. */
  readonly remote: string;
  readonly generation: number;
  /** Each file's path with its size and stamp. */
  readonly files: ReadonlyMap<string, string>;
}

const fingerprint = ({ size, stamp }: { size: number; stamp: string }): string => `${size} ${stamp}`;

/** The index in a file, or undefined when there is none that can be used. */
export function readSyncIndex(path: string): SyncIndex | undefined {
  const [head, ...lines] = (readTrustedText(path) ?? '').split('\n');
  try {
    const { version, remote, generation, count } = parseStoredJson(head ?? '') as Record<string, unknown>;
    if (version !== 1 || typeof remote !== 'string' || typeof generation !== 'number') return undefined;
    const files = new Map<string, string>();
    for (const line of lines) {
      if (line === '') continue;
      const [name, stamp] = parseStoredJson(line) as [unknown, unknown];
      if (typeof name !== 'string' || typeof stamp !== 'string') return undefined;
      files.set(name, stamp);
    }
    return files.size === count ? { remote, generation, files } : undefined;
  } catch {
    return undefined;
  }
}

export function writeSyncIndex(path: string, remote: string, generation: number, scan: SourceScan): void {
  const head = JSON.stringify({ version: 1, remote, generation, count: scan.files.length });
  const lines = scan.files.map((file) => JSON.stringify([file.path, fingerprint(file)]));
  writeFileAtomic(path, [head, ...lines, ''].join('\n'), 0o600);
}

/** The files of a scan that the index does not know as they are: all of them without an index. */
export function changedSince(index: SyncIndex | undefined, scan: SourceScan): SourceFile[] {
  return scan.files.filter((file) => index?.files.get(file.path) !== fingerprint(file));
}
