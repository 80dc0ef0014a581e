/**
 * Letting other users into a mount. That the kernel lets them ask (`allow_other`) is not enough where modes are looked
 * at: the mount's root has the mode of the encrypted directory, 0700. So that is opened before such a mount, which may
 * be one to read only, and closed after it.
 */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { changeMode } from '../../system/files.ts';
import { whySick } from '../../system/stores/stores.ts';
import type { Engine } from '../engines/engine.ts';
import type { MountState } from './mount-table.ts';

/** Others may list and enter, and make nothing. */
const forOthers = 0o055;

interface Opened {
  readonly engine: Engine;
  readonly encryptedDir: string;
}

/**
 * Runs `start`, which mounts, so that others can enter what it mounts.
 * @throws MOUNT_FAILED when the mode can't be changed; what `start` throws: then all is as it was
 */
export async function lettingOthersIn<Result>(
  { engine, encryptedDir }: Opened,
  start: () => Promise<Result>,
): Promise<Result> {
  if (!engine.checksModes) return await start();
  const { mode } = lstatSync(encryptedDir);
  setMode(encryptedDir, mode, mode | forOthers);
  try {
    return await start();
  } catch (error) {
    setMode(encryptedDir, mode | forOthers, mode);
    throw error;
  }
}

/** After a mount that let others in is gone: the encrypted directory is its owner's alone again. */
export function closeToOthers({ engine, encryptedDir }: Opened, was: MountState): void {
  const letOthersIn = 'entries' in was && was.entries.some(({ allowsOthers }) => allowsOthers);
  if (!letOthersIn || !engine.checksModes || whySick(encryptedDir) !== undefined) return;
  const { mode } = lstatSync(encryptedDir);
  setMode(encryptedDir, mode, mode & ~forOthers);
}

function setMode(path: string, before: number, wanted: number): void {
  if ((before & 0o7777) === (wanted & 0o7777)) return;
  try {
    changeMode(path, wanted & 0o7777);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM' && errnoOf(error) !== 'EROFS') throw error;
    throw new CryptosyncError(
      'MOUNT_FAILED',
      `the mode of ${path}, which decides who may enter, can't be changed`,
      {
        advice: { to: 'mount-for-owner-alone' },
      },
    );
  }
}

/** The uppermost directory on the way to a mount that lets nobody else through; undefined when there is none. */
export function closedWayTo(mountDir: string): string | undefined {
  let closed: string | undefined;
  for (let path = dirname(mountDir); path !== dirname(path); path = dirname(path)) {
    if ((lstatSync(path).mode & 0o001) === 0) closed = path;
  }
  return closed;
}
