/**
 * The directory that a vault is mounted on. While nothing is mounted it is empty, and immutable where the file system
 * allows that, so that nobody writes plaintext to the disk by mistake (TOOLS.md G5). A mount on top still works.
 */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { findExecutable } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { ensureDirectory, isAbsence } from '../system/files.ts';
import { run } from '../system/process.ts';

/**
 * The absolute path without symbolic links, as the mount table will name it (TOOLS.md G13). It needs neither the
 * directory nor a living daemon: of a path that does not exist the existing part is resolved.
 */
export function resolveMountPath(path: string): string {
  const absolute = resolve(path);
  try {
    if (!lstatSync(absolute).isSymbolicLink()) return join(resolveParent(absolute), basename(absolute));
    return realpathSync(absolute);
  } catch (error) {
    if (!isAbsence(error) && errnoOf(error) !== 'ENOTCONN' && errnoOf(error) !== 'EACCES') throw error;
    return join(resolveParent(absolute), basename(absolute));
  }
}

function resolveParent(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  try {
    return realpathSync(parent);
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
 * Sets or clears the immutable flag of an unmounted mount directory (chattr(1)). Only root may, and not every file
 * system can: then nothing happens.
 * @returns true when the flag is as wanted.
 */
export async function setImmutable(
  directory: string,
  wanted: boolean,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const file = findExecutable('chattr', environment);
  if (file === undefined) return false;
  const finished = await run({
    file,
    args: [wanted ? '+i' : '-i', '--', directory],
    environment: minimalEnvironment(environment),
    deadline: 10_000,
  });
  return finished.exitCode === 0;
}
