/** Reading a small file of an engine's own at the top of an encrypted directory, whatever stands there. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';
import type { FileReader } from './engine.ts';

/** Bytes; an engine's configuration has about a thousand. More of a file is not looked at. */
const most = 64 * 1024;

/**
 * Reads files at the top of a directory. What is no regular file, or a link, counts as not there: no engine makes
 * such a thing, and a FIFO would never answer.
 */
export function topFileReader(directory: string): FileReader {
  return (name) => {
    let descriptor: number;
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      descriptor = openSync(join(directory, name), flags);
    } catch (error) {
      if (isAbsence(error) || ['ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return undefined;
      const content = Buffer.alloc(Math.min(most, stats.size));
      let length = 0;
      for (let count = -1; count !== 0 && length < content.length; length += count) {
        count = readSync(descriptor, content, length, content.length - length, null);
      }
      return content.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  };
}
