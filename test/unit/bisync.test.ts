/** What a bidirectional sync decides, from how both sides look and what it remembers. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isUnfinished,
  journalled,
  readBase,
  readJournal,
  recover,
  writeBase,
  writeJournal,
} from '../../src/remotes/bisync-base.ts';
import { listingOf, listingText, writeListings } from '../../src/remotes/bisync-listing.ts';
import { type Entry, type Look, normalised } from '../../src/remotes/bisync-look.ts';
import {
  findClash,
  findDoubtful,
  keepCompanions,
  planBothSides,
  type Situation,
} from '../../src/remotes/bisync-plan.ts';
import { portionsOf, ruleFor } from '../../src/remotes/bisync-portions.ts';

const at = (second: number, size = 1): Entry => ({
  size,
  time: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z`,
});
const look = (files: Record<string, Entry>): Look => new Map(Object.entries(files));
const nobody = { local: new Set<string>(), remote: new Set<string>() };

function situation(changes: Partial<Situation>): Situation {
  const nothing = { local: look({}), remote: look({}) };
  return {
    now: nothing,
    base: nothing,
    torn: nobody,
    isAnew: false,
    precision: 1,
    preference: 'newer',
    ...changes,
  };
}

/** A path with its base on both sides, and what has become of it on each. */
function fate(base: Entry | undefined, local: Entry | undefined, remote: Entry | undefined, more = {}) {
  const one = (entry: Entry | undefined): Look => look(entry === undefined ? {} : { x: entry });
  return planBothSides(
    situation({
      base: { local: one(base), remote: one(base) },
      now: { local: one(local), remote: one(remote) },
      ...more,
    }),
    new Set(),
  );
}

const toLocal = { path: 'x', to: 'local' };
const toRemote = { path: 'x', to: 'remote' };

describe('a path of both sides', () => {
  it('goes from the side that changed it to the other', () => {
    expect(fate(at(1), at(1), at(1))).toEqual({ copies: [], deletions: [], conflicts: [] });
    expect(fate(at(1), at(2), at(1))).toMatchObject({
      copies: [{ ...toRemote, replaces: true }],
      conflicts: [],
    });
    expect(fate(at(1), at(1), at(1, 2))).toMatchObject({ copies: [toLocal], conflicts: [] });
    expect(fate(undefined, at(1), undefined)).toMatchObject({ copies: [{ ...toRemote, replaces: false }] });
    expect(fate(at(5), at(5), at(2))).toMatchObject({ copies: [toLocal] });
  });

  it('is deleted where the other side deleted it, but not what was edited since', () => {
    expect(fate(at(1), at(1), undefined)).toMatchObject({
      copies: [],
      deletions: [{ path: 'x', on: 'local' }],
    });
    expect(fate(at(1), undefined, at(1))).toMatchObject({
      copies: [],
      deletions: [{ path: 'x', on: 'remote' }],
    });
    expect(fate(at(1), undefined, at(2))).toMatchObject({ copies: [toLocal], deletions: [] });
    expect(fate(at(1), undefined, undefined)).toMatchObject({ copies: [], deletions: [] });
  });

  it('is a conflict when both changed it, which the newer wins, or the side that was chosen', () => {
    expect(fate(at(1), at(3), at(2))).toMatchObject({ copies: [toRemote], conflicts: [{ winner: 'local' }] });
    expect(fate(at(1), at(2), at(3))).toMatchObject({ copies: [toLocal], conflicts: [{ winner: 'remote' }] });
    expect(fate(at(1), at(3, 9), at(3, 8))).toMatchObject({ conflicts: [{ winner: 'local' }] });
    expect(fate(undefined, at(3), at(2), { preference: 'remote' })).toMatchObject({
      conflicts: [{ winner: 'remote' }],
    });
    expect(fate(at(1), at(3), at(3))).toMatchObject({ copies: [], conflicts: [] });
  });

  it('is compared by its content when sizes are equal and times do not tell', () => {
    const changed = { base: { local: look({ x: at(1) }), remote: look({ x: at(1) }) } };
    const both = (local: Entry, remote: Entry, more = {}) =>
      situation({ ...changed, now: { local: look({ x: local }), remote: look({ x: remote }) }, ...more });
    expect(findDoubtful(both(at(3), at(2)))).toEqual(['x']);
    expect(findDoubtful(both(at(3), at(3)))).toEqual([]);
    expect(findDoubtful(both(at(3), at(2, 5)))).toEqual([]);
    // whole seconds: the same second does not mean the same edit
    expect(findDoubtful(both(at(3), at(3), { precision: 1e9 }))).toEqual(['x']);
    expect(findDoubtful(both(at(3), at(3), { precision: 1e9, isAnew: true }))).toEqual([]);
    expect(planBothSides(both(at(3), at(2)), new Set(['x']))).toMatchObject({ copies: [], conflicts: [] });
  });
});

describe('a run that was stopped', () => {
  const base = { local: look({ x: at(1) }), remote: look({ x: at(1) }) };
  const now = { local: look({ x: at(5, 9) }), remote: look({ x: at(1) }) };
  const plan = planBothSides(situation({ base, now }), new Set());
  const copies = journalled(plan, situation({ now }));

  it('leaves what it did as done, what it began as half written, and the rest as it was', () => {
    const whenFound = (remote: Entry | undefined) => {
      const then = { local: now.local, remote: look(remote === undefined ? {} : { x: remote }) };
      const { looks, torn } = recover({ copies }, base, then, 1);
      return planBothSides(situation({ base: looks, now: then, torn }), new Set());
    };
    expect(whenFound(at(5, 9))).toEqual({ copies: [], deletions: [], conflicts: [] });
    expect(whenFound(at(1))).toMatchObject({ copies: [toRemote], conflicts: [] });
    // younger than the edit, because it was written later
    expect(whenFound(at(50, 4))).toMatchObject({ copies: [{ ...toRemote, replaces: true }], conflicts: [] });
    expect(whenFound(undefined)).toMatchObject({ copies: [toRemote], deletions: [] });
    // edited after it had come
    expect(whenFound(at(50, 9))).toMatchObject({ copies: [toLocal], conflicts: [{ winner: 'remote' }] });
  });

  it('is gone on with in the same way when it is stopped again', () => {
    const half = { local: now.local, remote: look({ x: at(50, 4) }) };
    const first = recover({ copies }, base, half, 1);
    const again = situation({ base: first.looks, now: half, torn: first.torn });
    const second = recover({ copies: journalled(planBothSides(again, new Set()), again) }, base, half, 1);
    expect([...second.torn.remote]).toEqual(['x']);
    const gone = { local: look({}), remote: half.remote };
    const removal = situation({ base: first.looks, now: gone, torn: first.torn });
    const remains = planBothSides(removal, new Set());
    expect(remains).toMatchObject({ copies: [], deletions: [{ path: 'x', on: 'remote' }] });
    expect([...recover({ copies: journalled(remains, removal) }, base, gone, 1).torn.remote]).toEqual(['x']);
  });
});

describe('files that others need to be read', () => {
  it('stay, and come back, as long as one of those is there', () => {
    const files = { 'd/key': at(1), 'd/a': at(1), 'e/key': at(1) };
    const base = { local: look(files), remote: look(files) };
    const now = { local: look({ 'd/new': at(9) }), remote: look(files) };
    const plan = planBothSides(situation({ base, now }), new Set());
    const kept = keepCompanions(plan, now, (path) => [path.replace(/[^/]*$/, 'key')]);
    expect(kept.deletions.map(({ path }) => path)).toEqual(['d/a', 'e/key']);
    expect(kept.copies.map(({ path, to }) => [path, to])).toEqual([
      ['d/new', 'remote'],
      ['d/key', 'local'],
    ]);
  });
});

describe('names', () => {
  it('clash when one is a file and a directory, or a file and a link', () => {
    expect(findClash(new Set(['a/b', 'a/c', 'ab', 'b']))).toBeUndefined();
    expect(findClash(new Set(['a/b/c', 'a']))).toBe('a');
    expect(findClash(new Set(['a/b', 'a.rclonelink']))).toBe('a');
    expect(findClash(new Set(['a', 'a.rclonelink']))).toBe('a');
  });

  it('carry times in UTC to the nanosecond', () => {
    expect(normalised('2026-11-21T21:27:53.5+01:00')).toBe('2026-11-21T20:27:53.500000000Z');
    expect(normalised('2026-11-21T20:27:53Z')).toBe('2026-11-21T20:27:53.000000000Z');
    expect(normalised('2026-11-21T20:27:53.123456789Z')).toBe('2026-11-21T20:27:53.123456789Z');
  });
});

describe('a listing for bisync', () => {
  it('has what stays, or one file that counts as changed', () => {
    const files = look({ a: at(1), b: at(2) });
    expect(listingOf(files, new Set(['a']))).toEqual({ files: [['b', at(2)]], isAllChanged: false });
    expect(listingOf(files, new Set(['a', 'b']))).toMatchObject({
      files: [['a', { size: 1 }]],
      isAllChanged: true,
    });
  });

  it('is written as bisync writes its own', () => {
    const text = listingText({
      files: [
        ['b "q" ü', at(2, 1234)],
        ['a\t', at(1)],
      ],
    });
    const [heading, ...lines] = text.split('\n');
    expect(heading).toMatch(/^# bisync listing v1 from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\+0000$/);
    expect(lines).toEqual([
      '-        1 - - 2026-01-01T00:00:01.000000000+0000 "a\\t"',
      '-     1234 - - 2026-01-01T00:00:02.000000000+0000 "b \\"q\\" ü"',
      '',
    ]);
  });
});

describe('what bisync is shown', () => {
  const files = (count: number): Record<string, Entry> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, at(1, 10 + index)]));
  const copiesOf = (paths: readonly string[]) =>
    paths.map((path) => ({ path, to: 'remote', size: 1, replaces: false }) as const);

  it('is the files to copy, and the smallest one that stays', () => {
    const both = look(files(4));
    const [portion, ...others] = portionsOf(copiesOf(['f0', 'f2']), { local: both, remote: both });
    expect(others).toEqual([]);
    expect(portion?.rules).toEqual(['+ /f0', '+ /f2', '+ /f1', '- *']);
    expect([...(portion?.now.local.keys() ?? [])]).toEqual(['f0', 'f2', 'f1']);
  });

  it('comes in portions, and is everything where there are too many or nothing stays', () => {
    const both = look(files(2000));
    const paths = [...both.keys()];
    const now = { local: both, remote: both };
    const portions = portionsOf(copiesOf(paths.slice(0, 450)), now);
    expect(portions.map(({ copies }) => copies.length)).toEqual([200, 200, 50]);
    expect(portionsOf(copiesOf(paths.slice(0, 1500)), now)).toMatchObject([{ rules: undefined, now }]);
    expect(portionsOf(copiesOf(paths), now)).toMatchObject([{ rules: undefined }]);
  });

  it('is named by rules that mean one file each', () => {
    expect(ruleFor('a/[b]{c}*?\\.txt')).toBe('+ /a/\\[b\\]\\{c\\}\\*\\?\\\\.txt');
    expect(ruleFor(' a ')).toBe('+ / a[ ]');
  });
});

describe('the state on this machine', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cryptosync-bisync-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is read as it was written, and torn state counts as none', () => {
    const base = {
      subject: 's',
      at: '2026-01-01T00:00:00Z',
      looks: { local: look({ x: at(1) }), remote: look({}) },
    };
    writeBase(directory, base);
    expect(readBase(directory)).toEqual(base);
    const journal = {
      subject: 's',
      at: '2026-01-01T00:00:05Z',
      preference: 'newer',
      isAnew: true,
      copies: [],
    } as const;
    writeJournal(directory, journal);
    expect(readJournal(directory)).toMatchObject(journal);
    expect(isUnfinished(readJournal(directory), base)).toBe(true);
    expect(isUnfinished({ ...journal, at: base.at }, base)).toBe(false);
    for (const name of ['base.json', 'journal.json']) {
      const file = join(directory, name);
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
    }
    expect(readBase(directory)).toBeUndefined();
    expect(readJournal(directory)).toBeUndefined();
  });

  it('gets listings only under the names that bisync gave them', () => {
    const work = join(directory, 'work');
    mkdirSync(work);
    for (const name of ['x..y.path1.lst', 'x..y.path2.lst', 'other']) writeFileSync(join(work, name), '');
    const one = listingOf(look({ a: at(1) }), new Set());
    writeListings(work, one, listingOf(look({ b: at(1) }), new Set()));
    expect(readFileSync(join(work, 'x..y.path1.lst'), 'utf8')).toMatch(/"a"\n$/);
    expect(readFileSync(join(work, 'x..y.path2.lst'), 'utf8')).toMatch(/"b"\n$/);
    expect(readFileSync(join(work, 'other'), 'utf8')).toBe('');
  });
});
