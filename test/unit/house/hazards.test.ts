/** A comment that gives a hazard as its reason leads to a row of docs/hazards.md, and no reason lies elsewhere. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

/** Everything that people read for reasons. */
const places = globSync(
  ['{src,test,bench,scripts}/**/*.{ts,mjs,js,sh}', 'docs/*.md', '*.md', '*.{json,mjs,ts}', '.*.mjs'],
  { cwd: root, exclude: ['package-lock.json', 'oclif.manifest.json'] },
);

/** The rows of the page, and the ones among them that stand there twice. */
const rows = [...read('docs/hazards.md').matchAll(/^\| ([GCRFN]\d+) \|/gm)].map(([, row = '']) => row);

const rowName = /\b[GCRFN]\d{1,2}\b/g;

/** `file: row` for every row that a text names and the page does not have; `C1 to C10` and `R1…R30` by their ends. */
const unknownRows = (path: string): string[] =>
  (read(path).match(rowName) ?? []).filter((row) => !rows.includes(row)).map((row) => `${path}: ${row}`);

describe('the hazards', () => {
  it('have a row each, named once', () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter((row, at) => rows.indexOf(row) !== at)).toEqual([]);
  });

  it('that a text names stand in docs/hazards.md', () => {
    expect(places.length).toBeGreaterThan(200);
    expect(places.flatMap(unknownRows)).toEqual([]);
  });

  it('are the only reasons: no text points to a page outside the repository', () => {
    const outside = new RegExp(['TOOLS\\.md', '\\bDESIGN\\b', '\\bSTYLE\\.md'].join('|'));
    const self = 'test/unit/house/hazards.test.ts';
    expect(places.filter((path) => path !== self && outside.test(read(path)))).toEqual([]);
  });

  it('that many texts name are found at all', () => {
    expect(places.flatMap((path) => read(path).match(rowName) ?? []).length).toBeGreaterThan(rows.length * 2);
  });
});
