import { linkSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type SourceScan, scanSource } from '../../../../src/sync/former/scan.ts';
import { changedSince, readSyncIndex, writeSyncIndex } from '../../../../src/sync/former/source-index.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const paths = (files: SourceScan['files']): string[] => files.map(({ path }) => path).sort();

function source(): string {
  const directory = scratchDirectory();
  mkdirSync(join(directory, 'sub', 'empty'), { recursive: true });
  writeFileSync(join(directory, 'a'), 'aaa');
  writeFileSync(join(directory, 'sub', 'b\nc'), 'bb');
  symlinkSync('/nowhere', join(directory, 'link'));
  return directory;
}

describe('a scan', () => {
  it('sees every file and link below, with its bytes, and no directory', () => {
    const scan = scanSource(source());
    expect(paths(scan.files)).toEqual(['a', 'link.rclonelink', 'sub/b\nc']);
    expect(scan.bytes).toBe(3 + 2 + '/nowhere'.length);
  });

  it('is equal while the source stands still, and differs after any edit, also one that hides its traces', () => {
    const directory = source();
    const before = scanSource(directory);
    expect(scanSource(directory).digest).toBe(before.digest);
    const edited = join(directory, 'a');
    writeFileSync(edited, 'bbb');
    utimesSync(edited, new Date(0), new Date(0));
    const after = scanSource(directory);
    expect(after.digest).not.toBe(before.digest);
    linkSync(edited, join(directory, 'new'));
    expect(scanSource(directory).digest).not.toBe(after.digest);
  });
});

describe('the index', () => {
  it('finds exactly what was edited since, sizes unchanged or not', () => {
    const directory = source();
    const file = join(scratchDirectory(), 'index');
    writeSyncIndex(file, 'r:p', 4, scanSource(directory));
    const index = readSyncIndex(file);
    expect(index).toMatchObject({ remote: 'r:p', generation: 4 });
    expect(changedSince(index, scanSource(directory))).toEqual([]);
    writeFileSync(join(directory, 'sub', 'b\nc'), 'xx');
    writeFileSync(join(directory, 'new'), '');
    expect(paths(changedSince(index, scanSource(directory)))).toEqual(['new', 'sub/b\nc']);
  });

  it('makes everything count as edited when it is missing', () => {
    expect(readSyncIndex('/nowhere/index')).toBeUndefined();
    expect(changedSince(undefined, scanSource(source()))).toHaveLength(3);
  });

  it('is not used when it is torn anywhere, or of another version', () => {
    const file = join(scratchDirectory(), 'index');
    writeSyncIndex(file, 'r:p', 4, scanSource(source()));
    const whole = readFileSync(file, 'utf8');
    for (const text of [
      '',
      'null',
      whole.slice(0, 20),
      whole.slice(0, -5),
      `${whole.split('\n').slice(0, -2).join('\n')}\n`,
      whole.replace('"version":1', '"version":2'),
    ]) {
      writeFileSync(file, text);
      expect(readSyncIndex(file)).toBeUndefined();
    }
    writeFileSync(file, whole);
    expect(readSyncIndex(file)).toBeDefined();
  });
});
