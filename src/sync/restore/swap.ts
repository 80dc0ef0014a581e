/** Putting what came back in its place. What was there is moved aside, and never written over. */
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { toNameSeconds } from '../../system/clock.ts';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { kindOf, namesIn, syncDirectory, unusedPath } from '../../system/files.ts';
import { removeIfEmpty } from '../../system/paths/removal.ts';

/**
 * @param arrived on the file system of `directory`. @returns where what was there before is now; undefined when that was nothing
 * @throws CONFIG_INVALID when the place is a mount point, or no directory
 */
export function swapIn(arrived: string, directory: string, now: Date): string | undefined {
  const kind = kindOf(directory);
  if (kind !== 'none' && kind !== 'directory') throw noPlace(directory, 'is no directory');
  try {
    const aside = kind === 'none' ? undefined : putAside(directory, now);
    renameSync(arrived, directory);
    syncDirectory(dirname(directory));
    return aside;
  } catch (error) {
    if (errnoOf(error) === 'EBUSY') throw noPlace(directory, 'is a mount point itself');
    throw error;
  }
}

function putAside(directory: string, now: Date): string | undefined {
  if (namesIn(directory).length === 0 && removeIfEmpty(directory)) return undefined;
  const aside = unusedPath(`${directory}.before-restore-${toNameSeconds(now)}`);
  renameSync(directory, aside);
  return aside;
}

function noPlace(directory: string, why: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${directory} ${why}: nothing can be put in its place`, {
    advice: { to: 'mount-disk-above', directory: dirname(directory) },
  });
}
