/** Reading a file of a tree safely: what is opened is the file that was seen, and no link is followed to it. */
import { createHash, type Hash, hash as hashAtOnce } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { ListedHash } from '../../remotes/place.ts';
import { errnoOf } from '../../system/errors.ts';
import { directoryOf, shownPath, systemPath } from '../../system/names.ts';
import { readParts } from '../../system/paths/parts.ts';
import type { StampedEntry } from './entry.ts';
import { pathBelow, unreadable } from './reach.ts';
import { entryOf } from './scan.ts';

/** A file that is open for reading, whatever happens to its name. */
export interface OpenFile {
  readonly descriptor: number;
  readonly size: number;
  /** As it was when it was opened. */
  readonly opened: StampedEntry;
  /** As the open file is now. */
  status(): StampedEntry;
  close(): void;
}

/** What the file that is there now is not: the one that was asked for. */
export type Vanished = 'vanished';

/**
 * Opens files below a directory, component by component, so that none of them can be a link (proc(5), /proc/self/fd:
 * each component is opened in the directory that is already open). The directory of the last one is held for the next.
 */
export class TreeReader {
  readonly #root: string;
  #held: { readonly path: string; readonly descriptor: number } | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** @returns `vanished` when there is no file any more, or something else stands at the path */
  open(path: string): OpenFile | Vanished {
    try {
      const directory = this.#enter(directoryOf(path));
      const name = path.slice(path.lastIndexOf('/') + 1);
      const descriptor = openSync(systemPath(`/proc/self/fd/${directory}/${name}`), fileFlags);
      const stats = fstatSync(descriptor, { bigint: true });
      if (stats.isFile()) return openFile(descriptor, path, stats);
      closeSync(descriptor);
      return 'vanished';
    } catch (error) {
      if (movedErrors.has(errnoOf(error) ?? '')) return 'vanished';
      if (errnoOf(error) === undefined) throw error;
      const shown = shownPath(pathBelow(this.#root, path));
      throw unreadable(shown, error, { path: shown });
    }
  }

  #enter(path: string): number {
    if (this.#held?.path === path) return this.#held.descriptor;
    this.close();
    const opened: number[] = [openSync(systemPath(this.#root), directoryFlags)];
    try {
      for (const name of path === '' ? [] : path.split('/')) {
        opened.push(openSync(systemPath(`/proc/self/fd/${opened.at(-1)}/${name}`), directoryFlags));
      }
      const descriptor = opened.pop() ?? -1;
      this.#held = { path, descriptor };
      return descriptor;
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
  }

  close(): void {
    if (this.#held !== undefined) closeSync(this.#held.descriptor);
    this.#held = undefined;
  }
}

/** Opens one file below a directory. @returns as `TreeReader.open` */
export function openBelow(root: string, path: string): OpenFile | Vanished {
  const reader = new TreeReader(root);
  try {
    return reader.open(path);
  } finally {
    reader.close();
  }
}

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
// a FIFO that took the file's place would otherwise be waited for
const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const movedErrors: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EMLINK', 'EISDIR']);

function openFile(descriptor: number, path: string, stats: BigIntStats): OpenFile {
  return {
    descriptor,
    size: Number(stats.size),
    opened: entryOf(path, stats),
    status: () => entryOf(path, fstatSync(descriptor, { bigint: true })),
    close: () => closeSync(descriptor),
  };
}

/**
 * SHA-256 of what comes part by part. What comes as one part, as most files do, is hashed at once: to begin a hash that
 * can go on costs as much as to hash a small file.
 */
export class ContentHash {
  #whole: string | undefined;
  #begun: Hash | undefined;

  update(part: Buffer, isLast: boolean): void {
    if (isLast && this.#begun === undefined) this.#whole = hashAtOnce('sha256', part, 'hex');
    else this.#goOn().update(part);
  }

  /** Hexadecimal. */
  digest(): string {
    return this.#whole ?? this.#goOn().digest('hex');
  }

  #goOn(): Hash {
    this.#begun ??= createHash('sha256');
    return this.#begun;
  }
}

/** SHA-256 of an open file from its beginning, hexadecimal. @throws INTERRUPTED */
export async function hashOf(
  { descriptor }: Pick<OpenFile, 'descriptor'>,
  signal?: AbortSignal,
): Promise<string> {
  const hash = new ContentHash();
  await readParts(descriptor, (part, isLast) => hash.update(part, isLast), { signal });
  return hash.digest();
}

/** What is kept of a file's content. */
export interface Hashes extends Pick<StampedEntry, 'listedHash'> {
  readonly hash: string;
}

/** The hash of an open file, and in the same reading the one that its place's list tells. @throws INTERRUPTED */
export async function hashesOf(
  { descriptor }: Pick<OpenFile, 'descriptor'>,
  listed: ListedHash | undefined,
  signal?: AbortSignal,
): Promise<Hashes> {
  if (listed === undefined || listed === 'sha256') return { hash: await hashOf({ descriptor }, signal) };
  const [hash, other] = [createHash('sha256'), createHash(listed)];
  const take = (part: Buffer): void => {
    hash.update(part);
    other.update(part);
  };
  await readParts(descriptor, take, { signal });
  return { hash: hash.digest('hex'), listedHash: `${listed}:${other.digest('hex')}` };
}

/** Copies what an open file has at the moment, up to so many bytes, into an empty one. @returns the bytes */
export async function copyOf(
  { descriptor }: Pick<OpenFile, 'descriptor'>,
  into: number,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  let at = 0;
  const write = (part: Buffer): void => {
    for (let done = 0; done < part.length; )
      done += writeSync(into, part, done, part.length - done, at + done);
    at += part.length;
  };
  return await readParts(descriptor, write, { longest: size, signal });
}
