/** Copying by descriptors. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { writeWhole } from '../../system/files.ts';
import { readParts } from '../../system/paths/parts.ts';
import { ownFailure } from '../own-side.ts';
import type { Pace } from '../pace.ts';
import { type Source, tooLongFile } from '../place.ts';

export interface CopySettings {
  readonly pace: Pace;
  readonly signal?: AbortSignal | undefined;
}

/** Copies an open file of this machine from its beginning into another one that is empty. @throws INTERRUPTED */
export async function copyOpen(
  { descriptor: from, size, onContent }: Pick<Source, 'descriptor' | 'size' | 'onContent'>,
  to: number,
  { pace, signal }: CopySettings,
): Promise<void> {
  const take = (part: Buffer, isLast: boolean): void => {
    onContent?.(part, isLast);
    writeWhole(to, part);
  };
  const failure = (error: unknown): unknown => ownFailure(from, error);
  await readParts(from, take, {
    size,
    between: (bytes) => pace.spend(bytes),
    signal,
    failure,
  });
}

/** Reads and closes a small file. @throws VERIFY_FAILED when it is longer than it may be */
export function readBounded(descriptor: number, path: string, limit: number): Buffer {
  try {
    const buffer = Buffer.allocUnsafe(Math.min(limit, fstatSync(descriptor).size) + 1);
    let size = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, size, buffer.length - size, size);
      if (read === 0) return buffer.subarray(0, size);
      size += read;
      if (size > limit) throw tooLongFile(path, limit);
      if (size === buffer.length) throw tooLongFile(path, size);
    }
  } finally {
    closeSync(descriptor);
  }
}
