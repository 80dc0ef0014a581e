/** What a bidirectional sync decides, from how both sides look and what it remembers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isUnfinished,
  journalled,
  readBase,
  readJournal,
  recover,
  writeJournal,
} from '../../../../src/sync/both-ways/base.ts';
import type { Entry, Look } from '../../../../src/sync/both-ways/look.ts';
import {
  findClash,
  findDoubtful,
  keepCompanions,
  planBothSides,
  type Situation,
} from '../../../../src/sync/both-ways/plan.ts';

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
    // the manifest tells what the remote holds: an edit may have kept the time
    expect(findDoubtful(both(at(3), at(3), { isAnew: true }), () => true)).toEqual(['x']);
    expect(planBothSides(both(at(3), at(3)), new Set(), new Set(['x']))).toMatchObject({
      copies: [toRemote],
    });
    expect(planBothSides(both(at(3), at(2)), new Set(['x']))).toMatchObject({ copies: [], conflicts: [] });
  });
});

/** Of files that nobody has touched since. */
const asPut = { precision: 1, isSent: (_path: string, isAsBefore: boolean) => !isAsBefore };

describe('a run that was stopped', () => {
  const base = { local: look({ x: at(1) }), remote: look({ x: at(1) }) };
  const now = { local: look({ x: at(5, 9) }), remote: look({ x: at(1) }) };
  const plan = planBothSides(situation({ base, now }), new Set());
  const copies = journalled(plan, situation({ now }));

  it('leaves what it did as done, what it began as half written, and the rest as it was', () => {
    const whenFound = (remote: Entry | undefined) => {
      const then = { local: now.local, remote: look(remote === undefined ? {} : { x: remote }) };
      const { looks, torn } = recover({ copies }, base, then, asPut);
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
    const first = recover({ copies }, base, half, asPut);
    const again = situation({ base: first.looks, now: half, torn: first.torn });
    const second = recover({ copies: journalled(planBothSides(again, new Set()), again) }, base, half, asPut);
    expect([...second.torn.remote]).toEqual(['x']);
    const gone = { local: look({}), remote: half.remote };
    const removal = situation({ base: first.looks, now: gone, torn: first.torn });
    const remains = planBothSides(removal, new Set());
    expect(remains).toMatchObject({ copies: [], deletions: [{ path: 'x', on: 'remote' }] });
    expect([...recover({ copies: journalled(remains, removal) }, base, gone, asPut).torn.remote]).toEqual([
      'x',
    ]);
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
    const packed = { version: 1, subject: 's', at: base.at, local: [['x', 1, at(1).time]], remote: [] };
    writeFileSync(join(directory, 'base.json'), JSON.stringify(packed));
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
    expect(isUnfinished(journal, base.at)).toBe(true);
    expect(isUnfinished({ ...journal, at: base.at }, '2026-01-01T00:00:01Z')).toBe(false);
    for (const name of ['base.json', 'journal.json']) {
      const file = join(directory, name);
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
    }
    expect(readBase(directory)).toBeUndefined();
    expect(readJournal(directory)).toBeUndefined();
  });
});

describe('names', () => {
  const clash = (
    paths: readonly string[],
    directories: readonly string[] = [],
    links: readonly string[] = [],
  ) =>
    findClash(
      paths,
      (path) => (links.includes(path) ? path.replace(/\.rclonelink$/, '') : path),
      directories,
    );

  it('clash when one is a file and a directory, or a file and a link', () => {
    expect(clash(['a/b', 'a/c', 'ab', 'b'])).toBeUndefined();
    expect(clash(['a/b/c', 'a'])).toBe('a');
    expect(clash(['a/b', 'a.rclonelink'], [], ['a.rclonelink'])).toBe('a');
    expect(clash(['a', 'a.rclonelink'], [], ['a.rclonelink'])).toBe('a');
    expect(clash(['a', 'b'], ['a'])).toBe('a');
  });

  it('do not clash where a file only is called as the object of a link is', () => {
    expect(clash(['a', 'a.rclonelink'])).toBeUndefined();
  });
});
