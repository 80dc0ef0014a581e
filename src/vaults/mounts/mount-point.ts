/**
 * The directory that a vault is mounted on. While nothing is mounted it is empty, and immutable where the file system
 * allows that, so that nobody writes plaintext to the disk by mistake (hazards.md G5). A mount on top still works.
 */
import { accessSync, closeSync, constants, openSync, readdirSync } from 'node:fs';
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import { isWithin } from '../../system/names.ts';
import { removeIfEmpty } from '../../system/paths/removal.ts';
import { run } from '../../system/process.ts';
import { roles, verifyReachable } from '../../system/stores/stores.ts';

export { resolvePath as resolveMountPath } from '../../system/stores/stores.ts';

/** @throws CONFIG_INVALID when one of the two directories is, or lies in, the other. */
export function verifySeparate(encryptedDir: string, mountDir: string): void {
  if (!isWithin(mountDir, encryptedDir) && !isWithin(encryptedDir, mountDir)) return;
  const how =
    mountDir === encryptedDir
      ? 'is the encrypted directory'
      : isWithin(mountDir, encryptedDir)
        ? 'lies in the encrypted directory'
        : 'holds the encrypted directory';
  throw new CryptosyncError('CONFIG_INVALID', `the mount directory ${mountDir} ${how} ${encryptedDir}`, {
    advice: { to: 'choose-mount-directory' },
  });
}

const straysShown = 10;

/** Makes sure that an unmounted mount directory exists and is empty. @throws MOUNT_DIR_NOT_EMPTY */
export function prepareMountDirectory(mountDir: string): void {
  verifyReachable(mountDir, roles.mountPoint);
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
      advice: { to: 'move-plaintext-away' },
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
  if (isImmutable(typeof directory === 'number' ? `/proc/self/fd/${directory}` : directory) === wanted)
    return true;
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
 * Whether a directory has the flag, as access(2) tells root: EPERM is given for that and nothing else. Undefined where
 * it does not tell, as on a file system that can't be written. It saves a process in every mount.
 */
function isImmutable(directory: string): boolean | undefined {
  try {
    accessSync(directory, constants.W_OK);
    return false;
  } catch (error) {
    return errnoOf(error) === 'EPERM' ? true : undefined;
  }
}

/**
 * Lets go of an unmounted directory on which no vault will be mounted any more: it can be written again, and goes where
 * it is empty, so that nobody puts plaintext there out of habit.
 * @returns true when it is gone.
 */
export async function leaveMountDirectory(
  mountDir: string,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  await setImmutable(mountDir, false, environment);
  return removeIfEmpty(mountDir);
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
