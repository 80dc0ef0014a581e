/** Reading all of stdin: a password, a key or options that another program pipes in. */
import { fstatSync } from 'node:fs';
import { errnoOf, interruption } from './errors.ts';
import { readDescriptorPatiently, readPatiently } from './waiting.ts';

/** More than any password or list of options; what never ends is cut here. */
const longest = 1024 * 1024;

/** All of stdin, to its end, however long the other program thinks. @throws INTERRUPTED */
export async function readStdin(signal: AbortSignal | undefined): Promise<Buffer> {
  const patience = { longest, deadline: Number.POSITIVE_INFINITY, signal };
  // a file is read on from where the shell that shares it has come
  if (fstatSync(0).isFile()) return await readDescriptorPatiently(0, 'stdin', patience);
  try {
    // opened once more: to make stdin itself non-blocking would do so for everybody who shares it
    return await readPatiently('/proc/self/fd/0', patience);
  } catch (error) {
    // a socket, or a pipe of another user
    if (errnoOf(error) !== 'ENXIO' && errnoOf(error) !== 'EACCES') throw error;
    return await readStream(signal);
  }
}

async function readStream(signal: AbortSignal | undefined): Promise<Buffer> {
  const leave = (): void => void process.stdin.destroy();
  signal?.addEventListener('abort', leave, { once: true });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= longest) break;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
  }
  if (signal?.aborted) throw interruption(signal);
  return Buffer.concat(chunks, length);
}

/** A copy of one line of what was read, counted from 0, without its line feed; empty where there is none. */
export function lineOf(bytes: Buffer, index: number): Buffer {
  let start = 0;
  for (let line = 0; line < index; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) return Buffer.alloc(0);
    start = end + 1;
  }
  const end = bytes.indexOf(0x0a, start);
  return Buffer.from(bytes.subarray(start, end < 0 ? bytes.length : end));
}
