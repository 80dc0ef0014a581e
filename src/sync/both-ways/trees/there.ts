/**
 * The place as a tree: what its newest manifest says, wherever that is still so, and what the listing shows of all else.
 */
import type { PlaceEntry } from '../../../remotes/place.ts';
import { linkSuffix } from '../../../remotes/remote.ts';
import { ancestorsOf } from '../../../system/names.ts';
import type { Entry } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import type { Listing } from '../../upload/full-pass/listing.ts';

/** An entry there, and whether its mode, owner and attributes are known. */
export interface EntryThere {
  readonly entry: Entry;
  readonly isTold: boolean;
  /** Under which it lies there; undefined for what has no content. */
  readonly object: PlaceEntry | undefined;
}

export interface ThereFacts {
  /** What is here, by path: a new file may be called as the object of a link is. */
  readonly here: ReadonlyMap<string, Entry>;
  readonly listing: Listing;
  readonly told: readonly RecordEntry[] | undefined;
  /** What both sides were. */
  readonly known: readonly RecordEntry[];
  /** Of the place's times, in nanoseconds. */
  readonly precision: number;
  /** Whether a directory of that path can stand there with nothing in it. */
  readonly keepsDirectory: (path: string) => boolean;
}

/** By path. */
export function treeThere(facts: ThereFacts): Map<string, EntryThere> {
  const { listing, told = [], known, precision } = facts;
  const byObject = new Map<string, Entry>();
  for (const entry of [...known, ...told]) {
    const object = objectOf(entry);
    if (object !== undefined) byObject.set(object, entry);
  }
  const recorded = new Map(known.map((entry) => [entry.path, entry]));
  const tree = new Map<string, EntryThere>();
  for (const [path, object] of listing.objects) {
    const said = byObject.get(path);
    const isTold =
      said !== undefined &&
      (isAsSaid(said, object, precision) || isAsRecorded(said, recorded.get(said.path), object, precision));
    const entry = isTold ? said : plainEntry(object, said ?? facts.here.get(path));
    tree.set(entry.path, { entry, isTold, object });
  }
  for (const [path, there] of directoriesThere(facts, tree)) if (!tree.has(path)) tree.set(path, there);
  for (const entry of told) {
    if (objectOf(entry) === undefined && entry.kind !== 'directory' && !tree.has(entry.path)) {
      tree.set(entry.path, { entry, isTold: true, object: undefined });
    }
  }
  return tree;
}

/** Whether an object is what was written of it, as far as size and time tell. */
export function isAsSaid(said: Entry, object: PlaceEntry, precision: number): boolean {
  if (said.kind === 'file' && said.size !== object.size) return false;
  const [was, now] = [said.there ?? said.mtime, object.mtime ?? 0n];
  const difference = was > now ? was - now : now - was;
  return difference < BigInt(Math.max(1, precision));
}

/** The manifest may know the content and not the time that the object has: this machine saw it. */
function isAsRecorded(
  said: Entry,
  recorded: RecordEntry | undefined,
  object: PlaceEntry,
  precision: number,
): boolean {
  if (recorded === undefined || recorded.kind !== said.kind) return false;
  const isSame = said.hash === recorded.hash && said.target === recorded.target;
  return isSame && isAsSaid(recorded, object, precision);
}

/** What another program put there has only its name, size and time. */
function plainEntry({ path, size, mtime, target }: PlaceEntry, likely: Entry | undefined): Entry {
  const isLink = path.endsWith(linkSuffix) && likely?.kind !== 'file';
  const common = { mtime: mtime ?? 0n, uid: 0, gid: 0 };
  if (target !== undefined) return { path, kind: 'link', size: 0, mode: 0o777, target, ...common };
  if (!isLink) return { path, kind: 'file', size, mode: 0o644, ...common };
  return { path: path.slice(0, -linkSuffix.length), kind: 'link', size: 0, mode: 0o777, ...common };
}

/** Of directories that can't stand there by themselves, it has those that the manifest tells of. */
function directoriesThere(
  { listing, told = [], known, keepsDirectory }: ThereFacts,
  tree: ReadonlyMap<string, EntryThere>,
): Map<string, EntryThere> {
  const said = new Map(
    [...known, ...told].filter(({ kind }) => kind === 'directory').map((one) => [one.path, one]),
  );
  const paths = new Set([...tree.keys()].flatMap(ancestorsOf));
  paths.add('');
  for (const path of listing.directories) if (keepsDirectory(path)) paths.add(path);
  for (const { kind, path } of told) if (kind === 'directory' && !keepsDirectory(path)) paths.add(path);
  return new Map(
    [...paths].map((path) => {
      const entry = said.get(path);
      const plain = { path, kind: 'directory', size: 0, mtime: 0n, mode: 0o755, uid: 0, gid: 0 } as const;
      return [path, { entry: entry ?? plain, isTold: entry !== undefined, object: undefined }];
    }),
  );
}
