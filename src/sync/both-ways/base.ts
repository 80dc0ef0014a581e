/**
 * What a bidirectional sync remembers, each in a file of its own that is written atomically:
 * what 0.1 kept as its base, how both sides looked when they were last equal, which the record has now; and while a run
 * is under way its journal, what it is about to write where. A run that was killed leaves files that were written
 * in part: the journal tells them from files that somebody has changed.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import type { StampedEntry } from '../tree/entry.ts';
import { touchedBefore } from '../upload/full-pass/unfinished.ts';
import { type BothSides, type Entry, isSameEntry, type Look, otherSide, type Side } from './look.ts';
import { areEqual, type BothWaysPlan, type Preference, type Situation } from './plan.ts';

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

/** ISO 8601 with nine decimals, in UTC. */
const time = v.pipe(
  v.string(),
  v.check((text) => /^.{19}\.\d{9}Z$/.test(text) && !Number.isNaN(Date.parse(`${text.slice(0, 19)}Z`))),
);
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entrySchema = v.object({ size, time });
const sideSchema = v.picklist(['local', 'remote']);
const looksSchema = v.array(v.tuple([v.string(), size, time]));
const baseSchema = v.object({
  version: v.literal(version),
  subject: v.string(),
  at: v.string(),
  local: looksSchema,
  remote: looksSchema,
});
const journalSchema = v.object({
  version: v.literal(version),
  subject: v.string(),
  at: v.string(),
  preference: v.picklist(['newer', 'local', 'remote']),
  isAnew: v.boolean(),
  copies: v.array(
    v.object({ path: v.string(), to: sideSchema, old: v.nullable(entrySchema), target: entrySchema }),
  ),
});

const unpacked = (files: [string, number, string][]): Look =>
  new Map(files.map(([path, size, time]) => [path, { size, time }]));

/** The base, or undefined when there is none that can be read. */
export function readBase(directory: string): Base | undefined {
  const found = read(baseSchema, baseFile(directory));
  if (found === undefined) return undefined;
  const { subject, at, local, remote } = found;
  return { subject, at, looks: { local: unpacked(local), remote: unpacked(remote) } };
}

export function writeJournal(directory: string, journal: Journal): void {
  ensureDirectory(directory, 0o700);
  write(journalFile(directory), { version, ...journal });
}

export function readJournal(directory: string): Journal | undefined {
  return read(journalSchema, journalFile(directory));
}

/** A journal that is older than the last commit is what a run left that was stopped at its very end. */
export function isUnfinished(journal: Journal, committedAt: string | undefined): boolean {
  return committedAt === undefined || journal.at >= committedAt;
}

export function removeJournal(directory: string): void {
  rmSync(journalFile(directory), { force: true });
}

/** Stands for what was on a side where a part of a file already is: no file is so. */
const torn: Entry = { size: -1, time: 'torn' };
/** What a part becomes that is only to be taken away: every file is less. */
const nothing: Entry = { size: Number.MAX_SAFE_INTEGER, time: 'nothing' };

/** Stands for what was here when nobody knows: no file is so. */
const unknown: Entry = { size: -1, time: 'unknown' };

/**
 * What the journal says of a plan before it is carried out. What is half written already stays known as such, and so does
 * what a run before has put there. @param before the journal of a run that did not end
 */
export function journalled(
  plan: BothWaysPlan,
  situation: Pick<Situation, 'now' | 'torn'>,
  before: Pick<Journal, 'copies'> = { copies: [] },
): JournalledCopy[] {
  const { now } = situation;
  const isTorn = (side: Side, path: string): boolean => situation.torn[side].has(path);
  const copies = plan.copies.flatMap(({ path, to }) => {
    const target = now[otherSide[to]].get(path);
    const old = isTorn(to, path) ? torn : (now[to].get(path) ?? null);
    return target === undefined ? [] : [{ path, to, old, target }];
  });
  const remains = plan.deletions.filter(({ path, on }) => isTorn(on, path));
  const all = [...copies, ...remains.map(({ path, on }) => ({ path, to: on, old: torn, target: nothing }))];
  const said = new Set(all.map(({ path }) => path));
  const put = before.copies.filter(({ path, to }) => to === 'remote' && !said.has(path));
  return [...put.filter(({ target }) => target.size !== nothing.size), ...all];
}

export interface HowRecovered {
  /** Nanoseconds, of the times on the remote. */
  readonly precision: number;
  /** Whether what looks there as it should is what is here. @param isAsBefore it also looks as before the run */
  readonly isSent: (path: string, isAsBefore: boolean) => boolean;
}

export interface Recovered {
  readonly looks: BothSides<Look>;
  /** Paths that a run which did not end has written in part, or taken away to write them. */
  readonly torn: BothSides<ReadonlySet<string>>;
}

/**
 * What to compare with after a run that did not end: what it finished counts as synced. Files are written from their
 * beginning to their end, so one that is shorter than it should be, or gone, is half written; one that is not was
 * edited by somebody since. What looks the same before and after, or was touched here since, says nothing: it is sent again.
 */
export function recover(
  { copies }: Pick<Journal, 'copies'>,
  base: BothSides<Look>,
  now: BothSides<Look>,
  { precision, isSent }: HowRecovered,
): Recovered {
  const looks = { local: new Map(base.local), remote: new Map(base.remote) };
  const half = { local: new Set<string>(), remote: new Set<string>() };
  for (const { path, to, old, target } of copies) {
    const entry = now[to].get(path);
    const isAsBefore = isSameEntry(entry, old ?? undefined);
    if (entry !== undefined && areEqual(entry, target, precision)) {
      const isDone = to === 'remote' ? isSent(path, isAsBefore) : !isAsBefore;
      if (isDone || to === 'remote') looks[to].set(path, entry);
      if (isDone) looks[otherSide[to]].set(path, target);
      else if (to === 'remote') looks.local.set(path, unknown);
    } else if (!isAsBefore && (entry === undefined || entry.size < target.size)) {
      half[to].add(path);
    }
  }
  return { looks, torn: half };
}

/** Whether an object that runs were to put there, and that looks as it should, is what is here. */
export function sentBy(
  journal: Journal | undefined,
  here: ReadonlyMap<string, StampedEntry>,
  carried: ReadonlyMap<string, string> | undefined,
): (path: string, isAsBefore: boolean) => boolean {
  const since = touchedBefore(journal && { at: journal.at, isOurs: true }) ?? 0n;
  return (path, isAsBefore) => {
    const entry = here.get(path);
    if (carried === undefined) return !isAsBefore && (entry?.ctime ?? 0n) < since;
    const sent = carried.get(path);
    return sent === undefined || entry?.hash === undefined || entry.hash === sent;
  };
}

function write(path: string, value: object): void {
  writeFileAtomic(path, `${JSON.stringify(value)}\n`, 0o600);
}

/** What says something else, or nothing that can be understood, is as if it were not there. */
function read<Schema extends v.GenericSchema>(
  schema: Schema,
  path: string,
): v.InferOutput<Schema> | undefined {
  try {
    const value = parseStoredJson(readTextIfPresent(path) ?? 'null');
    return v.is(schema, value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
