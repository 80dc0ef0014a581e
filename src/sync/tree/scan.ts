/**
 * One look at a directory of this machine: every entry with its kind, stamp and metadata, in the order of
 * `comparePaths`. Nothing is followed and no content is read. It streams: what is held is one directory at a time.
 */
import { type BigIntStats, constants, lstatSync, readlinkSync } from 'node:fs';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { isBytes, joined, nameOfBytes, readNames, shownPath } from '../../system/names.ts';
import type { EntryKind, StampedEntry } from './entry.ts';
import { isBeyondReach, pathBelow, reach, unreadable } from './reach.ts';

export interface ScanOptions {
  /** Paths that are not the owner's, such as an engine's own leftovers. */
  readonly isLeftOut?: ((path: string) => boolean) | undefined;
}

/** The first path of each file that has several: what follows is the same file. */
type FirstPaths = Map<string, string>;

/** An entry, and for one with several names the device and inode that are the same for all of them. */
export interface Seen {
  readonly entry: StampedEntry;
  readonly linked?: string | undefined;
}

/**
 * Yields every entry below a directory, and first the directory itself as the empty path. One that lies beyond reach is
 * told, and what lies below it is not.
 * @throws VAULT_MISSING when it is not there; SYNC_FAILED naming what can't be read: an unreadable entry is no absence
 */
export function scanTree(root: string, { isLeftOut }: ScanOptions = {}): Generator<StampedEntry> {
  return grouped(seenBelow(root, isLeftOut));
}

/** Entries with the first name of each file that has several. */
export function* grouped(all: Iterable<Seen>): Generator<StampedEntry> {
  const firstPaths: FirstPaths = new Map();
  for (const { entry, linked } of all) {
    const group = linked === undefined ? undefined : groupOf(entry.path, linked, firstPaths);
    yield group === undefined ? entry : { ...entry, group };
  }
}

/** The same, each by itself. @throws as `scanTree` */
export function* seenBelow(root: string, isLeftOut: ScanOptions['isLeftOut']): Generator<Seen> {
  const top = statusOf(root, '');
  if (top === undefined || !top.isDirectory()) {
    throw new CryptosyncError('VAULT_MISSING', `there is no directory ${root}`);
  }
  yield { entry: entryOf('', top) };
  // a stack of our own: generators in one another would hand every entry up through all of them
  const waiting = [''];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const below: string[] = [];
    for (const name of namesOf(root, directory)) {
      const path = joined(directory, name);
      if (isLeftOut?.(path) === true) continue;
      const seen = seenAt(root, path);
      if (seen === undefined) continue; // gone since its name was read
      if (seen.entry.kind === 'directory' && !isBeyondReach(path)) below.push(path);
      yield seen;
    }
    waiting.push(...below.reverse());
  }
}

function seenAt(root: string, path: string): Seen | undefined {
  const stats = statusOf(root, path);
  if (stats === undefined) return undefined;
  const entry = entryOf(path, stats);
  if (entry.kind === 'directory') return { entry };
  const linked = stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : undefined;
  if (entry.kind !== 'link') return { entry, linked };
  const target = targetOf(root, path);
  return target === undefined ? undefined : { entry: { ...entry, target }, linked };
}

/** Sorted; a directory that vanished meanwhile has none. */
function namesOf(root: string, directory: string): string[] {
  try {
    return reach(root, directory, readNames).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && directory !== '') return [];
    throw unreadableAt(root, directory, error);
  }
}

function statusOf(root: string, path: string): BigIntStats | undefined {
  try {
    return reach(root, path, (entry) => lstatSync(entry, { bigint: true }));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw unreadableAt(root, path, error);
  }
}

function targetOf(root: string, path: string): string | undefined {
  try {
    return nameOfBytes(reach(root, path, (entry) => readlinkSync(entry, 'buffer')));
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw unreadableAt(root, path, error);
  }
}

function unreadableAt(root: string, path: string, cause: unknown): CryptosyncError {
  const details = { path: shownPath(path), ...(isBytes(path) && { pathBytes: true }) };
  return unreadable(shownPath(pathBelow(root, path)), cause, details);
}

/** The first path of the same file; undefined for the first. */
function groupOf(path: string, linked: string, firstPaths: FirstPaths): string | undefined {
  const first = firstPaths.get(linked);
  if (first === undefined) firstPaths.set(linked, path);
  return first;
}

/** An entry as its status tells it, without what a link leads to. */
export function entryOf(path: string, stats: BigIntStats): StampedEntry {
  const mode = Number(stats.mode);
  const kind = kindOfMode(mode);
  const entry = {
    path,
    kind,
    size: kind === 'file' ? Number(stats.size) : 0,
    mtime: stats.mtimeNs,
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    ctime: stats.ctimeNs,
    inode: stats.ino,
  };
  const isDevice = kind === 'block' || kind === 'character';
  return isDevice ? { ...entry, device: String(stats.rdev) } : entry;
}

/** By the bits of inode(7), S_IFMT. */
function kindOfMode(mode: number): EntryKind {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file';
    case constants.S_IFDIR:
      return 'directory';
    case constants.S_IFLNK:
      return 'link';
    case constants.S_IFIFO:
      return 'fifo';
    case constants.S_IFSOCK:
      return 'socket';
    default:
      return (mode & constants.S_IFMT) === constants.S_IFBLK ? 'block' : 'character';
  }
}
