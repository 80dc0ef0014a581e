/** Reading a file part by part gives all of it, once, and says which part is the last one. */
import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContentHash } from '../../../../src/sync/tree/content.ts';
import { readParts } from '../../../../src/system/paths/parts.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const sizes = [0, 1, 16_383, 16_384, 16_385, 1_048_575, 1_048_576, 1_048_577, 3_000_000];

interface Read {
  readonly content: Buffer;
  readonly hash: string;
  readonly lasts: boolean[];
  readonly told: number;
}

/** @param during is done with the path as each part comes */
async function read(content: Buffer, during?: (path: string, parts: number) => void): Promise<Read> {
  const path = join(scratchDirectory(), 'file');
  writeFileSync(path, content);
  const descriptor = openSync(path, 'r');
  const parts: Buffer[] = [];
  const lasts: boolean[] = [];
  const hash = new ContentHash();
  try {
    const told = await readParts(descriptor, (part, isLast) => {
      parts.push(Buffer.from(part));
      lasts.push(isLast);
      hash.update(part, isLast);
      during?.(path, parts.length);
    });
    return { content: Buffer.concat(parts), hash: hash.digest(), lasts, told };
  } finally {
    closeSync(descriptor);
  }
}

const filled = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, at) => (at * 7) % 251));
const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

describe('a file that is read part by part', () => {
  it.each(sizes)('comes whole, with its hash: %d bytes', async (size) => {
    const content = filled(size);
    const got = await read(content);
    expect(got.content.equals(content)).toBe(true);
    expect(got).toMatchObject({ told: size, hash: hashOf(content) });
    expect(got.lasts.slice(0, -1)).not.toContain(true);
  });

  it('comes as one part where it is small, and that is known to be the last', async () => {
    for (const size of [1, 16_384, 1_000_000]) expect((await read(filled(size))).lasts).toEqual([true]);
  });

  it('has the hash of what came, when it grows or shrinks meanwhile', async () => {
    for (const size of sizes.filter((one) => one > 0)) {
      for (const change of [
        (path: string, parts: number) => parts === 1 && appendFileSync(path, 'more'),
        (path: string, parts: number) => parts === 1 && truncateSync(path, Math.floor(size / 2)),
      ]) {
        const got = await read(filled(size), change);
        expect(got.hash).toBe(hashOf(got.content));
        expect(got.told).toBe(got.content.length);
      }
    }
  });

  it('comes up to where it is to be read, and no further', async () => {
    const path = join(scratchDirectory(), 'file');
    writeFileSync(path, filled(50_000));
    const descriptor = openSync(path, 'r');
    for (const longest of [0, 1, 49_999, 50_000, 60_000]) {
      let length = 0;
      const told = await readParts(descriptor, (part) => (length += part.length), { longest });
      expect([length, told]).toEqual([Math.min(longest, 50_000), Math.min(longest, 50_000)]);
    }
    closeSync(descriptor);
  });
});
