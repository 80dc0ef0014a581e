/** The house: floors, folders and rooms. The import rule itself is held by .dependency-cruiser.mjs. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const files = globSync('src/**/*.ts', { cwd: root });
const textOf = new Map(files.map((path) => [path, readFileSync(`${root}${path}`, 'utf8')]));

/** From the top down, as ARCHITECTURE.md draws them; those on one line stand side by side. */
const floors = [
  ['commands'],
  ['terminal', 'service'],
  ['operations'],
  ['doctor'],
  ['sessions', 'schedules'],
  ['executor'],
  ['sync'],
  ['runs'],
  ['clients'],
  ['vaults', 'remotes'],
  ['secrets'],
  ['system'],
];

const roomOf = (path: string): string => path.split('/')[1] ?? '';
const floorOf = (path: string): number => floors.findIndex((rooms) => rooms.includes(roomOf(path)));

/** What a file imports of src/, types too. */
function importsOf(path: string): string[] {
  const text = textOf.get(path) ?? '';
  return [...text.matchAll(/(?:from|import\()\s*'(\.{1,2}\/[^']+)'/g)].map(([, target = '']) =>
    normalize(join(dirname(path), target)),
  );
}

describe('src/', () => {
  it('has a floor for every room, and no room that is not drawn', () => {
    expect(files.length).toBeGreaterThan(100);
    const rooms = new Set(files.map(roomOf).filter((room) => room !== 'index.ts'));
    expect([...rooms].sort()).toEqual(floors.flat().sort());
    const drawn =
      /## Floors\n\n```\n([\s\S]*?)```/.exec(readFileSync(`${root}ARCHITECTURE.md`, 'utf8'))?.[1] ?? '';
    const inPicture = drawn.split('\n').flatMap((line) => line.split(/ {3,}/)[0]?.split(' · ') ?? []);
    expect(inPicture.filter((room) => room !== '')).toEqual(floors.flat());
  });

  it('has no arrow up, and none between rooms of one floor', () => {
    const wrong = files
      .filter((path) => floorOf(path) >= 0)
      .flatMap((path) =>
        importsOf(path)
          .filter((target) => roomOf(target) !== roomOf(path) && floorOf(target) <= floorOf(path))
          .map((target) => `${path} → ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('has at most 16 files in a folder', () => {
    const counts = new Map<string, number>();
    for (const path of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 16)).toEqual([]);
  });

  it('has no room of more than 28 % of its lines', () => {
    const lines = new Map<string, number>();
    for (const [path, text] of textOf)
      lines.set(roomOf(path), (lines.get(roomOf(path)) ?? 0) + text.split('\n').length);
    const all = [...lines.values()].reduce((sum, count) => sum + count, 0);
    expect([...lines].filter(([, count]) => count > all * 0.28)).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const page = readFileSync(`${root}ARCHITECTURE.md`, 'utf8');

  it('has a paragraph for every room', () => {
    const paragraphs = [...page.matchAll(/^\*\*(\w+)\/\*\*/gm)].map(([, room = '']) => room);
    expect(paragraphs).toEqual(floors.flat());
  });

  it('says what is not there', () => {
    expect(page.match(/\*\*Invariant:\*\*/g)?.length).toBeGreaterThan(10);
  });
});
