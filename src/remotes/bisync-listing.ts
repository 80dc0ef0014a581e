/**
 * bisync's own record of a side, `….path1.lst` and `….path2.lst` in its work directory: what it compares a side with.
 * It is written here before each run, so that bisync finds exactly the changes that were planned: files that go to
 * the other side are new to it, and all others are as it knows them. So it never finds a deletion, nor a conflict.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, Look } from './bisync-look.ts';

/** bisync calls a file changed that is younger than this. */
const longAgo = '1980-01-01T00:00:00.000000000Z';

export interface Listing {
  readonly files: readonly (readonly [string, Entry])[];
  /** bisync must be told that it is meant when all files of a listing are changed. */
  readonly isAllChanged: boolean;
}

/**
 * How bisync must believe that a side looked.
 * @param look how the side looks; it holds a file, because bisync takes an empty listing for an accident.
 * @param leaving the paths that go from this side to the other.
 */
export function listingOf(look: Look, leaving: ReadonlySet<string>): Listing {
  const staying = [...look].filter(([path]) => !leaving.has(path));
  if (staying.length > 0) return { files: staying, isAllChanged: false };
  return {
    files: [...look].slice(0, 1).map(([path, { size }]) => [path, { size, time: longAgo }]),
    isAllChanged: true,
  };
}

/** The text of a listing (rclone's cmd/bisync/listing.go; the same from 1.58 on). */
export function listingText({ files }: Pick<Listing, 'files'>): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { size, time }]) => `- ${String(size).padStart(8)} - - ${stamped(time)} ${quoted(path)}`);
  return [`# bisync listing v1 from ${stamped(new Date().toISOString())}`, ...lines, ''].join('\n');
}

/** Go's layout `2006-01-02T15:04:05.000000000-0700`. */
function stamped(time: string): string {
  return `${time.slice(0, -1).padEnd(29, '0')}+0000`;
}

/** As Go's strconv.Unquote reads it: what JSON escapes, Go knows as well. */
function quoted(path: string): string {
  return JSON.stringify(path).replaceAll('\u007f', '\\u007f');
}

/** Replaces the listings of a session that bisync itself has begun in `directory`. */
export function writeListings(directory: string, path1: Listing, path2: Listing): void {
  for (const name of readdirSync(directory)) {
    const listing = name.endsWith('.path1.lst') ? path1 : name.endsWith('.path2.lst') ? path2 : undefined;
    if (listing !== undefined) writeFileSync(join(directory, name), listingText(listing), { mode: 0o600 });
  }
}
