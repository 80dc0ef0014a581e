/**
 * Files and directories that only have another path. They are found by inode and content, or by content alone (a copied
 * disk), and never believed by name, size or time.
 */

import { directoryOf, joined } from '../../system/names.ts';
import { pauseForSignals } from '../../system/turns.ts';
import { type Change, hashAt, type LookSettings, withObject } from '../tree/changes.ts';
import type { RecordEntry } from '../tree/record.ts';

/** A move of one object or directory at the place. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

export interface Renames {
  /** Old paths of files that were moved, alone or with their directory. */
  readonly from: ReadonlySet<string>;
  /** New ones. */
  readonly to: ReadonlySet<string>;
  readonly files: readonly Move[];
  readonly directories: readonly Move[];
  /** The files at their new paths, with their hashes. */
  readonly entries: readonly RecordEntry[];
}

export const noRenames: Renames = { from: new Set(), to: new Set(), files: [], directories: [], entries: [] };

/** A file smaller than that is sent again as quickly as it is moved. */
const smallestMoved = 1;

/** @param movesDirectories whether the place can move a whole directory @param lost objects that are not there any more */
export async function findRenames(
  changes: readonly Change[],
  settings: LookSettings,
  movesDirectories: boolean,
  lost: ReadonlySet<string> = new Set(),
): Promise<Renames> {
  const gone = changes.filter(isLeaving).filter(({ path }) => !lost.has(path));
  const come = changes.filter(isComing);
  if (gone.length === 0 || come.length === 0) return noRenames;
  const pairs = await matched(gone, come, settings);
  const byFrom = new Map(pairs.map((pair) => [pair.known.path, pair.now.path]));
  const { moves, links } = movesDirectories ? wholeDirectories(changes, byFrom) : nothingWhole;
  const isInside = (path: string): boolean => moves.some(({ from }) => path.startsWith(`${from}/`));
  const files = pairs
    .filter(({ known }) => !isInside(known.path))
    .map(({ known, now }) => ({ from: known.path, to: now.path }));
  return {
    from: new Set([...byFrom.keys(), ...links.map(({ known }) => known.path)]),
    to: new Set([...byFrom.values(), ...links.map(({ now }) => now.path)]),
    files,
    directories: moves,
    entries: [...pairs, ...links].map(({ now }) => now),
  };
}

type Leaving = Change & { readonly known: RecordEntry };
type Coming = Change & { readonly now: RecordEntry };

/** Only what leaves its path for good: a path that is taken by something new at once would need an order of moves. */
function isLeaving(change: Change): change is Leaving {
  return change.kind === 'removed' && change.known?.kind === 'file' && change.known.hash !== undefined;
}

/** Only onto a path where nothing was: what stood there would have to leave first. */
function isComing(change: Change): change is Coming {
  const { kind, known, now } = change;
  const isNew = known === undefined || known.isGone === true;
  return kind === 'content' && isNew && now?.kind === 'file' && now.size >= smallestMoved;
}

interface Match {
  readonly known: RecordEntry;
  readonly now: RecordEntry;
}

async function matched(
  gone: readonly Leaving[],
  come: readonly Coming[],
  settings: LookSettings,
): Promise<Match[]> {
  const bySize = new Map<number, RecordEntry[]>();
  for (const { known } of gone) bySize.set(known.size, [...(bySize.get(known.size) ?? []), known]);
  const matches: Match[] = [];
  const turn = pauseForSignals(settings.signal);
  for (const { path, now } of come) {
    if (turn.isDue()) await turn.take();
    const candidates = bySize.get(now.size);
    if (candidates === undefined || candidates.length === 0) continue;
    const hash = await hashAt(settings, path);
    const index = bestOf(candidates, now, hash);
    const known = candidates[index];
    if (known === undefined) continue;
    candidates.splice(index, 1);
    matches.push({ known, now: withObject(known, { ...now, hash }) });
  }
  return matches;
}

/** The same inode first: among equal files it is the one that was moved. */
function bestOf(candidates: readonly RecordEntry[], now: RecordEntry, hash: string): number {
  const same = candidates.findIndex((known) => known.inode === now.inode && known.hash === hash);
  return same >= 0 ? same : candidates.findIndex((known) => known.hash === hash);
}

/** Directories that can be moved whole, and the links that are moved along with them. */
interface Whole {
  readonly moves: readonly Move[];
  readonly links: readonly Match[];
}

const nothingWhole: Whole = { moves: [], links: [] };

/** Directories of which everything that was recorded moved to one new directory under the same names. */
function wholeDirectories(changes: readonly Change[], byFrom: ReadonlyMap<string, string>): Whole {
  const removed = changes.filter((change) => change.kind === 'removed');
  const gone = removed.filter(({ known }) => known?.kind === 'directory').map(({ path }) => path);
  const fresh = new Map(
    changes.flatMap(({ kind, known, now, path }) =>
      kind === 'content' && known === undefined && now !== undefined ? [[path, now] as const] : [],
    ),
  );
  const moves: Move[] = [];
  const links: Match[] = [];
  for (const directory of gone) {
    if (moves.some(({ from }) => directory.startsWith(`${from}/`))) continue;
    const inside = removed.filter(({ path }) => path.startsWith(`${directory}/`));
    const target = targetOf(directory, inside, byFrom);
    const isFree =
      target !== undefined && fresh.get(target)?.kind === 'directory' && hasParent(target, fresh, moves);
    if (!isFree) continue;
    const along = inside.map(({ path, known }) => {
      const moved = joined(target, path.slice(directory.length + 1));
      return {
        known,
        now: fresh.get(moved),
        isSame: isMovedTo(known, fresh.get(moved), byFrom.get(path) === moved),
      };
    });
    if (!along.every(({ isSame }) => isSame)) continue;
    moves.push({ from: directory, to: target });
    for (const { known, now } of along) {
      if (known?.kind === 'link' && now !== undefined) links.push({ known, now });
    }
  }
  return { moves, links };
}

/** A directory that is new itself is not there to move something into, unless it is made by then. */
function hasParent(target: string, fresh: ReadonlyMap<string, RecordEntry>, moves: readonly Move[]): boolean {
  const parent = directoryOf(target);
  return !fresh.has(parent) || !moves.some(({ to }) => to.startsWith(`${target}/`));
}

function isMovedTo(known: RecordEntry | undefined, now: RecordEntry | undefined, isPair: boolean): boolean {
  if (known === undefined || now === undefined || known.kind !== now.kind) return false;
  if (known.kind === 'file') return isPair;
  return known.kind !== 'link' || known.target === now.target;
}

function targetOf(
  directory: string,
  inside: readonly Change[],
  byFrom: ReadonlyMap<string, string>,
): string | undefined {
  const file = inside.find(({ path }) => byFrom.has(path));
  const moved = file === undefined ? undefined : byFrom.get(file.path);
  const rest = file?.path.slice(directory.length) ?? '';
  return moved?.endsWith(rest) === true && moved.length > rest.length
    ? moved.slice(0, moved.length - rest.length)
    : undefined;
}
