/** A file without a name, for what another program is to read by its descriptor. */

import { randomBytes } from 'node:crypto';
import { closeSync, constants, futimesSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { settableTime } from './file-times.ts';
import { writeWhole } from './files.ts';
import { named } from './paths/held-directory.ts';
import { temporaryDirectory } from './paths/temporary.ts';

/**
 * Gives `action` an open, unlinked file with a content, and closes it.
 * @param mtime nanoseconds since 1970, which the file is given
 */
export async function withScratchFile<Result>(
  content: Buffer,
  action: (descriptor: number) => Promise<Result>,
  mtime?: bigint,
): Promise<Result> {
  const path = join(temporaryDirectory(), `.cryptosync-${randomBytes(9).toString('hex')}`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = named(path, () => openSync(path, flags, 0o600));
  try {
    unlinkSync(path);
    named(path, () => writeWhole(descriptor, content));
    if (mtime !== undefined) futimesSync(descriptor, settableTime(mtime), settableTime(mtime));
    return await action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
