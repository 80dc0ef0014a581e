/** What stands at one path of a tree. */

export const entryKinds = ['file', 'directory', 'link', 'fifo', 'socket', 'block', 'character'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** What of an entry can be carried to another place: all of it, content aside. */
export interface Entry {
  /** Relative to the tree, with slashes; see `names.ts`. The tree's own directory is the empty string. */
  readonly path: string;
  readonly kind: EntryKind;
  /** Bytes of a file; 0 for everything else. */
  readonly size: number;
  /** Nanoseconds since 1970, of the last change of content. */
  readonly mtime: bigint;
  /** Permission bits, set-id and sticky bits among them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file: SHA-256 of the content, hexadecimal. Undefined until the file was read. */
  readonly hash?: string | undefined;
  /** Of a file: its hash of the kind that its place's list tells, with the kind before it: `md5:…`, where it is known. */
  readonly listedHash?: string | undefined;
  /** Of a symbolic link. */
  readonly target?: string | undefined;
  /** Of a device: major and minor number as the kernel packs them. */
  readonly device?: string | undefined;
  /** The first path, in the order of trees, of the file that this path is one more name of (a hard link). */
  readonly group?: string | undefined;
  /**
   * The time that its object has at the place, nanoseconds since 1970, where that is known to be another than `mtime`: a
   * place keeps no more than seconds, or the file was only touched since it was sent.
   */
  readonly there?: bigint | undefined;
  /** Extended attributes by name, each value in base64. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** By what an edit is noticed without reading a file: none of them stays when content, mode or owner is changed. */
export interface Stamp {
  /** Nanoseconds since 1970, of the last change of anything. */
  readonly ctime: bigint;
  readonly inode: bigint;
}

export interface StampedEntry extends Entry, Stamp {}

/** Whether both are the same in content. A hash that is not known is equal to none. */
export function isSameContent(a: Entry, b: Entry): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'file') return a.size === b.size && a.hash !== undefined && a.hash === b.hash;
  if (a.kind === 'link') return a.target === b.target;
  return a.device === b.device;
}

/** Nanoseconds: as exact as node can set the time of a file, a double of seconds. */
const settable = 1000n;

function isSameTime(a: bigint, b: bigint): boolean {
  const difference = a > b ? a - b : b - a;
  return difference < settable;
}

/** Whether both are the same in everything that is kept beside the content. */
export function isSameMetadata(a: Entry, b: Entry): boolean {
  return (
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    isSameTime(a.mtime, b.mtime) &&
    a.group === b.group &&
    isSameRecord(a.attributes, b.attributes)
  );
}

function isSameRecord(
  a: Readonly<Record<string, string>> = {},
  b: Readonly<Record<string, string>> = {},
): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Whether nothing can have happened to a file since `known` was seen. */
export function isUntouched(known: StampedEntry, now: StampedEntry): boolean {
  return (
    known.ctime === now.ctime &&
    known.inode === now.inode &&
    known.mtime === now.mtime &&
    known.size === now.size &&
    known.kind === now.kind &&
    known.mode === now.mode &&
    known.uid === now.uid &&
    known.gid === now.gid &&
    known.group === now.group
  );
}
