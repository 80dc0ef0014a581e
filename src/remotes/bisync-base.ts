/**
 * What a bidirectional sync remembers, each in a file of its own that is written atomically:
 * the base, how both sides looked when they were last equal, from which the changes of each side follow; and while a
 * run is under way its journal, what it is about to write where. A run that was killed leaves files that were written
 * in part: the journal tells them from files that somebody has changed.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from '../system/files.ts';
import { type BothSides, type Entry, isSameEntry, type Look, otherSide, type Side } from './bisync-look.ts';
import { areEqual, type BothWaysPlan, type Preference, type Situation } from './bisync-plan.ts';

export interface Base {
  /** What was synced with what; a base of something else says nothing. */
  readonly subject: string;
  /** The time that names the trash of the run that wrote it, ISO 8601. */
  readonly at: string;
  readonly looks: BothSides<Look>;
}

export interface Journal {
  readonly subject: string;
  readonly at: string;
  readonly preference: Preference;
  /** The run did not build on the base: it was the first one, or began anew. */
  readonly isAnew: boolean;
  readonly copies: readonly JournalledCopy[];
}

export interface JournalledCopy {
  readonly path: string;
  readonly to: Side;
  /** What stood there before. */
  readonly old: Entry | null;
  /** What it becomes. */
  readonly target: Entry;
}

const baseFile = (directory: string): string => join(directory, 'base.json');
const journalFile = (directory: string): string => join(directory, 'journal.json');
const version = 1;

const packed = (look: Look): [string, number, string][] =>
  [...look].map(([path, { size, time }]) => [path, size, time]);
const unpacked = (files: [string, number, string][]): Look =>
  new Map(files.map(([path, size, time]) => [path, { size, time }]));

export function writeBase(directory: string, { subject, at, looks }: Base): void {
  const files = { local: packed(looks.local), remote: packed(looks.remote) };
  write(baseFile(directory), { version, subject, at, ...files });
}

/** The base, or undefined when there is none that can be read. */
export function readBase(directory: string): Base | undefined {
  const found = read<{ subject: string; at: string } & BothSides<[string, number, string][]>>(
    baseFile(directory),
  );
  if (found === undefined || !Array.isArray(found.local) || !Array.isArray(found.remote)) return undefined;
  const { subject, at, local, remote } = found;
  return { subject, at, looks: { local: unpacked(local), remote: unpacked(remote) } };
}

export function writeJournal(directory: string, journal: Journal): void {
  ensureDirectory(directory, 0o700);
  write(journalFile(directory), { version, ...journal });
}

export function readJournal(directory: string): Journal | undefined {
  const found = read<Journal>(journalFile(directory));
  return Array.isArray(found?.copies) ? found : undefined;
}

/** A journal that is older than the base is what a run left that was stopped at its very end. */
export function isUnfinished(journal: Journal | undefined, base: Base | undefined): boolean {
  return journal !== undefined && (base === undefined || journal.at > base.at);
}

export function removeJournal(directory: string): void {
  rmSync(journalFile(directory), { force: true });
}

/** Stands for what was on a side where a part of a file already is: no file is so. */
const torn: Entry = { size: -1, time: 'torn' };
/** What a part becomes that is only to be taken away: every file is less. */
const nothing: Entry = { size: Number.MAX_SAFE_INTEGER, time: 'nothing' };

/** What the journal says of a plan before it is carried out. What is half written already stays known as such. */
export function journalled(plan: BothWaysPlan, situation: Pick<Situation, 'now' | 'torn'>): JournalledCopy[] {
  const { now } = situation;
  const isTorn = (side: Side, path: string): boolean => situation.torn[side].has(path);
  const copies = plan.copies.flatMap(({ path, to }) => {
    const target = now[otherSide[to]].get(path);
    const old = isTorn(to, path) ? torn : (now[to].get(path) ?? null);
    return target === undefined ? [] : [{ path, to, old, target }];
  });
  const remains = plan.deletions.filter(({ path, on }) => isTorn(on, path));
  return [...copies, ...remains.map(({ path, on }) => ({ path, to: on, old: torn, target: nothing }))];
}

export interface Recovered {
  readonly looks: BothSides<Look>;
  /** Paths that a run which did not end has written in part, or taken away to write them. */
  readonly torn: BothSides<ReadonlySet<string>>;
}

/**
 * What to compare with after a run that did not end: what it finished counts as synced. Files are written from their
 * beginning to their end, so one that is shorter than it should be, or gone, is half written; one that is not was
 * edited by somebody since.
 * @param precision nanoseconds, of the times on the remote
 */
export function recover(
  { copies }: Pick<Journal, 'copies'>,
  base: BothSides<Look>,
  now: BothSides<Look>,
  precision: number,
): Recovered {
  const looks = { local: new Map(base.local), remote: new Map(base.remote) };
  const half = { local: new Set<string>(), remote: new Set<string>() };
  for (const { path, to, old, target } of copies) {
    const entry = now[to].get(path);
    if (entry !== undefined && areEqual(entry, target, precision)) {
      looks[to].set(path, entry);
      looks[otherSide[to]].set(path, target);
    } else if (!isSameEntry(entry, old ?? undefined) && (entry === undefined || entry.size < target.size)) {
      half[to].add(path);
    }
  }
  return { looks, torn: half };
}

function write(path: string, value: object): void {
  writeFileAtomic(path, `${JSON.stringify(value)}\n`, 0o600);
}

function read<Content>(path: string): Content | undefined {
  try {
    const value = JSON.parse(readTextIfPresent(path) ?? 'null') as { version?: number } | null;
    return value?.version === version ? (value as Content) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
