/** Reading all of stdin: a password, a key or options that another program pipes in. */
import { readSync } from 'node:fs';
import { errnoOf } from './errors.ts';

/** More than any password or list of options; what never ends is cut here. */
const longest = 1024 * 1024;
/** Milliseconds between two looks at a pipe that has nothing yet. */
const pauseTime = 10;

/**
 * All of stdin, to its end. The pipe may be non-blocking (whoever shares it may have made it so): then it says EAGAIN
 * while the other program still thinks, and is asked again.
 */
export function readStdin(): Buffer {
  const chunk = Buffer.alloc(65_536);
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < longest) {
    try {
      const count = readSync(0, chunk);
      if (count === 0) break;
      chunks.push(Buffer.from(chunk.subarray(0, count)));
      length += count;
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseTime);
    }
  }
  chunk.fill(0);
  return Buffer.concat(chunks);
}
