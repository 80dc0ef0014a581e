/**
 * Keeping what a bidirectional sync replaces or deletes, before it does: on the remote by moving it into the trash
 * there, on this machine in a trash directory outside of what is synced. bisync 1.60 has nothing of the kind.
 */
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../system/errors.ts';
import { isAbsence, kindOf } from '../system/files.ts';
import { withFileList } from './file-list.ts';
import { type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { linkSuffix, placeOf, type Remote, rclonePath } from './remote.ts';
import { transferDeadline } from './transfer.ts';
import { beganAt } from './trash.ts';

/** The file or link on this machine that rclone calls by a path. */
export function localPath(directory: string, path: string): string {
  const file = join(directory, path);
  return path.endsWith(linkSuffix) && kindOf(file) === 'none' ? file.slice(0, -linkSuffix.length) : file;
}

/**
 * Keeps a local file in a directory, under the same path.
 * @param way `copy` leaves it where it is, so that it is never missing while its new version comes.
 */
export function keepLocally(directory: string, path: string, trash: string, way: 'copy' | 'move'): void {
  const file = localPath(directory, path);
  const kept = freeName(join(trash, file.slice(directory.length + 1)));
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  if (way === 'move') {
    try {
      renameSync(file, kept);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
    }
  }
  copyAside(file, kept);
  if (way === 'move') unlinkSync(file);
}

function freeName(path: string): string {
  let free = path;
  for (let number = 1; kindOf(free) !== 'none'; number += 1) free = `${path}~${number}`;
  return free;
}

function copyAside(file: string, kept: string): void {
  const { atime, mtime, mode } = lstatSync(file);
  if (kindOf(file) === 'link') {
    symlinkSync(readlinkSync(file), kept);
    lutimesSync(kept, atime, mtime);
    return;
  }
  copyFileSync(file, kept, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(kept, mode & 0o7777);
  utimesSync(kept, atime, mtime);
}

/** Moves files of the remote into its trash, or below another directory there. */
export async function keepRemotely(
  remote: Remote,
  paths: readonly string[],
  trash: string,
  dependencies: RcloneDependencies,
): Promise<void> {
  const places = [rclonePath(remote), rclonePath(remote, trash)];
  await named(remote, ['move', ...places, '--ignore-times'], paths, 'keep the old versions', dependencies);
}

/** Deletes files of the remote for good. */
export async function deleteRemotely(
  remote: Remote,
  paths: readonly string[],
  dependencies: RcloneDependencies,
): Promise<void> {
  await named(remote, ['delete', rclonePath(remote)], paths, 'delete files', dependencies);
}

async function named(
  remote: Remote,
  command: readonly string[],
  paths: readonly string[],
  action: string,
  dependencies: RcloneDependencies,
): Promise<void> {
  if (paths.length === 0) return;
  await withFileList(paths, async (list) => {
    const result = await rclone(
      {
        args: [...command, '--links', '--files-from-raw', list, '--no-traverse'],
        configFile: remote.configFile,
        environment: remote.environment,
        deadline: transferDeadline,
      },
      dependencies,
    );
    if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), action);
  });
}

/** Removes directories of this machine from which files were taken, as far as nothing is left in them. */
export function removeEmptyDirectories(directory: string, candidates: Iterable<string>): void {
  const deepestFirst = [...candidates].sort((a, b) => b.split('/').length - a.split('/').length);
  for (const path of deepestFirst) {
    try {
      rmdirSync(join(directory, path));
    } catch (error) {
      if (!isAbsence(error) && !['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
}

/** Removes what runs kept that began more than `keep` milliseconds before `now`. */
export function pruneLocalTrash(trash: string, keep: number, now: Date): void {
  if (kindOf(trash) !== 'directory') return;
  for (const name of readdirSync(trash)) {
    const began = beganAt(name);
    if (began !== undefined && now.getTime() - began > keep) rmSync(join(trash, name), { recursive: true });
  }
}
