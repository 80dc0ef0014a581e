/** What a child printed: how much of it is kept, and where a daemon's goes. */
import { fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { temporaryDirectory } from '../paths/temporary.ts';

/** The most of a stream that is kept, in characters, so that a child that prints for ever can't fill the memory. */
export const keptOutput = 16 * 1024 * 1024;

/**
 * A file without a name for the output of a program that daemonises. The name that it has for a moment is no secret, for
 * which every mount would wait until node:crypto is loaded: a file that is there already is not opened.
 */
export function openUnlinkedFile(): number {
  for (let attempt = 1; ; attempt += 1) {
    const path = join(
      temporaryDirectory(),
      `.cryptosync-output-${process.pid}-${Math.random().toString(36).slice(2)}`,
    );
    try {
      const descriptor = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      return descriptor;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || attempt === mostAttempts) throw error;
    }
  }
}

const mostAttempts = 10;

export function readDescriptor(descriptor: number): string {
  const size = Math.min(fstatSync(descriptor).size, keptOutput);
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.toString('utf8', 0, filled);
}

/** The last lines of what a child printed on stderr, for the cause of an error; blank lines are left out. */
export function lastLines(text: string, count = 5): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .join('\n');
}
