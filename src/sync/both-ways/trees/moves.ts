/** What is done on each side so that it becomes the merged tree, as plans that an upload and a download carry out too. */
import { directoryOf } from '../../../system/names.ts';
import type { HerePlan, Leaving } from '../../here/plan.ts';
import type { Entry, StampedEntry } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import type { Leaving as LeavingThere, UploadPlan } from '../../upload/plan.ts';
import type { MergedTree } from './merge.ts';
import { isAlmostSame } from './metadata.ts';
import type { EntryThere } from './there.ts';

export interface Moves {
  readonly coming: HerePlan;
  readonly going: UploadPlan;
}

export interface MoveFacts {
  readonly merged: MergedTree;
  readonly here: ReadonlyMap<string, StampedEntry>;
  readonly there: ReadonlyMap<string, EntryThere>;
  /** Paths here that stay as they are. */
  readonly left: ReadonlySet<string>;
  /** Whether a directory of that path can stand at the place with nothing in it. */
  readonly keepsDirectory: (path: string) => boolean;
}

export function planMoves(facts: MoveFacts): Moves {
  return { coming: planComing(facts), going: planGoing(facts) };
}

function planComing({ merged, here, left }: MoveFacts): HerePlan {
  const trash: Leaving[] = [];
  const gets: Entry[] = [];
  const makes: Entry[] = [];
  const hardLinks: Entry[] = [];
  const changes: Entry[] = [];
  for (const { path, kind, size } of here.values()) {
    const wanted = merged.get(path);
    if (left.has(path) || (wanted !== undefined && isStanding(kind, wanted))) continue;
    trash.push({ path, kind, size, why: wanted === undefined ? 'deleted' : 'replaced' });
  }
  for (const [path, { entry, from }] of merged) {
    const standing = here.get(path);
    if (from === 'there' && !(standing?.kind === 'directory' && entry.kind === 'directory')) {
      if (entry.kind !== 'file') makes.push(entry);
      else if (entry.group === undefined) gets.push(entry);
      else hardLinks.push(entry);
      continue;
    }
    if (standing === undefined) continue;
    if (entry.group !== undefined && entry.group !== standing.group) hardLinks.push(entry);
    if (path !== '' && !isAlmostSame({ ...standing, group: entry.group }, entry)) changes.push(entry);
  }
  return { trash: trash.reverse(), gets, makes, hardLinks, changes, same: standingOf(merged, here) };
}

/** Whether what stands here stays. */
function isStanding(kind: Entry['kind'], { entry, from }: { entry: Entry; from: string }): boolean {
  return from !== 'there' || (kind === 'directory' && entry.kind === 'directory');
}

/** Directories that stay, with the time that they shall have when something was changed in them. */
function standingOf(
  merged: MergedTree,
  here: ReadonlyMap<string, StampedEntry>,
): ReadonlyMap<string, StampedEntry> {
  const same = new Map<string, StampedEntry>();
  for (const [path, standing] of here) {
    const entry = merged.get(path)?.entry;
    if (standing.kind === 'directory' && entry?.kind === 'directory')
      same.set(path, { ...standing, ...entry });
  }
  return same;
}

function planGoing({ merged, here, there, keepsDirectory }: MoveFacts): UploadPlan {
  const sent = [...merged.values()].flatMap(({ entry, from }) => {
    // what 0.1 left as a real link is put as all links are
    const isFormer = there.get(entry.path)?.object?.target !== undefined;
    if (from !== 'here' && !isFormer) return [];
    const standing = here.get(entry.path) ?? (isFormer ? { ...entry, ctime: 0n, inode: 0n } : undefined);
    return standing === undefined ? [] : [{ ...standing, ...entry }];
  });
  const taken = new Set(sent.flatMap((entry) => objectOf(entry) ?? []));
  const kept = new Set([...merged.values()].flatMap(({ entry }) => objectOf(entry) ?? []));
  const trash = [...there.values()].flatMap(({ object }): LeavingThere[] => {
    if (object === undefined) return [];
    const { path, size } = object;
    if (taken.has(path)) return [{ path, size, why: 'replaced' }];
    return kept.has(path) ? [] : [{ path, size, why: 'deleted' }];
  });
  const isDirectory = (path: string): boolean => merged.get(path)?.entry.kind === 'directory';
  return {
    trash,
    removedDirectories: [...there.values()]
      .map(({ entry }) => entry)
      .filter(({ kind, path }) => kind === 'directory' && path !== '' && !isDirectory(path))
      .map(({ path }) => path)
      .filter(keepsDirectory)
      .sort((a, b) => b.length - a.length),
    directoryRenames: [],
    renames: [],
    newDirectories: emptyOnes(sent, merged).filter(keepsDirectory),
    puts: sent.filter(({ kind }) => kind === 'file'),
    links: sent.filter(({ kind }) => kind === 'link'),
    notCarried: [],
    entries: new Map(),
    refreshed: new Map(),
  };
}

/** New directories in which nothing will be. */
function emptyOnes(sent: readonly RecordEntry[], merged: MergedTree): string[] {
  const parents = new Set([...merged.keys()].map(directoryOf));
  return sent
    .filter(({ kind, path }) => kind === 'directory' && path !== '' && !parents.has(path))
    .map(({ path }) => path);
}

/** Whether nothing has to be done at the place. */
export function isNothingToSend({ going }: Pick<Moves, 'going'>): boolean {
  const { trash, puts, links, newDirectories, removedDirectories } = going;
  const all = [trash, puts, links, newDirectories, removedDirectories];
  return all.every(({ length }) => length === 0);
}

/** Whether neither side needs more than other modes, owners or times. */
export function isNothingToMove({ coming, going }: Moves): boolean {
  const { trash, gets, makes, hardLinks } = coming;
  const made = makes.filter(({ kind }) => kind === 'directory' || kind === 'link');
  const here = trash.length + gets.length + made.length + hardLinks.length;
  return here === 0 && isNothingToSend({ going });
}
