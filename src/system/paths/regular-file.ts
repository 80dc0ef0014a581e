/**
 * Opening a file that must be one: no link, FIFO, socket or device in its place is opened, so none is written through
 * and none holds the tool up. What was looked at is what is opened: the descriptor of the look leads to the same inode.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { errnoOf } from '../errors.ts';
import { type EntryName, type HeldDirectory, type Located, locate, named } from './held-directory.ts';
import { linkRefused, notRegular, tooBig } from './refusals.ts';
import { type HeldWay, inDirectory } from './walk.ts';

export interface FileOptions {
  /** A directory above the file, below which no link is followed. Default: the one that holds it. */
  readonly base?: string | undefined;
  /** As for a walk. */
  readonly from?: HeldWay | undefined;
  /** Looks at the file and at every directory and link on the way, and throws to refuse it. */
  readonly verify?: (path: string, stats: Stats) => void;
}

/**
 * Opens an entry of a directory. The caller closes the descriptor.
 * @param flags of open(2), without O_CREAT. @throws CONFIG_INVALID for what is no regular file; ENOENT, EISDIR
 */
export function openRegular(
  directory: HeldDirectory,
  name: EntryName,
  flags: number,
  verify?: FileOptions['verify'],
): number {
  const path = directory.pathOf(name);
  return reopened(path, directory.locate(name), flags, verify);
}

/** Opens what was looked at. @throws CONFIG_INVALID for what is no regular file; EISDIR */
function reopened(
  path: string,
  { descriptor, stats }: Located,
  flags: number,
  verify: FileOptions['verify'],
): number {
  try {
    if (stats.isSymbolicLink()) throw linkRefused(path, stats.uid);
    if (stats.isDirectory()) throw isDirectoryError(path);
    if (!stats.isFile()) throw notRegular(path);
    verify?.(path, stats);
    return named(path, () => openSync(`/proc/self/fd/${descriptor}`, flags | constants.O_NONBLOCK));
  } finally {
    closeSync(descriptor);
  }
}

/** The same, and makes the file with `mode` when it is missing. */
export function openOrMake(
  directory: HeldDirectory,
  name: string,
  { flags, mode, verify }: { flags: number; mode: number; verify?: FileOptions['verify'] },
): number {
  const isNew = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  for (;;) {
    try {
      return openRegular(directory, name, flags, verify);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    try {
      return named(directory.pathOf(name), () => openSync(directory.at(name), flags | isNew, mode));
    } catch (error) {
      // somebody else was faster: what stands there now is looked at like everything else
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** How what is missing is made on the way to a file. */
export interface Making {
  /** A directory above it, below which no link is followed. Default: the one that holds it. */
  readonly base?: string | undefined;
  readonly directoryMode: number;
  readonly fileMode: number;
}

/** Opens a file to read and write; it and its directories are made. The caller closes it. @throws as openRegular */
export function openToWrite(
  path: string,
  { base, directoryMode, fileMode }: Making,
  verify?: FileOptions['verify'],
): number {
  const absolute = resolve(path);
  const way = { base, make: directoryMode, ...(verify === undefined ? {} : { verify }) };
  return inDirectory(dirname(absolute), way, (directory) =>
    openOrMake(directory, basename(absolute), { flags: constants.O_RDWR, mode: fileMode, verify }),
  );
}

/** The bytes of a file. @throws CONFIG_INVALID for what is no regular file or what `verify` refuses; ENOENT, EISDIR */
export function readRegular(path: string, { base, from, verify }: FileOptions = {}): Buffer {
  const absolute = resolve(path);
  return inDirectory(
    dirname(absolute),
    { base, from, ...(verify === undefined ? {} : { verify }) },
    (directory) => {
      const descriptor = openRegular(directory, basename(absolute), constants.O_RDONLY, verify);
      return readAndClose(path, descriptor);
    },
  );
}

/** Opens a file that links may lead to, to read. The caller closes it. @throws as readFollowing */
export function openRegularFile(path: string): number {
  return reopened(
    path,
    named(path, () => locate(path, 0)),
    constants.O_RDONLY,
    undefined,
  );
}

/** The bytes of a file that links may lead to. @throws CONFIG_INVALID for what is no regular file; ENOENT, EISDIR */
export function readFollowing(path: string): Buffer {
  return readAndClose(path, openRegularFile(path));
}

/** Bytes; nothing that is read as a whole comes near it, and a text can't be much longer. */
const longest = 256 * 1024 * 1024;

function readAndClose(path: string, descriptor: number): Buffer {
  try {
    const { size } = fstatSync(descriptor);
    if (size > longest) throw tooBig(path);
    return named(path, () => (size === 0 ? readFileSync(descriptor) : readWhole(descriptor, size)));
  } finally {
    closeSync(descriptor);
  }
}

/** As `readFileSync`, which would ask for the size once more: what comes meanwhile is not read. */
function readWhole(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return length === size ? bytes : bytes.subarray(0, length);
}

function isDirectoryError(path: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`EISDIR: illegal operation on a directory, open '${path}'`);
  return Object.assign(error, { code: 'EISDIR', syscall: 'open', path });
}
