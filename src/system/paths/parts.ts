/** Reading an open file part by part, so that its length does not matter. */
import { fstatSync, read, readSync } from 'node:fs';
import { pauseForSignals } from '../turns.ts';

export interface PartsSettings {
  /** Its bytes, as its status told just now; asked for when left out. */
  readonly size?: number;
  /** Bytes of it that are read at the most; all of it when left out. */
  readonly longest?: number;
  readonly signal?: AbortSignal | undefined;
  /** Waited for after each part, told its bytes. */
  readonly between?: ((bytes: number) => Promise<void>) | undefined;
  /** What is thrown for a reading that failed; the system's error when left out. */
  readonly failure?: ((error: unknown) => unknown) | undefined;
}

/** Bytes of a part. */
const chunkSize = 1024 * 1024;
/** Bytes of a file that is read at once: another thread, which does not wait for the disk in this one, costs more. */
const small = 16 * 1024;

/**
 * Reads from the beginning, wherever the descriptor is at.
 * @param take is given each part, which does not outlast the call, and whether it is the last one, as far as that can be
 * known by then. @returns how many bytes there were
 * @throws INTERRUPTED, what `take` throws
 */
export async function readParts(
  descriptor: number,
  take: (part: Buffer, isLast: boolean) => void,
  {
    size = fstatSync(descriptor).size,
    longest = Number.POSITIVE_INFINITY,
    signal,
    between,
    failure = (error) => error,
  }: PartsSettings = {},
): Promise<number> {
  // a megabyte for each of many small files costs more than reading them
  const buffer = Buffer.allocUnsafe(Math.min(chunkSize, size + 1));
  const turns = pauseForSignals(signal);
  for (let at = 0; ; ) {
    const wanted = Math.min(buffer.length, longest - at);
    let length: number;
    try {
      // behind what its size says there is hardly anything
      const isHere = size <= small || at >= size;
      length = isHere
        ? readSync(descriptor, buffer, 0, wanted, at)
        : await readLater(descriptor, buffer, wanted, at);
    } catch (error) {
      throw failure(error);
    }
    if (length === 0) return at;
    at += length;
    // a file gives less than it is asked for at its end alone
    const isLast = length < wanted && at >= size;
    take(buffer.subarray(0, length), isLast);
    if (between !== undefined) await between(length);
    if (isLast) return at;
    if (turns.isDue() || signal?.aborted) await turns.take();
  }
}

function readLater(descriptor: number, buffer: Buffer, length: number, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, length, at, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
}
