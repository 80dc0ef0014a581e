/**
 * What became of a tree since it was recorded. What the stamps say was not touched was not touched; where a stamp
 * moved, the file is read: a copied disk, a `touch` or a restored time is no edit, and an edit that keeps size and
 * time is one.
 */
import type { ListedHash } from '../../remotes/place.ts';
import { pauseForSignals } from '../../system/turns.ts';
import { type AttributeTools, readAttributes } from './attributes.ts';
import { type Hashes, hashesOf, openBelow } from './content.ts';
import { sideBySide } from './difference.ts';
import { type Entry, isSameContent, isSameMetadata, isUntouched, type StampedEntry } from './entry.ts';
import type { RecordEntry } from './record.ts';

/** `content` also says that the kind is another, or that there was nothing. */
export type ChangeKind = 'content' | 'metadata' | 'stamp' | 'removed';

export interface Change {
  readonly path: string;
  readonly kind: ChangeKind;
  readonly known: RecordEntry | undefined;
  /** Undefined when it is gone. A file that is new may have no hash yet. */
  readonly now: RecordEntry | undefined;
}

export interface TreeChanges {
  /** In the order of trees. */
  readonly changes: readonly Change[];
  /** Everything that is here, and its files and bytes. */
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  /** Files and links that were recorded. */
  readonly knownFiles: number;
  /** When the look began: nanoseconds since 1970. */
  readonly lookedAt: bigint;
}

export interface LookSettings extends AttributeTools {
  readonly root: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of every entry that is here, in the order of trees. */
  readonly onEntry?: (entry: StampedEntry, isKnown: boolean) => void;
  /** Told once when extended attributes can't be read. */
  readonly onBlind?: () => void;
  /** What a copy left at the place, although it was gone here, counts as removed now. */
  readonly takesGone?: boolean;
}

/** What stamps alone tell: no file was read yet. */
export interface FirstLook extends Omit<TreeChanges, 'changes'> {
  readonly moved: readonly Change[];
}

/** @param known in the order of trees, as `now` is. @throws SYNC_FAILED naming a file that can't be read, INTERRUPTED */
export async function changesOf(
  known: Iterator<RecordEntry>,
  now: Iterator<StampedEntry>,
  settings: LookSettings,
): Promise<TreeChanges> {
  return await changesAmong(await lookOver(known, now, settings), settings);
}

/** Reads what moved since. @throws SYNC_FAILED, INTERRUPTED */
export async function changesAmong(
  { moved, ...seen }: FirstLook,
  settings: LookSettings,
): Promise<TreeChanges> {
  return { ...seen, changes: await lookCloser(moved, settings) };
}

/** Compares all stamps. @throws SYNC_FAILED, INTERRUPTED */
export async function lookOver(
  known: Iterator<RecordEntry>,
  now: Iterator<StampedEntry>,
  settings: LookSettings,
): Promise<FirstLook> {
  const lookedAt = BigInt(Math.trunc(settings.now())) * 1_000_000n;
  const moved: Change[] = [];
  const count = { entries: 0, files: 0, bytes: 0, knownFiles: 0 };
  const turn = pauseForSignals(settings.signal);
  for (const pair of sideBySide(known, now)) {
    if (turn.isDue()) await turn.take();
    if (pair.known !== undefined && isCounted(pair.known)) count.knownFiles += 1;
    if (pair.now !== undefined) {
      count.entries += 1;
      if (isCounted(pair.now)) count.files += 1;
      count.bytes += pair.now.size;
      settings.onEntry?.(pair.now, pair.known?.kind === pair.now.kind);
    }
    const change = firstLook(pair, settings.takesGone === true);
    if (change !== undefined) moved.push(change);
  }
  return { moved, ...count, lookedAt };
}

/** What limits of deletions are about: what has a content of its own. */
export function isCounted({ kind }: Pick<StampedEntry, 'kind'>): boolean {
  return kind === 'file' || kind === 'link';
}

function firstLook(
  { path, known, now }: Omit<Change, 'kind' | 'now'> & { now: StampedEntry | undefined },
  takesGone: boolean,
): Change | undefined {
  const isGone = known?.isGone === true;
  if (now === undefined) {
    return known === undefined || (isGone && !takesGone) ? undefined : { path, kind: 'removed', known, now };
  }
  if (known === undefined || isGone || known.kind !== now.kind) {
    return { path, kind: 'content', known, now };
  }
  return isUntouched(known, now) ? undefined : { path, kind: 'stamp', known, now };
}

async function lookCloser(moved: readonly Change[], settings: LookSettings): Promise<Change[]> {
  const here = moved.filter(({ now }) => now !== undefined).map(({ path }) => path);
  const attributes = here.length === 0 ? new Map() : await readAttributes(settings.root, here, settings);
  if (attributes === undefined) settings.onBlind?.();
  const turn = pauseForSignals(settings.signal);
  const changes: Change[] = [];
  for (const change of moved) {
    if (change.now === undefined) {
      changes.push(change);
      continue;
    }
    if (turn.isDue()) await turn.take();
    const own = attributes === undefined ? change.known?.attributes : attributes.get(change.path);
    const now: RecordEntry = { ...change.now, ...(own !== undefined && { attributes: own }) };
    const closer = await judged({ ...change, now }, settings);
    if (closer !== undefined) changes.push(closer);
  }
  return changes;
}

async function judged(
  change: Change & { now: RecordEntry },
  settings: LookSettings,
): Promise<Change | undefined> {
  const { known, now, path } = change;
  if (change.kind !== 'stamp' || known === undefined) return change;
  if (now.kind === 'file') {
    const hash = now.size === known.size ? await hashAt(settings, path) : undefined;
    // gone meanwhile: the next look will tell
    if (hash === 'vanished') return undefined;
    const read: RecordEntry = { ...now, ...(hash !== undefined && { hash }) };
    return isSameContent(known, read)
      ? staying(path, known, read)
      : { path, known, now: read, kind: 'content' };
  }
  return isSameContent(known, now) ? staying(path, known, now) : { path, known, now, kind: 'content' };
}

/** The object at the place stays as it is, with the time that it was given there. */
function staying(path: string, known: RecordEntry, now: RecordEntry): Change {
  return { path, known, now: withObject(known, now), kind: metadataOr(known, now) };
}

/** @param known what lies at the place, under the time that it was given there. @param now the same content here */
export function withObject(known: Entry, now: RecordEntry): RecordEntry {
  const there = known.there ?? (known.mtime === now.mtime ? undefined : known.mtime);
  const { listedHash } = known;
  return {
    ...now,
    ...(there !== undefined && { there }),
    ...(listedHash !== undefined && { listedHash }),
  };
}

function metadataOr(known: RecordEntry, now: RecordEntry): ChangeKind {
  return isSameMetadata(known, now) ? 'stamp' : 'metadata';
}

/** SHA-256 of a file of the tree, or `vanished`. */
export async function hashAt(
  settings: Pick<LookSettings, 'root' | 'signal'>,
  path: string,
): Promise<string | 'vanished'> {
  const hashes = await hashesAt(settings, path, undefined);
  return hashes === 'vanished' ? hashes : hashes.hash;
}

/** The same, with the one that the list of its place tells. */
export async function hashesAt(
  { root, signal }: Pick<LookSettings, 'root' | 'signal'>,
  path: string,
  listed: ListedHash | undefined,
): Promise<Hashes | 'vanished'> {
  const file = openBelow(root, path);
  if (file === 'vanished') return 'vanished';
  try {
    return await hashesOf(file, listed, signal);
  } finally {
    file.close();
  }
}

/**
 * Nanoseconds: a file that was changed this shortly before the look could be changed once more without its stamp
 * telling, where the clock of the file system is no finer. Those with whole seconds get two seconds.
 */
const fineTick = 20_000_000n;
const coarseTick = 2_000_000_000n;

/** An entry as it is recorded: one that was changed just now is read again by the next look, whatever its stamp says. */
export function recordable(entry: RecordEntry, lookedAt: bigint): RecordEntry {
  const tick = entry.ctime % 1_000_000_000n === 0n ? coarseTick : fineTick;
  return entry.kind === 'file' && entry.ctime + tick >= lookedAt ? { ...entry, ctime: 0n } : entry;
}
