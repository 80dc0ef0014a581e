/**
 * What the process writes to. To look at process.stdout or process.stderr makes a stream of it, which costs a start 3 to
 * 5 ms each: so a document is written without one, and a stream is prepared when it is first used.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { pause } from '../system/clock.ts';
import { CryptosyncError, errnoOf, interruption } from '../system/errors.ts';

/** Has process.stdout and process.stderr prepared, each when somebody first looks at it. */
export function prepareStreams(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const itself = Object.getOwnPropertyDescriptor(process, name);
    if (itself?.get === undefined) prepare(name);
    else
      Object.defineProperty(process, name, {
        ...itself,
        get() {
          Object.defineProperty(process, name, itself);
          prepare(name);
          return process[name];
        },
      });
  }
}

function prepare(name: 'stdout' | 'stderr'): void {
  const stream = process[name];
  // drawn with what libraries take for its width, too
  if (stream.isTTY && stream.columns === 0) stream.columns = 80;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // the reader went away (`| head`): not our failure
    if (error.code !== 'EPIPE' && name === 'stdout') tellUnwritable(error);
  });
}

let isTold = false;

/** What is being done goes on: that it could not be printed is told once, and by the exit code of an end that was well. */
function tellUnwritable(error: unknown): void {
  if (isTold) return;
  isTold = true;
  const { code, message, exit } = unwritable(error);
  try {
    writeSync(2, `error: ${message} [${code}]\n`);
  } catch {
    // then the exit code alone tells
  }
  process.on('exit', () => {
    process.exitCode ||= exit;
  });
}

function unwritable(cause: unknown): CryptosyncError {
  const errno = errnoOf(cause);
  const isFull = errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'EFBIG';
  const why = isFull ? 'no space is left' : errno;
  return new CryptosyncError(
    isFull ? 'DISK_FULL' : 'SYNC_FAILED',
    `what this prints can't be written: ${why}`,
    { cause },
  );
}

/** Milliseconds until a pipe that is full is tried again. */
const fullPause = 5;

/** Writes to stdout, and waits until all of it is written. It fails nobody: what can't be written is told on stderr. */
export function writeOut(text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EPIPE') return;
      // somebody who shares the pipe has made it non-blocking
      if (errno !== 'EAGAIN') {
        tellUnwritable(error);
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPause);
    }
  }
}

/**
 * Writes to stdout what somebody must get as a whole. A pipe is opened anew for it: to wait for one that is full would keep
 * this process from hearing a signal.
 * @throws SYNC_FAILED when nobody reads, DISK_FULL, INTERRUPTED
 */
export async function writeBytes(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const isPipe = fstatSync(1).isFIFO();
  try {
    const descriptor = isPipe ? openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK) : 1;
    try {
      for (let rest = bytes; rest.length > 0; )
        rest = rest.subarray(await writeSome(descriptor, rest, signal));
    } finally {
      if (isPipe) closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof CryptosyncError) throw error;
    if (!['EPIPE', 'ENXIO'].includes(errnoOf(error) ?? '')) throw unwritable(error);
    throw new CryptosyncError('SYNC_FAILED', 'whoever reads stdout went away before the end');
  }
}

/** @returns how many bytes were taken; 0 where none were, a while later */
async function writeSome(descriptor: number, bytes: Uint8Array, signal: AbortSignal): Promise<number> {
  if (signal.aborted) throw interruption(signal);
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (errnoOf(error) !== 'EAGAIN') throw error;
    await pause(fullPause, signal);
    return 0;
  }
}
