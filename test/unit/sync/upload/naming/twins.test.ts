/** Names that a place may take for one another: which go, which wait, which are named, by what the place answers to. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Place } from '../../../../../src/remotes/place.ts';
import type { Change } from '../../../../../src/sync/tree/changes.ts';
import { siftTwins } from '../../../../../src/sync/upload/naming/twins.ts';

/** A place that holds objects, and answers to whatever it takes for their names. */
function placeOf(held: Iterable<string>, taking: (name: string) => string) {
  const objects = new Set(held);
  const asked: string[] = [];
  const place = {
    async look(path: string) {
      asked.push(path);
      const found = [...objects].some((one) => taking(one) === taking(path));
      return found ? { path, kind: 'file', size: 1, mtime: undefined } : undefined;
    },
    async names(directory: string) {
      asked.push(`${directory}/`);
      const inside = directory === '' ? '' : `${taking(directory)}/`;
      return [...objects].flatMap((one) =>
        directory === '' || taking(one).startsWith(inside)
          ? [one.slice(directory === '' ? 0 : directory.length + 1)]
          : [],
      );
    },
  };
  return { place: place as unknown as Place, objects, asked };
}

const exact = (name: string): string => name;
const folds: Record<string, readonly [(name: string) => string, readonly [string, string]]> = {
  case: [(name) => name.toLowerCase(), ['Name', 'name']],
  form: [(name) => name.normalize('NFC'), ['caf\u00e9', 'cafe\u0301']],
  'case and form': [(name) => name.normalize('NFC').toLowerCase(), ['CAF\u00c9', 'cafe\u0301']],
  'an ending': [(name) => name.replace(/[. ]+$/, ''), ['end', 'end.']],
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cryptosync-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (...paths: string[]): void => {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
};
const fresh = (...paths: string[]): Change[] =>
  paths.map((path) => {
    const now = { path, kind: 'file', size: 1, mtime: 0n } as unknown as NonNullable<Change['now']>;
    return { path, kind: 'content', known: undefined, now } as Change;
  });
const sift = (place: Place, changes: readonly Change[], there: Iterable<string>, apart = new Set<string>()) =>
  siftTwins(place, { kept: changes, notCarried: [] }, { root, there: () => new Set(there), apart });
const paths = (changes: readonly Change[]): string[] => changes.map(({ path }) => path);

describe.each(Object.entries(folds))('names that differ in %s', (_, [taking, [one, other]]) => {
  it('go one after the other: the second when the first is there, and the place does not answer to it', async () => {
    write(one, other);
    const [first = '', second = ''] = [one, other].sort();
    const { place, objects } = placeOf([], exact);
    const before = await sift(place, fresh(first, second), objects);
    expect([paths(before.kept), before.isWaiting]).toEqual([[first], true]);
    objects.add(first);
    const after = await sift(place, fresh(second), objects);
    expect(after).toMatchObject({ notCarried: [], isWaiting: false });
    expect(paths(after.kept)).toEqual([second]);
  });

  it('are named where the place answers to the second, and nothing goes over the first', async () => {
    write(one, other);
    const [first = '', second = ''] = [one, other].sort();
    const { place, objects } = placeOf([first], taking);
    const { kept, notCarried, isWaiting } = await sift(place, fresh(second), objects);
    expect([kept, isWaiting]).toEqual([[], false]);
    expect(notCarried).toEqual([{ path: second, why: `the remote takes its name for that of ${first}` }]);
  });

  it('are told from what somebody else has put there under that very name', async () => {
    write(one, other);
    const { place } = placeOf([one, other], exact);
    expect(paths((await sift(place, fresh(other), [one])).kept)).toEqual([other]);
  });
});

it('asks nothing of the place where no names are alike', async () => {
  write('a', 'b', 'below/a', 'B2');
  const { place, asked } = placeOf([], exact);
  const changes = fresh('a', 'b', 'below/a', 'B2');
  expect((await sift(place, changes, [])).kept).toEqual(changes);
  expect(asked).toEqual([]);
});

it('asks once for a kind of difference, and lets all others of it go at once', async () => {
  write('Name', 'NAME', 'naMe', 'name');
  const { place, objects } = placeOf(['NAME'], exact);
  const { kept, isWaiting } = await sift(place, fresh('Name', 'naMe', 'name'), objects);
  expect([paths(kept).sort(), isWaiting]).toEqual([['Name', 'naMe', 'name'], false]);
});

it('does not take one pair’s answer for that of another kind', async () => {
  write('\u00c9', '\u00e9', 'e\u0301');
  const { place, objects } = placeOf(['\u00c9'], (name) => name.normalize('NFC'));
  const { kept, isWaiting } = await sift(place, fresh('\u00e9', 'e\u0301'), objects);
  expect(kept).toHaveLength(1);
  expect(isWaiting).toBe(true);
});
