/** A record with some entries replaced is, to the byte, what is written when all of it is written anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { patched } from '../../../../src/sync/tree/difference.ts';
import {
  type OpenRecord,
  openRecord,
  type RecordEntry,
  type RecordHead,
  writeRecord,
} from '../../../../src/sync/tree/record.ts';
import { RecordTorn } from '../../../../src/sync/tree/record-file.ts';
import { patchRecord, type RecordChanges, writePatched } from '../../../../src/sync/tree/record-patch.ts';
import { comparePaths } from '../../../../src/system/names.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const head: RecordHead = {
  place: 'dav:place',
  source: '/source',
  generation: 1,
  id: 'a',
  at: '2026-01-31T02:00:00Z',
  fullAt: '2026-01-31T02:00:00Z',
  manifest: undefined,
  trash: [],
  scope: '',
  sealed: false,
};
const later = { ...head, generation: 2, id: 'b' };

function file(path: string, size = 1): RecordEntry {
  const stamp = { mtime: 5n, mode: 0o600, uid: 0, gid: 0, ctime: 6n, inode: 7n };
  return { path, kind: 'file', size, ...stamp, hash: 'f'.repeat(64) };
}

/** Directories whose names look like the record's own words, lie in one another, and begin like one another. */
const directories = [
  '',
  'a',
  'a/b',
  'a b',
  'a-b',
  'a","e":[',
  'a\\","e":[',
  'z',
  'line\nfeed',
  'z/z/z',
  'é',
  '{"end":1',
];
const wide = Array.from({ length: 1500 }, (_, index) => file(`a/b/${index}`));
const tree = [
  ...directories.flatMap((directory) =>
    ['x', 'y'].map((name) => file(directory === '' ? name : `${directory}/${name}`)),
  ),
  ...wide,
].sort((a, b) => comparePaths(a.path, b.path));

let path: string;
let record: OpenRecord;
beforeEach(() => {
  path = join(scratchDirectory(), 'record');
  writeRecord(path, head, tree);
  const opened = openRecord(path);
  if (opened === undefined) throw new Error('it is no record');
  record = opened;
});

/** Changes of every kind that a directory can have, in every directory of the tree, and in new ones. */
const cases: [string, RecordChanges][] = [
  ['nothing', new Map()],
  ...[...directories, '0', 'a/a', 'zz', 'z/y/deep', 'a/b/c'].flatMap(
    (directory): [string, RecordChanges][] => {
      const at = (name: string): string => (directory === '' ? name : `${directory}/${name}`);
      return [
        [`${directory}: another`, new Map([[at('x'), file(at('x'), 2)]])],
        [`${directory}: new ones`, new Map(['0', 'xx', 'zz'].map((name) => [at(name), file(at(name))]))],
        [`${directory}: one gone`, new Map([[at('y'), null]])],
        [`${directory}: all gone`, new Map(['x', 'y'].map((name) => [at(name), null]))],
      ];
    },
  ),
  [
    'a directory of several lines',
    new Map([
      ['a/b/700', null],
      ['a/b/701', file('a/b/701', 9)],
    ]),
  ],
  ['all of it gone', new Map(tree.map((entry) => [entry.path, null]))],
  ['all of it another', new Map(tree.map((entry) => [entry.path, { ...entry, size: 3 }]))],
  ['the directory itself', new Map([['', { ...file(''), kind: 'directory', hash: undefined }]])],
];

describe('a record that is patched', () => {
  it.each(cases)('is what all of it written anew is: %j', (_, changes) => {
    writePatched(`${path}.patched`, later, record, changes);
    writeRecord(`${path}.anew`, later, patched(tree, changes));
    expect(readFileSync(`${path}.patched`, 'utf8')).toBe(readFileSync(`${path}.anew`, 'utf8'));
    expect(openRecord(`${path}.patched`)?.head).toEqual(later);
  });

  it('can be put in the place of itself, again and again', () => {
    for (const size of [2, 3]) patchRecord(path, later, record, new Map([['a/x', file('a/x', size)]]));
    expect([...record.entries()].find((entry) => entry.path === 'a/x')?.size).toBe(3);
    expect([...record.entries()]).toHaveLength(tree.length);
  });

  it('is not made of one that was changed since it was opened', () => {
    const bytes = readFileSync(path);
    for (const at of [bytes.indexOf('"x"'), bytes.indexOf('a b'), bytes.length - 3]) {
      const changed = Buffer.from(bytes);
      changed[at + 1] = 0x71;
      writeFileSync(path, changed);
      const patch = (): void => writePatched(`${path}.patched`, later, record, new Map([['z/x', null]]));
      expect(patch).toThrow(RecordTorn);
      expect(openRecord(`${path}.patched`)).toBeUndefined();
    }
    writeFileSync(path, bytes.subarray(0, bytes.lastIndexOf('{')));
    expect(() => writePatched(`${path}.patched`, later, record, new Map())).toThrow(RecordTorn);
  });
});
