/** The manifest: what was written is read back, with its seal, and nothing that was changed or cut is believed. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  decodeManifest,
  decodeManifestInTurns,
  encodeManifest,
  type ManifestHead,
} from '../../../../src/sync/tree/manifest.ts';
import { type ManifestChange, parseTimeText, timeText } from '../../../../src/sync/tree/manifest-line.ts';
import { nameOfBytes } from '../../../../src/system/names.ts';
import { refusalOf } from '../../../support/refusal.ts';

const key = Buffer.alloc(32, 7);
const head: ManifestHead = {
  kind: 'full',
  vaultId: 'v',
  generation: 3,
  id: 'three',
  parent: 'two',
  changes: null,
  machine: 'm',
  at: '2026-01-31T02:00:00Z',
  notCarried: [{ path: 'a\\xFF', why: 'no text' }],
};
const common = { size: 0, mtime: 1_000_000_001n, mode: 0o644, uid: 0, gid: 4_294_967_294 };
const bytesName = nameOfBytes(Buffer.from([0x66, 0xe9, 0xff]));

const changes: ManifestChange[] = [
  { path: '', entry: { path: '', kind: 'directory', ...common, mode: 0o1777 } },
  ...[
    'a',
    ' ',
    'line\nfeed',
    '"',
    '\\',
    '\u{1f600}',
    '\ufffd',
    '__proto__',
    'n'.repeat(255),
    bytesName,
    `${bytesName}/a`,
  ].map(
    (path): ManifestChange => ({
      path,
      entry: { path, kind: 'file', ...common, size: 5, hash: 'a'.repeat(64) },
    }),
  ),
  ...[0n, -1n, -999_999_999n, -1_000_000_000n, -1_500_000_000n, 1n, 999_999_999n, 10n ** 23n].map(
    (mtime, index): ManifestChange => ({
      path: `time${index}`,
      entry: { path: `time${index}`, kind: 'fifo', ...common, mtime },
    }),
  ),
  { path: 'l', entry: { path: 'l', kind: 'link', ...common, target: '../a' } },
  { path: 'l2', entry: { path: 'l2', kind: 'link', ...common, target: bytesName } },
  { path: 'l3', entry: { path: 'l3', kind: 'link', ...common, target: '' } },
  { path: 'd', entry: { path: 'd', kind: 'character', ...common, device: '259' } },
  { path: 'g', entry: { path: 'g', kind: 'file', ...common, group: 'a', hash: 'b'.repeat(64), mode: 0 } },
  {
    path: 'g2',
    entry: { path: 'g2', kind: 'file', ...common, group: bytesName, hash: 'b'.repeat(64), mode: 0o7777 },
  },
  {
    path: 'x',
    entry: { path: 'x', kind: 'file', ...common, attributes: { 'user.A': 'AA==', 'user.a': '' } },
  },
  ...[`md5:${'c'.repeat(32)}`, `sha1:${'d'.repeat(40)}`].map(
    (listedHash): ManifestChange => ({
      path: listedHash,
      entry: { path: listedHash, kind: 'file', ...common, hash: 'b'.repeat(64), listedHash },
    }),
  ),
  { path: 'u', entry: { path: 'u', kind: 'file', ...common, isUnsettled: true } },
  { path: 'gone', entry: undefined },
  { path: bytesName, entry: undefined },
];

const textOf = (bytes: Buffer): string => gunzipSync(bytes).toString('utf8');
const zipped = (text: string): Buffer => gzipSync(Buffer.from(text));
const damage = { code: 'VERIFY_FAILED', message: expect.stringContaining('the manifest m is damaged') };

describe('a manifest', () => {
  it.each([
    ['full', head],
    ['delta', { ...head, kind: 'delta', changes: '2_x.full.jsonl.gz', parent: null } as const],
  ])('is read as it was written (%s)', async (_, written) => {
    const bytes = encodeManifest(written, changes, key);
    const whole = { head: written, changes, seal: 'right' };
    expect(decodeManifest(bytes, 'm', key)).toEqual(whole);
    expect(await decodeManifestInTurns(bytes, 'm', key)).toEqual(whole);
  });

  it('may hold nothing', () => {
    expect(decodeManifest(encodeManifest(head, [], undefined), 'm', key).changes).toEqual([]);
  });

  it('is text that other programs read: one object a line', () => {
    const lines = textOf(encodeManifest(head, changes, key))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(changes.length + 2);
    expect(JSON.parse(lines[1] ?? '')).toEqual({
      path: '',
      kind: 'directory',
      mtime: '1.000000001',
      mode: '1777',
      uid: 0,
      gid: 4_294_967_294,
    });
    expect(lines.map((line) => JSON.parse(line))).toContainEqual({
      path: 'f\\xE9\\xFF',
      pathBytes: 'Zun/',
      kind: 'removed',
    });
  });
});

describe('a hash that a place lists', () => {
  const line = (fields: object): string =>
    JSON.stringify({
      path: 'a',
      kind: 'file',
      mtime: '1.000000001',
      mode: '0644',
      uid: 0,
      gid: 0,
      ...fields,
    });
  const readBack = (fields: object): ManifestChange | undefined => {
    const [first = ''] = textOf(encodeManifest(head, [], undefined)).split('\n');
    const end = JSON.stringify({ end: { entries: 1, seal: null } });
    return decodeManifest(zipped(`${first}\n${line(fields)}\n${end}\n`), 'm', undefined).changes[0];
  };

  it('stands under the name of its kind, beside SHA-256', () => {
    const written = textOf(encodeManifest(head, changes, key)).split('\n');
    expect(written.filter((text) => /"sha256":"b+","(md5":"c{32}|sha1":"d{40})"/.test(text))).toHaveLength(2);
  });

  it('is not believed in another form, and what later versions add is passed over', () => {
    expect(readBack({ md5: 'C'.repeat(32) })?.entry?.listedHash).toBeUndefined();
    expect(readBack({ sha1: 7, crc32: '00000000', later: { a: 1 } })?.entry?.listedHash).toBeUndefined();
  });
});

describe('the seal of a manifest', () => {
  it.each([
    ['right', key, key, 'right'],
    ['none, and there is a key', undefined, key, 'none'],
    ['none, and there is no key', undefined, undefined, 'none'],
    ['one, and there is no key', key, undefined, 'unknown'],
  ] as const)('is %s', (_, sealKey, readKey, seal) => {
    expect(decodeManifest(encodeManifest(head, changes, sealKey), 'm', readKey).seal).toBe(seal);
  });

  it("is wrong when it is another vault's", () => {
    const bytes = encodeManifest(head, changes, Buffer.alloc(32, 8));
    expect(refusalOf(() => decodeManifest(bytes, 'm', key))).toMatchObject(damage);
  });

  it.each([
    ['a size', '"size":5', '"size":6'],
    ['a hash', 'aaaa', 'aaab'],
    ['a mode', '"0644"', '"4755"'],
    ['a target', '../a', '../b'],
    ['the generation', '"generation":3', '"generation":4'],
    ['what it follows', '"parent":"two"', '"parent":"one"'],
    ['an unknown field', '"machine"', '"mine":1,"machine"'],
    ['white space', '"kind":"full"', '"kind": "full"'],
    ['what was not carried', 'no text', 'my text'],
  ])('is wrong when %s is changed', (_, from, to) => {
    const text = textOf(encodeManifest(head, changes, key));
    expect(text).toContain(from);
    expect(refusalOf(() => decodeManifest(zipped(text.replace(from, to)), 'm', key))).toMatchObject(damage);
  });
});

describe('a manifest that is none', () => {
  const bytes = encodeManifest(head, changes, undefined);
  const lines = textOf(bytes).split('\n');
  const line = (fields: object): string =>
    JSON.stringify({
      path: 'p',
      kind: 'file',
      size: 1,
      mtime: '1.000000000',
      mode: '0644',
      uid: 0,
      gid: 0,
      ...fields,
    });
  const withLine = (text: string): Buffer =>
    zipped([lines[0], text, JSON.stringify({ end: { entries: 1, seal: null } }), ''].join('\n'));

  it('is told wherever it is cut', () => {
    const believed = [...bytes.keys()].filter((length) => {
      try {
        decodeManifest(bytes.subarray(0, length), 'm', undefined);
        return true;
      } catch (error) {
        expect(error).toMatchObject(damage);
        return false;
      }
    });
    expect(believed).toEqual([]);
  });

  it('is told whichever of its lines is missing', () => {
    for (const index of lines.keys()) {
      const text = lines.filter((_, at) => at !== index).join('\n');
      expect(
        refusalOf(() => decodeManifest(zipped(text), 'm', undefined)),
        String(index),
      ).toMatchObject(damage);
    }
  });

  it.each([
    ['no gzip', Buffer.from('{}\n')],
    ['nothing', Buffer.alloc(0)],
    ['an empty text', zipped('')],
    ['an empty line', zipped('\n')],
    ['no end', zipped(`${lines[0]}\n`)],
    ['null for its end', zipped(`${lines[0]}\nnull\n`)],
    ['another version', zipped(textOf(bytes).replace('"version":1', '"version":2'))],
    ...[
      { generation: 1.5 },
      { kind: 'half' },
      { id: 1 },
      { parent: 1 },
      { changes: [] },
      { cryptosync: 'record' },
    ].map((field): [string, Buffer] => [
      JSON.stringify(field),
      zipped([JSON.stringify({ ...JSON.parse(lines[0] ?? ''), ...field }), ...lines.slice(1)].join('\n')),
    ]),
    ...[
      ...['/etc/passwd', '../x', 'a/../x', 'a//b', 'a/', './a', 'a/.', 'a\0b', 1, null].map((path) => ({
        path,
      })),
      ...['L2V0Yw==', 'Li4veA=='].map((pathBytes) => ({ pathBytes })),
      ...['device', '', null].map((kind) => ({ kind })),
      ...['1', '1.5', 1, '1.0000000001', 'x', null].map((mtime) => ({ mtime })),
      ...['8', '77777', 420, '', null].map((mode) => ({ mode })),
      ...[-1, 1.5, '1', 2 ** 60].flatMap((size) => [{ size }, { uid: size }, { gid: size }]),
    ].map((fields): [string, Buffer] => [JSON.stringify(fields), withLine(line(fields))]),
  ])('is told (%s)', (_, file) => {
    expect(refusalOf(() => decodeManifest(file, 'm', undefined))).toMatchObject(damage);
  });

  it('is one when its line is right', () => {
    expect(decodeManifest(withLine(line({})), 'm', undefined).changes).toHaveLength(1);
  });
});

describe('a time', () => {
  it.each([
    [0n, '0.000000000'],
    [-1n, '-0.000000001'],
    [-1_500_000_000n, '-1.500000000'],
    [1_769_824_800_000_000_001n, '1769824800.000000001'],
  ])('of %s ns is written as %s and read back', (time, text) => {
    expect(timeText(time)).toBe(text);
    expect(parseTimeText(text)).toBe(time);
  });

  it.each(['', '1', '1.5', '.000000000', '--1.000000000', '1e9.000000000', '1.000000000\n'])(
    'is not %j',
    (text) => {
      expect(parseTimeText(text)).toBeUndefined();
    },
  );
});
