/** What both sides are when they are equal: the tree that the record keeps, and what the manifest says anew. */
import type { Job } from '../../job.ts';
import { hashAt, recordable } from '../../tree/changes.ts';
import { type Entry, isSameContent } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import { ownPrecision } from '../footing.ts';
import type { Outlook } from '../outlook.ts';
import { isAlmostSame } from './metadata.ts';

/** The hash that the list of a place tells of a content, by the one that we know it by. */
export type ListedByContent = ReadonlyMap<string | undefined, string>;

export function* listedIn(entries: Iterable<Entry>): Generator<[string, string]> {
  for (const { hash, listedHash } of entries)
    if (hash !== undefined && listedHash !== undefined) yield [hash, listedHash];
}

/**
 * The tree of both sides, in its order, as the last look saw it.
 * @param hashes of what was sent or came, by path. @param listed what the place's list tells, by the hash of a content
 */
export async function treeOfBoth(
  { mapping: { source } }: Job,
  { merged, sides: { here, listing, tree } }: Outlook,
  { hashes, listed }: { readonly hashes: ReadonlyMap<string, string>; readonly listed: ListedByContent },
): Promise<RecordEntry[]> {
  const entries: RecordEntry[] = [];
  for (const [path, { entry, from }] of merged) {
    const standing = here.get(path);
    // what could not be settled is left out: both count as changed the next time, and neither as deleted
    if (from !== 'both' && objectOf(entry) !== undefined) continue;
    const stamp = { ctime: standing?.ctime ?? 0n, inode: standing?.inode ?? 0n };
    const time = standing === undefined ? {} : { mtime: standing.mtime };
    const hash = entry.kind === 'file' ? await hashOfEntry(path, entry) : undefined;
    if (hash === 'vanished') continue;
    const made = { ...entry, ...time, ...stamp, hash, listedHash: listed.get(hash) };
    const there = objectTime(made, listing.objects.get(objectOf(entry) ?? '')?.mtime);
    entries.push(recordable({ ...made, there }, tree.lookedAt));
  }
  return entries;

  async function hashOfEntry(path: string, { hash }: Entry): Promise<string> {
    return hash ?? hashes.get(path) ?? (await hashAt({ root: source.directory }, path));
  }
}

/** The time of an object that has another than its entry has. */
function objectTime({ mtime }: Entry, time: bigint | undefined): bigint | undefined {
  if (time === undefined) return undefined;
  const difference = time > mtime ? time - mtime : mtime - time;
  return difference < BigInt(ownPrecision) ? undefined : time;
}

/** What a manifest has to say anew. @param told what the newest one says, in any order */
export function manifestChanges(
  entries: readonly RecordEntry[],
  told: readonly RecordEntry[],
): Map<string, RecordEntry | null> {
  const said = new Map(told.map((entry) => [entry.path, entry]));
  const changes = new Map<string, RecordEntry | null>();
  for (const entry of entries) {
    const before = said.get(entry.path);
    said.delete(entry.path);
    if (before === undefined || !isTold(entry, before)) changes.set(entry.path, entry);
  }
  for (const path of said.keys()) changes.set(path, null);
  return changes;
}

/** The time of the tree's own directory is no news: every run changes it. */
function isTold(entry: RecordEntry, before: RecordEntry): boolean {
  const seen = entry.path === '' ? { ...entry, mtime: before.mtime } : entry;
  return isSameContent(seen, before) && isAlmostSame(seen, before);
}
