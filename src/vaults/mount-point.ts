/**
 * The directory that a vault is mounted on. While nothing is mounted it is empty, and immutable where the file system
 * allows that, so that nobody writes plaintext to the disk by mistake (TOOLS.md G5). A mount on top still works.
 */
import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { findExecutable } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { ensureDirectory, isAbsence } from '../system/files.ts';
import { run } from '../system/process.ts';
import { type MountEntry, readMountTable } from './mount-table.ts';

/**
 * The absolute path without symbolic links, as the mount table will name it (TOOLS.md G13). It needs neither the
 * directory nor a living daemon: of a path that does not exist the existing part is resolved, and a mount is not
 * touched.
 */
export function resolveMountPath(path: string, table: readonly MountEntry[] = readMountTable()): string {
  return followLinks(resolve(path), table, mostLinks);
}

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** Follows links one by one, so that what each leads to is looked up in the mount table as well. */
function followLinks(path: string, table: readonly MountEntry[], linksLeft: number): string {
  const resolved = join(resolveParent(path), basename(path));
  if (table.some(({ mountPoint }) => mountPoint === resolved)) return resolved;
  try {
    if (!lstatSync(resolved).isSymbolicLink()) return resolved;
    if (linksLeft === 0) return realpathSync(resolved); // which says that there are too many
    return followLinks(resolve(dirname(resolved), readlinkSync(resolved)), table, linksLeft - 1);
  } catch (error) {
    if (!isAbsence(error) && errnoOf(error) !== 'ENOTCONN' && errnoOf(error) !== 'EACCES') throw error;
    return resolved;
  }
}

function resolveParent(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  try {
    return realpathSync.native(parent);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return join(resolveParent(parent), basename(parent));
  }
}

/** @throws CONFIG_INVALID when one of the two directories is, or lies in, the other. */
export function verifySeparate(encryptedDir: string, mountDir: string): void {
  const inside = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}/`);
  if (!inside(mountDir, encryptedDir) && !inside(encryptedDir, mountDir)) return;
  const how =
    mountDir === encryptedDir
      ? 'is the encrypted directory'
      : inside(mountDir, encryptedDir)
        ? 'lies in the encrypted directory'
        : 'holds the encrypted directory';
  throw new CryptosyncError('CONFIG_INVALID', `the mount directory ${mountDir} ${how} ${encryptedDir}`, {
    hint: 'Choose another with --mount-dir.',
  });
}

const straysShown = 10;

/** Makes sure that an unmounted mount directory exists and is empty. @throws MOUNT_DIR_NOT_EMPTY */
export function prepareMountDirectory(mountDir: string): void {
  ensureDirectory(mountDir, 0o700);
  verifyNoStrays(mountDir);
}

/** @throws MOUNT_DIR_NOT_EMPTY with what stands in an unmounted mount directory: it is not encrypted. */
export function verifyNoStrays(mountDir: string): void {
  const strays = readdirSync(mountDir);
  if (strays.length === 0) return;
  const shown = strays.slice(0, straysShown).join(', ');
  const more = strays.length > straysShown ? ` and ${strays.length - straysShown} more` : '';
  throw new CryptosyncError(
    'MOUNT_DIR_NOT_EMPTY',
    `the mount directory ${mountDir} is not empty: ${shown}${more}`,
    {
      hint: 'These files are not encrypted. Move them away, mount, then move them into the vault.',
      details: { mountDir, strays: strays.slice(0, 100) },
    },
  );
}

/**
 * Sets or clears the immutable flag of a mount directory (chattr(1)). Only root may, and not every file system can:
 * then nothing happens.
 * @param directory its path while nothing is mounted on it, or an open descriptor, which is the directory itself
 * whatever is mounted.
 * @returns true when the flag is as wanted.
 */
export async function setImmutable(
  directory: string | number,
  wanted: boolean,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const file = findExecutable('chattr', environment);
  if (file === undefined) return false;
  const finished = await run({
    file,
    // the dot, because chattr leaves links alone
    args: [wanted ? '+i' : '-i', '--', typeof directory === 'number' ? '/proc/self/fd/3/.' : directory],
    environment: minimalEnvironment(environment),
    descriptors: typeof directory === 'number' ? [directory] : [],
    deadline: 10_000,
  });
  return finished.exitCode === 0;
}

/**
 * Runs `start`, which mounts something on a directory, while the directory can be written: some engines try to.
 * Afterwards it is immutable again, below what is mounted now.
 */
export async function whileWritable<Result>(
  mountDir: string,
  environment: NodeJS.ProcessEnv,
  start: () => Promise<Result>,
): Promise<Result> {
  const descriptor = openSync(mountDir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await setImmutable(descriptor, false, environment);
    return await start();
  } finally {
    await setImmutable(descriptor, true, environment);
    closeSync(descriptor);
  }
}
