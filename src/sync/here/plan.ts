/**
 * What a download does to a directory of this machine, as data: what leaves its path and is kept aside, what is
 * fetched, and what only gets other metadata.
 */
import { pauseForSignals } from '../../system/turns.ts';
import { type Change, hashAt, type LookSettings } from '../tree/changes.ts';
import { sideBySide } from '../tree/difference.ts';
import { type Entry, isSameContent, isSameMetadata, type StampedEntry } from '../tree/entry.ts';

/** What leaves its path here. */
export interface Leaving {
  readonly path: string;
  readonly kind: Entry['kind'];
  readonly size: number;
  readonly why: 'deleted' | 'replaced';
}

export interface HerePlan {
  /** The deepest first, so that a directory is empty when its turn comes. */
  readonly trash: readonly Leaving[];
  readonly gets: readonly Entry[];
  /** Links, directories and what else has no content, in the order of trees. */
  readonly makes: readonly Entry[];
  /** Names of files that are another path's file: made as hard links when that one is there. */
  readonly hardLinks: readonly Entry[];
  /** Entries that stay, with other metadata. */
  readonly changes: readonly Entry[];
  /** Everything else that is there already, with its hash where it was read. */
  readonly same: ReadonlyMap<string, StampedEntry>;
}

export interface HereSettings extends LookSettings {
  /** A copy takes nothing away. */
  readonly mode: 'sync' | 'copy';
  /** Whether two entries of equal content also have equal metadata; a target that knows none has no opinion. */
  readonly knowsMetadata: boolean;
}

/** @param now what is here, @param target what shall be, both in the order of trees */
export async function planHere(
  now: Iterable<StampedEntry>,
  target: Iterable<Entry>,
  settings: HereSettings,
): Promise<HerePlan> {
  const trash: Leaving[] = [];
  const gets: Entry[] = [];
  const makes: Entry[] = [];
  const hardLinks: Entry[] = [];
  const changes: Entry[] = [];
  const same = new Map<string, StampedEntry>();
  const turn = pauseForSignals(settings.signal);
  for (const { path, known: here, now: wanted } of sideBySide(
    now[Symbol.iterator](),
    target[Symbol.iterator](),
  )) {
    if (turn.isDue()) await turn.take();
    if (wanted === undefined) {
      if (here !== undefined && settings.mode === 'sync')
        trash.push({ path, kind: here.kind, size: here.size, why: 'deleted' });
      continue;
    }
    const read = here === undefined ? undefined : await withHash(here, wanted, settings);
    if (read !== undefined && isSameContent(read, wanted)) {
      same.set(path, read);
      if (wanted.group !== undefined && wanted.group !== read.group) hardLinks.push(wanted);
      // the tree's own directory is whoever made it
      if (settings.knowsMetadata && path !== '' && !isSameMetadata(read, wanted)) changes.push(wanted);
      continue;
    }
    if (here !== undefined) trash.push({ path, kind: here.kind, size: here.size, why: 'replaced' });
    if (wanted.kind === 'file' && wanted.group !== undefined) hardLinks.push(wanted);
    else if (wanted.kind === 'file') gets.push(wanted);
    else makes.push(wanted);
  }
  return { trash: trash.reverse(), gets, makes, hardLinks, changes, same };
}

async function withHash(here: StampedEntry, wanted: Entry, settings: HereSettings): Promise<StampedEntry> {
  if (here.kind !== 'file' || here.hash !== undefined || wanted.hash === undefined) return here;
  if (wanted.kind !== 'file' || wanted.size !== here.size) return here;
  return { ...here, hash: await hashAt(settings, here.path) };
}

export function isNothingHere({ trash, gets, makes, hardLinks, changes }: HerePlan): boolean {
  return trash.length + gets.length + makes.length + hardLinks.length + changes.length === 0;
}

/** The paths at which this machine holds something that neither was recorded nor is what the other side has. */
export function localChanges(changes: readonly Change[], plan: HerePlan): string[] {
  const wanted = new Set(
    [...plan.trash, ...plan.gets, ...plan.makes, ...plan.hardLinks].map(({ path }) => path),
  );
  return changes
    .filter(({ kind, path }) => (kind === 'content' || kind === 'removed') && path !== '' && wanted.has(path))
    .map(({ path }) => path);
}
