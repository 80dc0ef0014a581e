import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topFileReader } from '../../../../src/vaults/engines/top-file.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

describe('a file at the top of an encrypted directory', () => {
  it.for([0, 1, 1000, 65_535, 65_536, 65_537, 200_000])('of %i bytes is read, up to 64 KiB of it', (size) => {
    const directory = scratchDirectory();
    const content = Buffer.alloc(size, 'abc');
    writeFileSync(join(directory, 'conf'), content);
    expect(topFileReader(directory)('conf')?.equals(content.subarray(0, 65_536))).toBe(true);
  });

  it('is none where a directory or a link stands, or nothing', () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'file'), 'content');
    symlinkSync('file', join(directory, 'link'));
    mkdirSync(join(directory, 'directory'));
    for (const name of ['link', 'directory', 'nothing'])
      expect([name, topFileReader(directory)(name)]).toEqual([name, undefined]);
  });
});
