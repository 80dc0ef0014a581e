/**
 * Writing files so that a crash leaves the old content or the new, never a part: a temporary file in the same
 * directory, its final mode from the first byte, fsync, rename, fsync of the directory.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf } from './errors.ts';
import { named } from './paths/held-directory.ts';
import { linkRefused, notRegular } from './paths/refusals.ts';
import { openOrMake, readFollowing } from './paths/regular-file.ts';
import { inDirectory } from './paths/walk.ts';

/** Writes all of a content at the place that a descriptor is at. @throws the system's error */
export function writeWhole(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written);
  }
}

/** A name beside `path` for what becomes `path` by rename; a leftover of a crash is told by its `.tmp` end. */
export function temporaryNameFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** True for a name that `temporaryNameFor` gives to what becomes a file called `name`. */
export function isTemporaryNameFor(name: string, candidate: string): boolean {
  return candidate.startsWith(`.${name}.`) && /^[0-9a-f]{12}\.tmp$/.test(candidate.slice(name.length + 2));
}

/** The path itself, or with `-2`, `-3`, … behind it: the first that nothing has yet. */
export function unusedPath(path: string): string {
  let unused = path;
  for (let count = 2; kindOf(unused) !== 'none'; count += 1) unused = `${path}-${count}`;
  return unused;
}

/** Makes what a directory lists durable. File systems that can't sync a directory are left alone. */
export function syncDirectory(path: string): void {
  inDirectory(path, {}, (directory) => directory.sync());
}

/** Whose a file is to be, where that can be: only root gives one away. */
export interface FileRights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * What an operator named as a file to write, and is a device, a FIFO or a link, is not put out of its place: `/dev/stdout`.
 * @throws CONFIG_INVALID
 */
export function verifyReplaceable(path: string): void {
  const kind = kindOf(path);
  if (kind === 'other' || kind === 'link') throw notRegular(path);
}

/**
 * Writes `content` to `path` atomically and durably. A link that stands there is replaced, not followed.
 * @param rights the final mode, which holds from the first byte, whatever the umask; and whose it is, if not this user's.
 * @param base a directory above it, below which no link is followed; default: the one that holds it
 */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  rights: number | FileRights,
  base?: string,
): void {
  const mode = typeof rights === 'number' ? rights : rights.mode;
  const temporary = basename(temporaryNameFor(path));
  inDirectory(dirname(resolve(path)), { base }, (directory) => {
    named(path, () => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const descriptor = openSync(directory.at(temporary), flags, mode & 0o700);
      try {
        try {
          if (typeof rights !== 'number') giveTo(descriptor, rights);
          fchmodSync(descriptor, mode);
          writeWhole(descriptor, content);
          fsyncSync(descriptor);
        } finally {
          closeSync(descriptor);
        }
        renameSync(directory.at(temporary), directory.at(basename(path)));
      } catch (error) {
        unlinkSync(directory.at(temporary));
        throw error;
      }
    });
    directory.sync();
  });
}

function giveTo(descriptor: number, { uid, gid }: FileRights): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
  }
}

/**
 * Appends one line in one write; the file is created with `mode`. A line that a crash left without an end stays a line of
 * its own.
 * @param base as for writeFileAtomic.
 * @returns when it is durable; it is written at once, and another thread waits for the disk.
 * @throws at once, CONFIG_INVALID for a link, or what is no regular file
 */
export function appendLine(path: string, line: string, mode: number, base?: string): Promise<void> {
  const descriptor = openForAppending(path, mode, base);
  try {
    writeWhole(descriptor, `${endsInsideLine(descriptor) ? '\n' : ''}${line}\n`);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => {
      closeSync(descriptor);
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Opens a file to read and append, made with `mode` when it is missing. The caller closes it. @throws as appendLine */
export function openForAppending(path: string, mode: number, base?: string): number {
  const flags = constants.O_RDWR | constants.O_APPEND;
  return inDirectory(dirname(resolve(path)), { base }, (directory) =>
    openOrMake(directory, basename(path), { flags, mode }),
  );
}

function endsInsideLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/** Makes `path` a symbolic link to `target`, replacing a link that is there in one step. */
export function replaceLink(path: string, target: string, base?: string): void {
  const temporary = basename(temporaryNameFor(path));
  inDirectory(dirname(resolve(path)), { base }, (directory) => {
    named(path, () => {
      symlinkSync(target, directory.at(temporary));
      try {
        renameSync(directory.at(temporary), directory.at(basename(path)));
      } catch (error) {
        unlinkSync(directory.at(temporary));
        throw error;
      }
    });
  });
}

/**
 * Gives an entry another name in one step and makes that durable. Neither way there leads through a link.
 * @param base a directory above both, below which no link is followed; default: the ones that hold them
 * @throws the system's error
 */
export function rename(from: string, to: string, base?: string): void {
  inDirectory(dirname(resolve(from)), { base }, (old) => {
    inDirectory(dirname(resolve(to)), { base }, (target) => {
      named(from, () => renameSync(old.at(basename(from)), target.at(basename(to))));
      target.sync();
      if (old.path !== target.path) old.sync();
    });
  });
}

/**
 * Changes the mode of a file or directory, and of nothing that a link leads to.
 * @param base as for writeFileAtomic. @throws CONFIG_INVALID for a link
 */
export function changeMode(path: string, mode: number, base?: string): void {
  inDirectory(dirname(resolve(path)), { base }, (directory) => {
    const { descriptor, stats } = directory.locate(basename(path));
    try {
      if (stats.isSymbolicLink()) throw linkRefused(path, stats.uid);
      named(path, () => chmodSync(`/proc/self/fd/${descriptor}`, mode));
    } finally {
      closeSync(descriptor);
    }
  });
}

/**
 * Creates a directory and its missing parents with `mode`. One that exists keeps its mode and owner.
 * @param base as for writeFileAtomic; it may be the directory itself, which is the default
 * @returns true when it was created. @throws CONFIG_INVALID for a link that somebody else could have set
 */
export function ensureDirectory(path: string, mode: number, base?: string): boolean {
  let isMade = false;
  const onMade = (): void => {
    isMade = true;
  };
  inDirectory(path, { base, make: mode, onMade }, () => {});
  return isMade;
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

/**
 * The text of a file, or undefined when there is none; links are followed. What is believed is read by readTrustedText.
 * @throws CONFIG_INVALID for what is no regular file: it is not opened; EISDIR
 */
export function readTextIfPresent(path: string): string | undefined {
  return readIfPresent(path)?.toString('utf8');
}

/** The bytes of a file, as readTextIfPresent its text. */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFollowing(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
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
 * FUSE mount (ENOTCONN, hazards.md G2) is never taken for "not there".
 */
export function kindOf(path: string): 'none' | 'file' | 'directory' | 'link' | 'other' {
  let stats: ReturnType<typeof lstatSync>;
  try {
    // an error that is made to say that nothing is there costs more than the look
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isAbsence(error)) return 'none';
    throw error;
  }
  if (stats === undefined) return 'none';
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
