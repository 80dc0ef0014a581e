/**
 * Removing below a base: no link is followed, and no mount point is crossed. Each directory is opened before it is
 * emptied, and is emptied by its descriptor; names are bytes, because they may be no UTF-8.
 */
import { closeSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { errnoOf } from '../errors.ts';
import { isAbsence } from '../files.ts';
import { readMountTable } from '../stores/mount-table.ts';
import { type EntryName, type HeldDirectory, named } from './held-directory.ts';
import { mountRefused } from './refusals.ts';
import { inDirectory } from './walk.ts';

/** Runs an action on the entry's directory; false when the directory or the entry is not there. */
function unlessAbsent(
  path: string,
  base: string | undefined,
  action: (directory: HeldDirectory, name: string) => void,
): boolean {
  const absolute = resolve(path);
  try {
    inDirectory(dirname(absolute), { base }, (directory) => action(directory, basename(absolute)));
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/**
 * Removes a file, or a link itself. @returns false when there was none.
 * @param base a directory above it, below which no link is followed; default: the one that holds it
 * @throws CONFIG_INVALID for a link on the way; EISDIR, EBUSY for a mount point
 */
export function removeFile(path: string, base?: string): boolean {
  return unlessAbsent(path, base, (directory, name) => {
    named(directory.pathOf(name), () => unlinkSync(directory.at(name)));
  });
}

/** Removes a directory that is empty. @returns false when it is not there, not empty, or something is mounted on it. */
export function removeIfEmpty(path: string, base?: string): boolean {
  try {
    return unlessAbsent(path, base, (directory, name) => {
      named(directory.pathOf(name), () => rmdirSync(directory.at(name)));
    });
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/**
 * Removes a file or link, or a directory with all that is in it.
 * @param base as for removeFile. @returns false when there was none.
 * @throws CONFIG_INVALID when something is mounted in it: then nothing has been removed, unless it was mounted during
 * the removal, which stops there.
 */
export function removeTree(path: string, base?: string): boolean {
  return unlessAbsent(path, base, removeTreeIn);
}

/** The same for an entry of a directory that is held. @throws ENOENT, and as removeTree */
export function removeTreeIn(directory: HeldDirectory, name: string): void {
  verifyNoMountIn(directory.pathOf(name));
  removeEntry(directory, name, directory.mountId());
}

/**
 * Removes all that is in a directory, which may itself be a mount point and stays.
 * @param base as for removeFile. @throws as removeTree; ENOTDIR
 */
export function emptyDirectory(path: string, base?: string): void {
  inDirectory(path, { base }, (directory) => {
    verifyNoMountIn(`${directory.path}/`);
    removeContent(directory, directory.mountId());
  });
}

function removeContent(directory: HeldDirectory, mountId: string): void {
  const names = named(directory.path, () =>
    readdirSync(`/proc/self/fd/${directory.descriptor}`, { encoding: 'buffer' }),
  );
  for (const name of names) removeEntry(directory, name, mountId);
}

function removeEntry(directory: HeldDirectory, name: EntryName, mountId: string): void {
  const path = directory.pathOf(name);
  const { descriptor, stats } = directory.locate(name);
  closeSync(descriptor);
  if (!stats.isDirectory()) {
    unlinkHere(directory, name);
    return;
  }
  const inner = directory.enter(name);
  try {
    if (inner.mountId() !== mountId) throw mountRefused(path);
    removeContent(inner, mountId);
  } finally {
    inner.close();
  }
  named(path, () => rmdirSync(directory.at(name)));
}

function unlinkHere(directory: HeldDirectory, name: EntryName): void {
  const path = directory.pathOf(name);
  try {
    named(path, () => unlinkSync(directory.at(name)));
  } catch (error) {
    throw errnoOf(error) === 'EBUSY' ? mountRefused(path) : error;
  }
}

/** @param path without links; with a slash at its end only what is below counts. @throws CONFIG_INVALID */
function verifyNoMountIn(path: string): void {
  const mounted = mountPointIn(path);
  if (mounted !== undefined) throw mountRefused(mounted);
}

/** @param path without links. @throws CONFIG_INVALID naming a mount point below it */
export function verifyNoMountBelow(path: string): void {
  verifyNoMountIn(`${path.replace(/\/*$/, '')}/`);
}

/** The first mount point at or below a path without links; with a slash at its end, below it alone. */
export function mountPointIn(path: string): string | undefined {
  const below = path.replace(/\/*$/, '/');
  return readMountTable()
    .map(({ mountPoint }) => mountPoint)
    .find((point) => point === path || point.startsWith(below));
}
