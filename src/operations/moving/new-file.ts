/** A file that is there whole or not at all, and never in the place of another. */
import { constants, linkSync, renameSync, unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CryptosyncError, errnoOf, interruption } from '../../system/errors.ts';
import { isTemporaryNameFor, kindOf, namesIn, temporaryNameFor } from '../../system/files.ts';
import type { HeldDirectory } from '../../system/paths/held-directory.ts';
import { removeFile } from '../../system/paths/removal.ts';
import { openDirectory } from '../../system/paths/walk.ts';

const mode = 0o600;

/**
 * Writes what comes into a new file, mode 0600 from the first byte.
 * @returns its length in bytes. @throws CONFIG_INVALID when something stands there by then; what `content` throws
 */
export async function writeNewFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const directory = openDirectory(dirname(path));
  const name = basename(path);
  const temporary = basename(temporaryNameFor(path));
  try {
    // of one that was killed; nobody else makes files of such names
    for (const left of namesIn(dirname(path)).filter((each) => isTemporaryNameFor(name, each)))
      removeFile(`${dirname(path)}/${left}`);
    const length = await fill(directory.at(temporary), content, signal);
    place(directory, temporary, name);
    directory.sync();
    return length;
  } catch (error) {
    if (kindOf(directory.at(temporary)) === 'file') unlinkSync(directory.at(temporary));
    throw error;
  } finally {
    directory.close();
  }
}

async function fill(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, mode);
  let length = 0;
  try {
    for await (const chunk of content) {
      if (signal?.aborted) throw interruption(signal);
      for (let written = 0; written < chunk.length; )
        written += (await file.write(chunk, written, chunk.length - written)).bytesWritten;
      length += chunk.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return length;
}

/** By link(2), which replaces nothing; a disk without hard links, such as a stick, is looked at instead. */
function place(directory: HeldDirectory, temporary: string, name: string): void {
  try {
    linkSync(directory.at(temporary), directory.at(name));
    unlinkSync(directory.at(temporary));
    return;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') throw taken(directory.pathOf(name));
    if (errno === 'ENOENT') throw writtenByAnother(directory.pathOf(name));
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errno)) throw error;
  }
  if (kindOf(directory.at(name)) !== 'none') throw taken(directory.pathOf(name));
  renameSync(directory.at(temporary), directory.at(name));
}

/** It has taken this one's part for what a killed command had left. */
function writtenByAnother(path: string): CryptosyncError {
  return new CryptosyncError('LOCKED', `${path} is being written by another command`);
}

function taken(path: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${path} exists by now, and is never written over`, {
    advice: { to: 'choose-new-file' },
  });
}
