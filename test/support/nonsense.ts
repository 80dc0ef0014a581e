/** What a crash, a sick disk, an editor or an attacker leaves in the place of a stored value, or of a whole file. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A text of JSON that is no value of JavaScript's: a number that overflows, nesting that no recursion survives. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** In the place of a field. */
const values: readonly (readonly [name: string, value: Json | Raw | undefined])[] = [
  ['missing', undefined],
  ['null', null],
  ['true', true],
  ['zero', 0],
  ['negative', -1],
  ['a fraction', 0.5],
  ['infinite', new Raw('1e999')],
  ['beyond whole numbers', 2 ** 60],
  ['empty', ''],
  ['no number', 'NaN'],
  ['a NUL', '\0'],
  ['lines', 'a\nb\n'],
  ['a way out', '../../etc/passwd'],
  ['half a character', '\ud800'],
  ['long', 'x'.repeat(100_000)],
  ['a list', []],
  ['a list of nothing', [null]],
  ['a list of lists', [[[]]]],
  ['an object', {}],
  ['an object of nothing', { version: null }],
  ['nested', new Raw(deep(20_000))],
];

/** One of each kind, for the fields below the first level: there are many, and what judges them is the same. */
const few = [
  'missing',
  'null',
  'negative',
  'infinite',
  'a NUL',
  'a way out',
  'long',
  'a list',
  'an object',
  'nested',
];

/** Each field of a document, and each of those in it, with each nonsense in its place. */
export function* fieldsOf(document: string): Generator<readonly [name: string, text: string]> {
  for (const path of pathsIn(JSON.parse(document))) {
    const tried = path.length === 1 ? values : values.filter(([name]) => few.includes(name));
    for (const [name, value] of tried) yield [`${path.join('.')} ${name}`, replaced(document, path, value)];
  }
  for (const [name, value] of values) {
    if (value !== undefined) yield [`an unknown key: ${name}`, replaced(document, ['unknown'], value)];
    if (value !== undefined) yield [`the whole: ${name}`, textOf(value)];
  }
}

function pathsIn(value: Json, above: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || above.length > 2) return [];
  // of a list two stand for all
  const entries = Object.entries(value).slice(0, Array.isArray(value) ? 2 : undefined);
  return entries.flatMap(([key, inner]) => [[...above, key], ...pathsIn(inner, [...above, key])]);
}

const mark = 'the-place-of-the-nonsense';

function replaced(document: string, path: readonly string[], value: Json | Raw | undefined): string {
  const copy = JSON.parse(document) as Record<string, Json>;
  let at: Record<string, Json> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, Json>;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = mark;
  return JSON.stringify(copy).replace(`"${mark}"`, () => (value === undefined ? '' : textOf(value)));
}

function textOf(value: Json | Raw): string {
  return value instanceof Raw ? value.text : JSON.stringify(value);
}

/** In the place of a whole file; each function puts it there. */
export const misplaced: readonly (readonly [name: string, put: (path: string, content: Buffer) => void])[] = [
  ['missing', () => {}],
  ['empty', (path) => writeFileSync(path, '')],
  ['a line feed', (path) => writeFileSync(path, '\n')],
  ['cut in the midst', (path, content) => writeFileSync(path, content.subarray(0, content.length / 2))],
  ['without its last byte', (path, content) => writeFileSync(path, content.subarray(0, -2))],
  ['twice', (path, content) => writeFileSync(path, Buffer.concat([content, content]))],
  ['NULs', (path) => writeFileSync(path, Buffer.alloc(4096))],
  ['NULs at its end', (path, content) => writeFileSync(path, Buffer.concat([content, Buffer.alloc(512)]))],
  ['no UTF-8', (path) => writeFileSync(path, Buffer.from([0x7b, 0x22, 0xe9, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
  ['UTF-16', (path, content) => writeFileSync(path, Buffer.from(content.toString('latin1'), 'utf16le'))],
  ['nested', (path) => writeFileSync(path, deep(200_000))],
  ['a line without an end', (path) => writeFileSync(path, '{"a":"'.padEnd(8 * 1024 * 1024, 'x'))],
  [
    'far too big',
    (path) => {
      writeFileSync(path, '{');
      truncateSync(path, 300 * 2 ** 20);
    },
  ],
  ['a directory', (path) => mkdirSync(path)],
  ['a link to nowhere', (path) => symlinkSync('/nowhere', path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
  ['a FIFO', (path) => execFileSync('mkfifo', ['-m', '600', path])],
  ['a device', (path) => execFileSync('mknod', ['-m', '600', path, 'c', '1', '5'])],
];

export function takeAway(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
