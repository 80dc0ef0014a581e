/**
 * Names that a place takes for one another although nothing that it says of itself tells: a WebDAV or SFTP server over a
 * disk that ignores case, one that brings names into one form of Unicode, one that drops a dot at the end (hazards.md
 * R48). Two new ones that only such a place would mix up don't go in one pass: when the first is there, the place is asked
 * for the other, before anything is put over what it may take for it.
 */
import type { Place } from '../../../remotes/place.ts';
import { controlDirectory } from '../../../remotes/remote.ts';
import { isAbsence } from '../../../system/files.ts';
import { directoryOf, joined, readNames, shownPath } from '../../../system/names.ts';
import { splitPath } from '../../../system/paths/held-tree.ts';
import type { NotCarried } from '../../result.ts';
import type { Change } from '../../tree/changes.ts';
import type { Entry } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import { reach } from '../../tree/reach.ts';
import type { Carriable } from './carriable.ts';

export interface Sifted extends Carriable {
  /** Another pass knows more. */
  readonly isWaiting: boolean;
}

export interface SiftSettings {
  /** The source. */
  readonly root: string;
  /** Paths of what the place holds, by all that is known; called where it matters alone. */
  readonly there: () => ReadonlySet<string>;
  /** Differences by which the place keeps names apart, as this run has learned so far. */
  readonly apart: Set<string>;
}

/**
 * Asks the place only where the source has new names that some place would take for others. It changes nothing.
 * @returns what is left of what would be carried; what is not has its name taken, or that is not known before another pass
 */
export async function siftTwins(
  place: Place,
  { kept: changes, notCarried }: Carriable,
  { root, there, apart }: SiftSettings,
): Promise<Sifted> {
  const fresh = new Map(
    changes
      .filter(({ path, known, now }) => path !== '' && known === undefined && now !== undefined)
      .map((change) => [change.path, change] as const),
  );
  const groups = twinsAmong(root, fresh);
  const whys = new Map<string, Why>();
  const isThere = groups.length === 0 ? undefined : there();
  for (const group of groups) {
    const hasOurs = group.includes(controlDirectory) && (await isUsed(place));
    const standing = group.filter((path) => isThere?.has(path) || (hasOurs && path === controlDirectory));
    // the tool's own directory comes before all else
    const going = group.filter((path) => path === controlDirectory && !hasOurs);
    for (const path of group) {
      const change = fresh.get(path);
      if (change === undefined || isThere?.has(path) || isLeftOut(path, whys)) continue;
      const twin = shownPath(standing[0] ?? going[0] ?? '');
      if (standing.length > 0 && (await isTaken(place, change))) {
        whys.set(path, { why: `the remote takes its name for that of ${twin}`, isWaiting: false });
        continue;
      }
      for (const other of standing) apart.add(differenceOf(other, path));
      if (going.every((other) => apart.has(differenceOf(other, path)))) going.push(path);
      else whys.set(path, { why: `the remote may take its name for that of ${twin}`, isWaiting: true });
    }
  }
  const sifted = parted(changes, whys);
  return { ...sifted, notCarried: [...notCarried, ...sifted.notCarried] };
}

/** The paths of entries, for `there`. */
export function pathsIn(entries: Iterable<Pick<Entry, 'path'>>): Set<string> {
  const paths = new Set<string>();
  for (const { path } of entries) paths.add(path);
  return paths;
}

interface Why {
  readonly why: string;
  readonly isWaiting: boolean;
}

/** What is said of a path, or of a directory above it. */
function isLeftOut(path: string, whys: ReadonlyMap<string, Why>): Why | undefined {
  if (whys.size === 0) return undefined;
  for (let at = path; at !== ''; at = directoryOf(at)) {
    const found = whys.get(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parted(changes: readonly Change[], whys: ReadonlyMap<string, Why>): Sifted {
  const notCarried: NotCarried[] = [];
  const kept = changes.filter(({ path, now }) => {
    const found = now === undefined ? undefined : isLeftOut(path, whys);
    if (found !== undefined) notCarried.push({ path: shownPath(path), why: found.why });
    return found === undefined;
  });
  return { kept, notCarried, isWaiting: [...whys.values()].some(({ isWaiting }) => isWaiting) };
}

/** Paths of one directory that some place would take for one another, one of them new at least; the uppermost first. */
function twinsAmong(root: string, fresh: ReadonlyMap<string, Change>): string[][] {
  const groups: string[][] = [];
  for (const directory of new Set([...fresh.keys()].map(directoryOf))) {
    const byFold = new Map<string, string[]>();
    const own = directory === '' ? [controlDirectory] : [];
    for (const name of new Set([...own, ...namesHere(root, directory)])) {
      const fold = folded(name);
      const others = byFold.get(fold);
      if (others === undefined) byFold.set(fold, [joined(directory, name)]);
      else others.push(joined(directory, name));
    }
    for (const paths of byFold.values())
      if (paths.length > 1 && paths.some((path) => fresh.has(path))) groups.push(paths.sort());
  }
  const depth = ([path = '']: readonly string[]): number => path.split('/').length;
  return groups.sort((one, other) => depth(one) - depth(other));
}

/** A directory that is gone meanwhile holds nothing; the next look tells. */
function namesHere(root: string, directory: string): string[] {
  try {
    return reach(root, directory, readNames);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function folded(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[. ]+$/, '');
}

/** In what two names differ: what a place does with one pair it does with others of the kind. */
function differenceOf(one: string, other: string): string {
  const [a, b] = [splitPath(one)[1], splitPath(other)[1]];
  const [formA, formB] = [a.normalize('NFC'), b.normalize('NFC')];
  if (formA === formB) return 'form';
  if (a.toLowerCase() === b.toLowerCase()) return 'case';
  return formA.toLowerCase() === formB.toLowerCase() ? 'case and form' : 'ending';
}

/** Whether the tool's own directory is there. */
async function isUsed(place: Place): Promise<boolean> {
  return (await place.names(controlDirectory)).length > 0;
}

/** Whether the place answers to a name that it does not list. */
async function isTaken(place: Place, { path, now }: Change): Promise<boolean> {
  const object = now === undefined ? path : (objectOf(now) ?? path);
  // what would be a file here may be a directory there, which no look tells (hazards.md R44)
  const answers =
    (now?.kind !== 'directory' && (await place.look(object)) !== undefined) ||
    (await place.names(object)).length > 0;
  if (!answers) return false;
  const [directory, name] = splitPath(object);
  const listed = await place.names(directory);
  return !listed.some((one) => one.replace(/\/$/, '') === name);
}
