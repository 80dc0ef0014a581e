/**
 * A directory to work in, at a name that an operator's own may have as well, or another command of ours may want at the
 * same time: only one that is ours is worked in, and by one command at once. The lock that lies in it is its mark.
 */
import { join } from 'node:path';
import { withLock } from '../../clients/lock.ts';
import { openOwnDirectory } from '../../sync/here/staging.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { namesIn } from '../../system/files.ts';
import { removeFile, removeIfEmpty, removeTree } from '../../system/paths/removal.ts';
import type { Context } from '../context.ts';

const markName = '.cryptosync-lock';

export interface WorkshopRequest {
  readonly path: string;
  /** What is done in it, for whoever finds it taken. */
  readonly purpose: string;
  /** Milliseconds for another command to be done with it. */
  readonly wait: number;
}

/**
 * Makes the directory and its missing parents, gives it to `action`, and takes it away with all that is left in it. What is
 * in it when `action` fails stays for the next run.
 * @throws LOCKED while another command works in it, CONFIG_INVALID for one that holds what is not ours
 */
export async function inWorkshop<Result>(
  context: Context,
  { path, purpose, wait }: WorkshopRequest,
  action: (directory: string) => Promise<Result>,
): Promise<Result> {
  verifyOurs(path);
  openOwnDirectory(path).close();
  const lock = { path: join(path, markName), base: path, isAmongData: true, subject: path, purpose, wait };
  return await withLock(lock, context, async () => {
    try {
      const result = await action(path);
      for (const name of contentOf(path)) removeTree(join(path, name), path);
      return result;
    } finally {
      // under the lock: whoever waits for it finds that it is gone, and makes another
      if (contentOf(path).length === 0) {
        removeFile(join(path, markName), path);
        removeIfEmpty(path);
      }
    }
  });
}

function contentOf(path: string): string[] {
  return namesIn(path).filter((name) => name !== markName);
}

/** The mark is there before anything else is, and goes last. */
function verifyOurs(path: string): void {
  const names = namesIn(path);
  if (names.length === 0 || names.includes(markName)) return;
  throw new CryptosyncError('CONFIG_INVALID', `${path} is needed to work in, and what it holds is not ours`, {
    advice: { to: 'look-at-file', path },
    details: { path },
  });
}
