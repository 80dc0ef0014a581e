/** Where an import is made before it is put in its place: in the root, which has its disk, under no client's name. */
import { join } from 'node:path';
import { directoryMode } from '../../clients/layout.ts';
import { type LockRequest, withLock } from '../../clients/lock.ts';
import { requireTool } from '../../system/dependencies.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, kindOf } from '../../system/files.ts';
import { emptyDirectory, removeFile, removeIfEmpty } from '../../system/paths/removal.ts';
import { feedTo } from '../../system/process/stream.ts';
import { lastLines } from '../../system/process.ts';
import type { Context } from '../context.ts';
import { streamDeadline, tarEnvironment } from './archive.ts';

/** No client's id begins with a dot. */
const stagingName = '.cryptosync-import';

/**
 * Gives `action` an empty directory in the root, which nobody else uses and which is gone afterwards. What an import
 * that was killed has left there is removed.
 * @param wait milliseconds for another import to end. @throws LOCKED
 */
export async function inStaging<Result>(
  context: Context,
  wait: number,
  action: (directory: string) => Promise<Result>,
): Promise<Result> {
  ensureDirectory(context.root, 0o755);
  const staging = join(context.root, stagingName);
  ensureDirectory(staging, directoryMode);
  const lock = join(staging, 'lock');
  const request: LockRequest = {
    path: lock,
    base: staging,
    subject: `the root ${context.root}`,
    purpose: 'import',
    wait,
  };
  const work = join(staging, 'work');
  return await withLock(request, context, async () => {
    clear(work, staging);
    ensureDirectory(work, directoryMode, staging);
    try {
      return await action(work);
    } finally {
      clear(work, staging);
      removeFile(lock, staging);
      removeIfEmpty(staging);
    }
  });
}

function clear(directory: string, base: string): void {
  if (kindOf(directory) === 'none') return;
  emptyDirectory(directory, base);
  removeIfEmpty(directory, base);
}

/**
 * Unpacks an archive into an empty directory. GNU tar writes through no link that the archive brought, and refuses `..`
 * (GNU tar's manual, "Security"); what it made is looked at afterwards.
 * @throws VERIFY_FAILED for an archive that is not whole, or holds what it must not; DISK_FULL
 */
export async function unpack(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  context: Context,
): Promise<void> {
  const isRoot = context.userId === 0;
  const end = await feedTo(
    {
      file: requireTool('tar', context.environment),
      args: [
        ...[
          '--extract',
          '--file=-',
          '--numeric-owner',
          '--preserve-permissions',
          '--delay-directory-restore',
        ],
        ...[
          '--xattrs',
          '--xattrs-include=user.*',
          '--keep-old-files',
          isRoot ? '--same-owner' : '--no-same-owner',
        ],
        `--directory=${directory}`,
      ],
      environment: tarEnvironment(context),
      deadline: streamDeadline,
      signal: context.signal,
    },
    archive,
  );
  if (end.exitCode === 0 && end.isRead) return;
  const said = lastLines(end.stderr, 3) || `it ended with ${end.signal ?? `exit ${end.exitCode}`}`;
  if (/No space left on device|Disk quota exceeded/.test(end.stderr))
    throw new CryptosyncError('DISK_FULL', `the disk of ${context.root} is full: ${said}`);
  throw new CryptosyncError('VERIFY_FAILED', `the archive could not be unpacked: ${said}`, {
    advice: { to: 'use-another-copy' },
  });
}
