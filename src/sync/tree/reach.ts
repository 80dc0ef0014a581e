/** Entries of a tree by their paths, also where the system does not take the whole path in one piece. */
import { closeSync, constants, openSync } from 'node:fs';
import { CryptosyncError, errnoOf, isScarcity, toCryptosyncError } from '../../system/errors.ts';
import { bytesOfName, directoryOf, systemPath } from '../../system/names.ts';
import { pathOnly } from '../../system/paths/held-directory.ts';

/**
 * Bytes of a path below the tree's directory: with `./` before it, what the system takes in one piece
 * (path_resolution(7), PATH_MAX). Directories can be made in one another without an end, and their paths take memory.
 */
const longestPath = 4093;

/** Whether an entry lies so deep that nobody looks into it. */
export function isBeyondReach(path: string): boolean {
  return path.length * 3 > longestPath && bytesOfName(path).length > longestPath;
}

/** @param path relative to the root, which is the empty string */
export function pathBelow(root: string, path: string): string {
  return path === '' ? root : `${root}/${path}`;
}

/**
 * Makes a call about an entry; where its path is too long for the system, beginning at a directory in its midst.
 * @throws what the call throws
 */
export function reach<Result>(root: string, path: string, call: (entry: string | Buffer) => Result): Result {
  try {
    return call(systemPath(pathBelow(root, path)));
  } catch (error) {
    if (errnoOf(error) !== 'ENAMETOOLONG' || path === '') throw error;
  }
  const midst = directoryOf(path.slice(0, path.length / 2));
  const top = openSync(root, directoryFlags);
  try {
    const held = openSync(systemPath(`/proc/self/fd/${top}/${midst}`), directoryFlags);
    try {
      const rest = midst === '' ? path : path.slice(midst.length + 1);
      return call(systemPath(`/proc/self/fd/${held}/${rest}`));
    } finally {
      closeSync(held);
    }
  } finally {
    closeSync(top);
  }
}

/** @param shown the path for people @param details where it is, for programs */
export function unreadable(shown: string, cause: unknown, details: object): CryptosyncError {
  const errno = errnoOf(cause);
  if (isScarcity(errno)) return toCryptosyncError(cause);
  return new CryptosyncError('SYNC_FAILED', `${shown} can't be read (${errno ?? 'unknown'})`, {
    details: { ...details, errno },
    cause,
  });
}

const directoryFlags = pathOnly | constants.O_DIRECTORY;
