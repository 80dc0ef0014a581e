import { describe, expect, it } from 'vitest';
import { keysHere } from '../../../src/sync/keyless.ts';
import type { StampedEntry } from '../../../src/sync/tree/entry.ts';
import { isDirectoryKey } from '../../../src/vaults/engines/gocryptfs-config.ts';

const entry = (path: string, kind: 'directory' | 'file', size = 0): StampedEntry => ({
  ...{ path, kind, size, mtime: 0n, mode: 0o700, uid: 0, gid: 0, ctime: 0n, inode: 1n },
});

function keylessOf(...seen: StampedEntry[]): readonly string[] {
  const keys = keysHere({ isDirectoryKey });
  for (const one of seen) keys.see(one);
  return keys.keyless();
}

describe('directories without their key', () => {
  const [top, topKey] = [entry('', 'directory'), entry('gocryptfs.diriv', 'file', 16)];

  it('are those that were seen without one, or with one that is empty', () => {
    const below = ['one', 'two', 'three'].map((path) => entry(path, 'directory'));
    const keys = [entry('one/gocryptfs.diriv', 'file', 16), entry('two/gocryptfs.diriv', 'file', 0)];
    expect(keylessOf(top, topKey, ...below, ...keys)).toEqual(['two', 'three']);
  });

  it('are none into which nobody looked, because they lie too deep', () => {
    const deep = entry('d/'.repeat(2100), 'directory');
    expect(keylessOf(top, topKey, deep)).toEqual([]);
  });

  it('are none in a vault that keeps no keys, as with deterministic names', () => {
    expect(keylessOf(top, entry('gocryptfs.conf', 'file', 300), entry('one', 'directory'))).toEqual([]);
  });
});
