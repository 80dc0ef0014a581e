/**
 * Where files of a download arrive before any of them is put in its place: a directory of ours on the same file system,
 * so that putting them there is a rename each. What has arrived is kept when a run is stopped, and not fetched again.
 */

import { constants, fstatSync, lstatSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shortDigest } from '../../system/digest.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';
import { type HeldDirectory, named } from '../../system/paths/held-directory.ts';
import { removeTree } from '../../system/paths/removal.ts';
import { openDirectory } from '../../system/paths/walk.ts';

export interface Staging {
  readonly path: string;
  readonly directory: HeldDirectory;
  /** Opens a file for what arrives; what came before under this name is thrown away. */
  open(name: string): number;
  close(): void;
  /** Removes the directory with all that is left in it. */
  remove(): void;
}

/**
 * @param target the directory that is downloaded into; its parent must be there
 * @param state a directory of ours, which is taken when it lies on the same file system
 */
export function openStaging(target: string, state: string): Staging {
  const path = stagingFor(target, state);
  const directory = openOwnDirectory(path);
  return {
    path,
    directory,
    open(name) {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
      return named(directory.pathOf(name), () => openSync(directory.at(name), flags, 0o600));
    },
    close: () => directory.close(),
    remove() {
      directory.close();
      removeTree(path, dirname(path));
    },
  };
}

/** Whether a run that did not end has left what arrived for a target, on the very file system that it stands on now. */
export function hasStaging(target: string, state: string): boolean {
  return lstatSync(stagingFor(target, state), { throwIfNoEntry: false })?.isDirectory() === true;
}

function stagingFor(target: string, state: string): string {
  const own = shortDigest(target, 16);
  const inState = join(state, `incoming-${own}`);
  return isSameDevice(target, state) ? inState : join(besides(target), `.cryptosync-incoming-${own}`);
}

/** Opens a directory that nobody else works in, and makes it, mode 0700. @throws CONFIG_INVALID when it is another's */
export function openOwnDirectory(path: string): HeldDirectory {
  const directory = openDirectory(path, { base: dirname(path), make: 0o700 });
  verifyOurs(directory, path);
  return directory;
}

function isSameDevice(target: string, state: string): boolean {
  return deviceOf(target) === deviceOf(state);
}

/** Of a path, or of the nearest directory above that is there. */
function deviceOf(path: string): number {
  for (let at = path; ; at = dirname(at)) {
    try {
      return statSync(at).dev;
    } catch (error) {
      if (!isAbsence(error) || at === dirname(at)) throw error;
    }
  }
}

/** The parent, or the target itself where it is a file system of its own. */
function besides(target: string): string {
  const parent = dirname(target);
  return deviceOf(parent) === deviceOf(target) ? parent : target;
}

/** A directory of this name that somebody else has made is not worked in. @throws CONFIG_INVALID */
function verifyOurs({ descriptor }: HeldDirectory, path: string): void {
  const { uid, mode } = fstatSync(descriptor);
  if (uid === process.geteuid?.() && (mode & 0o077) === 0) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${path} is needed for what arrives, and belongs to somebody else`,
    {
      details: { path, owner: uid },
    },
  );
}
