/**
 * Writing what comes into an open file that is empty, from its beginning. Blocks of zeros become holes: a file that was
 * sparse where it came from takes no more room here than it did there.
 */
import { ftruncateSync, writeSync } from 'node:fs';
import { onOwnSide } from './own-side.ts';

export interface FileWriter {
  readonly write: (part: Buffer) => void;
  /** Gives the file its length, holes at its end included. */
  readonly end: () => void;
}

/** Bytes of a file system's block. */
const blockSize = 4096;
const zeros = Buffer.alloc(blockSize);

export function fileWriter(descriptor: number): FileWriter {
  let at = 0;
  let hasHole = false;
  const put = (bytes: Buffer): void => {
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.length - done;
      const wrote = onOwnSide(descriptor, () => writeSync(descriptor, bytes, done, rest, at));
      done += wrote;
      at += wrote;
    }
  };
  return {
    write(part) {
      let from = 0;
      for (let begin = 0; begin < part.length; ) {
        const end = Math.min(part.length, begin + blockSize - ((at + begin - from) % blockSize));
        if (isZero(part, begin, end)) {
          put(part.subarray(from, begin));
          at += end - begin;
          from = end;
          hasHole = true;
        }
        begin = end;
      }
      put(part.subarray(from));
    },
    end() {
      if (hasHole) onOwnSide(descriptor, () => ftruncateSync(descriptor, at));
    },
  };
}

/** @param begin @param end at most a block after it */
function isZero(part: Buffer, begin: number, end: number): boolean {
  return part[begin] === 0 && zeros.compare(part, begin, end, 0, end - begin) === 0;
}
