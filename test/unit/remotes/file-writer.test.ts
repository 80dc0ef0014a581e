/** What comes in parts is in the file as it came, and zeros take no room. */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileWriter } from '../../../src/remotes/file-writer.ts';
import { scratchDirectory } from '../../support/scratch.ts';

function written(path: string, parts: readonly Buffer[]): Buffer {
  const descriptor = openSync(path, 'w+');
  try {
    const { write, end } = fileWriter(descriptor);
    for (const part of parts) write(part);
    end();
  } finally {
    closeSync(descriptor);
  }
  return readFileSync(path);
}

const part = fc.oneof(
  fc.nat({ max: 20_000 }).map((size) => Buffer.alloc(size)),
  fc.nat({ max: 10_000 }).map((size) => Buffer.alloc(size, 7)),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);

describe('a file that is written as it comes', () => {
  it('holds what came, whatever the parts are', () => {
    const path = join(scratchDirectory(), 'file');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) =>
        written(path, parts).equals(Buffer.concat(parts)),
      ),
      { numRuns: 200 },
    );
  });

  it('has holes where zeros came', () => {
    const parts = Array.from({ length: 100 }, (_, index) => Buffer.alloc(10_000 + index));
    const path = join(scratchDirectory(), 'file');
    written(path, [Buffer.from('begin'), ...parts]);
    expect(statSync(path).blocks * 512).toBeLessThan(20_000);
  });
});
