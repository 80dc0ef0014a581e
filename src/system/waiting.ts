/**
 * Reading to its end what another program gives as it comes: a FIFO, a pipe, a terminal. The thread never stands in a
 * read, so that Ctrl-C, SIGTERM and a deadline count while it waits.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { pause } from './clock.ts';
import { errnoOf, interruption, MisplacedFile } from './errors.ts';
import { whySick } from './stores/stores.ts';

export interface Patience {
  /** Bytes: what gives more, such as /dev/zero, is no answer. */
  readonly longest: number;
  /** Milliseconds for the whole of it; `Infinity` waits as long as the other program does. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds between two looks at what has nothing yet. */
const pauseTime = 10;

/** All that a file, a FIFO or a device gives. @throws MisplacedFile, INTERRUPTED, and the system's error */
export async function readPatiently(path: string, patience: Patience): Promise<Buffer> {
  const sick = whySick(path);
  if (sick !== undefined) throw new MisplacedFile(path, `can't be read: ${sick}`);
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const descriptor = openSync(path, flags);
  try {
    return await readDescriptorPatiently(descriptor, path, patience);
  } finally {
    closeSync(descriptor);
  }
}

/** The same of an open descriptor whose reads do not wait. @param path how an error calls it */
export async function readDescriptorPatiently(
  descriptor: number,
  path: string,
  { longest, deadline, signal }: Patience,
): Promise<Buffer> {
  const until = Date.now() + deadline;
  const chunk = Buffer.alloc(65_536);
  const chunks: Buffer[] = [];
  let length = 0;
  let hasWriter = !isNamedPipe(descriptor);
  for (;;) {
    if (signal?.aborted) throw interruption(signal);
    const count = readSome(descriptor, chunk);
    if (count !== undefined && count > 0) {
      length += count;
      if (length > longest) throw new MisplacedFile(path, `gives more than ${longest} bytes`);
      chunks.push(Buffer.from(chunk.subarray(0, count)));
      continue;
    }
    // a FIFO that nobody has opened to write yet looks as if it had ended
    if (count === 0 && (hasWriter || length > 0)) break;
    if (count === undefined) hasWriter = true;
    if (Date.now() >= until) throw new MisplacedFile(path, `gave nothing within ${deadline / 1000} s`);
    await pause(pauseTime, signal);
  }
  chunk.fill(0);
  return Buffer.concat(chunks, length);
}

/** How many bytes came: 0 at the end, undefined while there is nothing yet. */
function readSome(descriptor: number, chunk: Buffer): number | undefined {
  try {
    return readSync(descriptor, chunk);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Unlike a shell's pipe, a FIFO in a directory may have no writer yet. */
function isNamedPipe(descriptor: number): boolean {
  if (!fstatSync(descriptor).isFIFO()) return false;
  return !readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('pipe:');
}
