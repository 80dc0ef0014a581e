/** The record: what was written is read back, and whatever is torn, cut or changed in it is no record. */
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  openRecord,
  type RecordEntry,
  type RecordHead,
  writeRecord,
} from '../../../../src/sync/tree/record.ts';
import { comparePaths, nameOfBytes } from '../../../../src/system/names.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const head: RecordHead = {
  place: 'remote:path\nwith "all" \u{1f600}',
  source: '/clients/a/vault/encrypted',
  generation: 7,
  id: '0d4c',
  at: '2026-01-31T02:00:00Z',
  fullAt: '2026-01-30T02:00:00Z',
  manifest: { file: '7_x.delta.jsonl.gz', deltas: 2, deltaBytes: 300, fullBytes: 10_000 },
  trash: [
    [6, '2026-01-30T02:00:00Z'],
    [7, '2026-01-31T02:00:00Z'],
  ],
  keepsTimes: true,
  scope: '[null,[]]',
  sealed: true,
};

const common = { size: 0, mtime: 1n, mode: 0o640, uid: 0, gid: 4_294_967_294, ctime: 2n, inode: 3n };

/** Names of every kind that a tree can have. */
const names = [
  ...[
    'plain',
    ' ',
    '-rf',
    '"quoted"',
    'back\\slash',
    'line\nfeed',
    'tab\t',
    '\u{1f600}',
    'é',
    'e\u0301',
    '\ufffd',
    '\u2028',
  ],
  ...[
    '__proto__',
    'constructor',
    'end',
    'n'.repeat(255),
    nameOfBytes(Buffer.from([0x66, 0xe9, 0xff])),
    nameOfBytes(Buffer.from([0x80])),
  ],
];

const unsorted: RecordEntry[] = [
  { path: '', kind: 'directory', ...common },
  ...names.flatMap((name): RecordEntry[] => [
    { path: name, kind: 'directory', ...common },
    { path: `${name}/${name}`, kind: 'file', ...common, size: Number.MAX_SAFE_INTEGER, hash: 'f'.repeat(64) },
  ]),
  { path: 'a link', kind: 'link', ...common, target: nameOfBytes(Buffer.from([0x2f, 0xff])) },
  { path: 'a device', kind: 'block', ...common, device: '2049' },
  { path: 'a fifo', kind: 'fifo', ...common },
  { path: 'listed', kind: 'file', ...common, hash: '0'.repeat(64), listedHash: `md5:${'1'.repeat(32)}` },
  { path: 'a name more', kind: 'file', ...common, group: 'plain/plain', hash: '0'.repeat(64) },
  {
    path: 'attributes',
    kind: 'file',
    ...common,
    attributes: { 'user.a': 'AA==', 'system.posix_acl_access': '' },
  },
  { path: 'before 1970', kind: 'file', ...common, mtime: -1_000_000_001n, ctime: -5n },
  { path: 'far', kind: 'file', ...common, mtime: 2n ** 70n, inode: 2n ** 64n - 1n },
  { path: 'there', kind: 'file', ...common, there: 1_700_000_000_123_456_789n, isGone: true, mode: 0o7777 },
];
const entries = unsorted.sort((a, b) => comparePaths(a.path, b.path));

let file: string;
beforeEach(() => {
  file = join(scratchDirectory(), 'record');
});

describe('a record', () => {
  it('is read as it was written, whatever the names', () => {
    writeRecord(file, head, entries);
    const record = openRecord(file);
    expect(record?.head).toEqual(head);
    expect([...(record?.entries() ?? [])]).toEqual(entries);
    expect([...(record?.entries() ?? [])]).toHaveLength(entries.length);
  });

  it('may be of a tree with nothing in it, or of a hundred thousand entries in one directory', () => {
    writeRecord(file, head, []);
    expect([...(openRecord(file)?.entries() ?? [undefined])]).toEqual([]);
    const many = Array.from(
      { length: 100_000 },
      (_, index): RecordEntry => ({ path: `d/${index}`, kind: 'file', ...common }),
    );
    writeRecord(file, head, many);
    let count = 0;
    for (const entry of openRecord(file)?.entries() ?? []) if (entry.path === `d/${count}`) count += 1;
    expect(count).toBe(100_000);
  });

  it('is none wherever it is cut', () => {
    writeRecord(file, head, entries.slice(0, 4));
    const bytes = readFileSync(file);
    const believed = [...bytes.keys()].filter((length) => {
      writeFileSync(file, bytes.subarray(0, length));
      return openRecord(file) !== undefined;
    });
    expect(believed).toEqual([]);
  }, 60_000);

  it('is none whichever byte of it is another', () => {
    writeRecord(file, head, entries.slice(0, 4));
    const bytes = readFileSync(file);
    const believed = [...bytes.keys()].filter((at) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(file, changed);
      return openRecord(file) !== undefined;
    });
    expect(believed).toEqual([]);
  }, 60_000);

  it.each([
    ['a line twice', (lines: string[]) => [...lines.slice(0, 2), lines[1], ...lines.slice(2)]],
    ['a line less', (lines: string[]) => [lines[0], ...lines.slice(2)]],
    ['two lines in the other order', (lines: string[]) => [lines[0], lines[2], lines[1], ...lines.slice(3)]],
    ['two ends', (lines: string[]) => [...lines.slice(0, -1), lines.at(-2), '']],
    ['zeros behind it', (lines: string[]) => [...lines, '\0\0\0\0']],
    ['nothing but an end', (lines: string[]) => lines.slice(-2)],
  ])('is none with %s', (_, change) => {
    writeRecord(file, head, entries);
    writeFileSync(file, change(readFileSync(file, 'utf8').split('\n')).join('\n'));
    expect(openRecord(file)).toBeUndefined();
  });

  it.each([
    ['another version', { version: 2 }],
    ['no version', { version: undefined }],
    ['another kind', { cryptosync: 'index' }],
    ['a generation below zero', { generation: -1 }],
    ['a place that is no text', { place: 1 }],
    ['a time that is none', { at: 'soon' }],
    ['no time of the last full look', { fullAt: undefined }],
    ['a seal that is no yes or no', { sealed: 'yes' }],
  ])('is none with %s', (_, field) => {
    writeRecord(file, { ...head, ...field } as unknown as RecordHead, entries);
    expect(openRecord(file)).toBeUndefined();
  });

  it.each([
    ['an empty file', () => writeFileSync(file, '')],
    ['an empty line', () => writeFileSync(file, '\n')],
    ['nothing', () => {}],
    ['a FIFO', () => execFileSync('mkfifo', [file])],
    ['a device without an end', () => symlinkSync('/dev/zero', file)],
    [
      'a link to a whole one',
      () => {
        writeRecord(`${file}.other`, head, entries);
        symlinkSync(`${file}.other`, file);
      },
    ],
  ])('is none where %s stands', (_, make) => {
    make();
    expect(openRecord(file)).toBeUndefined();
  });

  it('is written in the place of what stands there, and not through a link', () => {
    writeFileSync(`${file}.victim`, 'kept');
    symlinkSync(`${file}.victim`, file);
    writeRecord(file, head, entries);
    expect(readFileSync(`${file}.victim`, 'utf8')).toBe('kept');
    expect(openRecord(file)?.head).toEqual(head);
  });
});
