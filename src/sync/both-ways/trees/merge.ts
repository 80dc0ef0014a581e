/**
 * The one tree that both sides become: contents as the plan of objects has it, directories and what has no content by
 * the same three-way comparison, and modes, owners and times from the side that changed them.
 */
import { ancestorsOf, comparePaths } from '../../../system/names.ts';
import type { Entry, StampedEntry } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import type { BothWaysPlan } from '../plan.ts';
import { mergedMetadata, type Origin } from './metadata.ts';
import type { EntryThere } from './there.ts';

export interface MergeFacts {
  readonly here: ReadonlyMap<string, StampedEntry>;
  readonly there: ReadonlyMap<string, EntryThere>;
  /** What both were; empty where the run begins anew. */
  readonly base: ReadonlyMap<string, RecordEntry>;
  readonly plan: BothWaysPlan;
  /** Paths here that the place can't hold: they stay, and are no part of what is brought together. */
  readonly left: ReadonlySet<string>;
  /** Objects that a run which did not end may have put here; undefined when every run has ended. */
  readonly arrived: ReadonlySet<string> | undefined;
}

export interface MergedEntry {
  readonly entry: Entry;
  readonly from: Origin;
}

/** By path, in the order of trees. */
export type MergedTree = ReadonlyMap<string, MergedEntry>;

export function mergeTrees(facts: MergeFacts): MergedTree {
  const origins = originsOfObjects(facts);
  addOthers(facts, origins);
  const merged = [...origins]
    .map(([path, from]) => [path, { entry: entryFor(path, from, facts), from }] as const)
    .sort(([a], [b]) => comparePaths(a, b));
  return withGroups(new Map(merged), facts);
}

/** Files and links: by the plan. */
function originsOfObjects({ here, there, plan, left }: MergeFacts): Map<string, Origin> {
  const copied = new Map(plan.copies.map(({ path, to }) => [path, to]));
  const gone = new Set(plan.deletions.map(({ path }) => path));
  const origins = new Map<string, Origin>();
  const objects = new Map<string, Entry>();
  for (const { entry } of there.values()) note(entry, 'there');
  for (const entry of here.values()) if (!left.has(entry.path)) note(entry, 'here');
  return origins;

  function note(entry: Entry, side: 'here' | 'there'): void {
    const object = objectOf(entry);
    if (object === undefined || gone.has(object)) return;
    const to = copied.get(object);
    if (to !== undefined && (to === 'remote') !== (side === 'here')) return;
    origins.set(entry.path, to !== undefined ? side : objects.has(object) ? 'both' : side);
    objects.set(object, entry);
  }
}

/** Directories, and what is no file: new on one side it stays, gone from one side it goes, unless something is in it. */
function addOthers({ here, there, base, left }: MergeFacts, origins: Map<string, Origin>): void {
  const needed = new Set([...origins.keys()].flatMap(ancestorsOf));
  for (const path of new Set([...here.keys(), ...there.keys(), ...needed])) {
    if (origins.has(path) || left.has(path)) continue;
    const [one, other] = [here.get(path), there.get(path)?.entry];
    const [isHere, isThere] = [isPlain(one), isPlain(other)];
    const isNeeded = needed.has(path) || path === '';
    if (isHere && isThere && one?.kind === other?.kind) origins.set(path, 'both');
    else if (isHere && (isNeeded ? one?.kind === 'directory' : !wasKnown(base, one)))
      origins.set(path, 'here');
    else if (isThere && (isNeeded ? other?.kind === 'directory' : !wasKnown(base, other)))
      origins.set(path, 'there');
    else if (isNeeded) origins.set(path, 'there');
  }
}

function isPlain(entry: Entry | undefined): boolean {
  return entry !== undefined && objectOf(entry) === undefined;
}

function wasKnown(base: ReadonlyMap<string, RecordEntry>, entry: Entry | undefined): boolean {
  return entry !== undefined && base.get(entry.path)?.kind === entry.kind;
}

function entryFor(path: string, from: Origin, { here, there, base, arrived }: MergeFacts): Entry {
  const [mine, theirs] = [here.get(path), there.get(path)];
  const content = from === 'there' ? theirs?.entry : mine;
  const made: Entry = {
    path,
    kind: 'directory',
    size: 0,
    mtime: 0n,
    mode: 0o700,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
  };
  const standing = content ?? made;
  return mergedMetadata({
    standing,
    from,
    here: mine,
    there: theirs,
    base: base.get(path),
    hasArrived:
      arrived !== undefined &&
      (base.get(path)?.kind !== standing.kind || arrived.has(objectOf(standing) ?? path)),
    top: here.get(''),
  });
}

/** A hard link is one only while the file that it is a name of is there, with the same content. */
function withGroups(tree: Map<string, MergedEntry>, { here, there }: MergeFacts): MergedTree {
  for (const [path, { entry, from }] of tree) {
    if (entry.group === undefined) continue;
    const first = tree.get(entry.group);
    const isOne =
      first?.entry.kind === entry.kind && first.entry.group === undefined && isOneContent(path, entry.group);
    if (!isOne) tree.set(path, { entry: { ...entry, group: undefined }, from });
  }
  return tree;

  function isOneContent(path: string, first: string): boolean {
    const [one, other] = [tree.get(path), tree.get(first)];
    const [inode, firstInode] = [here.get(path)?.inode, here.get(first)?.inode];
    // a name that was only now made here has no hash yet
    if (one?.from !== 'there' && other?.from !== 'there' && inode !== undefined && inode === firstInode)
      return true;
    const hash = hashOf(one);
    return hash === hashOf(other) && (hash !== undefined || one?.from === other?.from);
  }

  /** What is on both sides may have been read here by nobody yet. */
  function hashOf(merged: MergedEntry | undefined): string | undefined {
    if (merged === undefined) return undefined;
    const { entry, from } = merged;
    return entry.hash ?? (from === 'both' ? there.get(entry.path)?.entry.hash : undefined);
  }
}
