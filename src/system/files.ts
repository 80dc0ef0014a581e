/**
 * Writing files so that a crash leaves the old content or the new, never a part: a temporary file in the same
 * directory, its final mode from the first byte, fsync, rename, fsync of the directory.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from './errors.ts';

function writeWhole(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written);
  }
}

/** A name beside `path` for what becomes `path` by rename; a leftover of a crash is told by its `.tmp` end. */
export function temporaryNameFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** The path itself, or with `-2`, `-3`, … behind it: the first that nothing has yet. */
export function unusedPath(path: string): string {
  let unused = path;
  for (let count = 2; kindOf(unused) !== 'none'; count += 1) unused = `${path}-${count}`;
  return unused;
}

/** Makes what a directory lists durable. File systems that can't sync a directory are left alone. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes `content` to `path` atomically and durably.
 * @param mode the final mode; it holds from the first byte, whatever the umask.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode: number): void {
  const temporary = temporaryNameFor(path);
  const descriptor = openSync(temporary, 'wx', mode & 0o700);
  try {
    try {
      fchmodSync(descriptor, mode);
      writeWhole(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  syncDirectory(dirname(path));
}

/**
 * Appends one line in one write and makes it durable; the file is created with `mode`. A line that a crash left
 * without an end stays a line of its own.
 */
export function appendLine(path: string, line: string, mode: number): void {
  const descriptor = openSync(path, 'a+', mode);
  try {
    writeWhole(descriptor, `${endsInsideLine(descriptor) ? '\n' : ''}${line}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function endsInsideLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/** Makes `path` a symbolic link to `target`, replacing a link that is there in one step. */
export function replaceLink(path: string, target: string): void {
  const temporary = temporaryNameFor(path);
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

/**
 * Creates a directory and its missing parents with `mode`. One that exists keeps its mode and owner.
 * @returns true when it was created.
 */
export function ensureDirectory(path: string, mode: number): boolean {
  return mkdirSync(path, { recursive: true, mode }) !== undefined;
}

/**
 * Makes sure that something can be made in a directory, which may not be there yet: then its nearest parent counts.
 * @throws the system's error, with the path
 */
export function verifyWritable(directory: string): void {
  for (let path = directory; ; path = dirname(path)) {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || path === dirname(path)) throw error;
    }
  }
}

/** The text of a file, or undefined when there is none. */
export function readTextIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    // Node names no path in the EISDIR of a read
    if (errnoOf(error) !== undefined) (error as NodeJS.ErrnoException).path ??= path;
    throw error;
  }
}

/** True for the errors that say "there is no such file". */
export function isAbsence(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

/**
 * What stands at a path, links not followed. Unlike `existsSync` it throws on anything but absence, so that a dead
 * FUSE mount (ENOTCONN, TOOLS.md G2) is never taken for "not there".
 */
export function kindOf(path: string): 'none' | 'file' | 'directory' | 'link' | 'other' {
  let stats: ReturnType<typeof lstatSync>;
  try {
    stats = lstatSync(path);
  } catch (error) {
    if (isAbsence(error)) return 'none';
    throw error;
  }
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/** True when `path`, links followed, is a directory. */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The names in a directory; none when there is no such directory. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
