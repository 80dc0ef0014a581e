/** A place's list against what should be there: what is missing, of another size, or too much. */
import { createHash } from 'node:crypto';
import type { ListedHash, Place } from '../../remotes/place.ts';
import { bytesOfName, directoryOf } from '../../system/names.ts';
import type { Chosen } from '../generations/choice.ts';
import { inLanes } from '../lanes.ts';
import type { Entry } from '../tree/entry.ts';
import { isOurs, objectOf } from '../tree/objects.ts';
import { isSameTime, type Listing } from '../upload/full-pass/listing.ts';
import { isGarbled, keyAt } from '../upload/naming/spelling.ts';
import type { Finding } from './findings.ts';

/** One object that should be there. */
export interface Expected {
  readonly entry: Entry;
  readonly object: string;
  /** SHA-256 of the object; undefined when it is not known. */
  readonly hash: string | undefined;
  /** What the place's list should tell of it; undefined when that is not known. */
  readonly listedHash: string | undefined;
  readonly size: number;
}

/** Everything of a tree that has content of its own at a place. @param listed the hash that the place's list tells */
export function expectedIn(tree: readonly Entry[], listed: ListedHash | undefined): Expected[] {
  return tree.flatMap((entry) => {
    const object = objectOf(entry);
    if (object === undefined) return [];
    const { hash, size } = entry;
    if (entry.kind === 'file') return [{ entry, object, hash, size, listedHash: listedOf(entry, listed) }];
    const target = bytesOfName(entry.target ?? '');
    const hashBy = (kind: string): string => createHash(kind).update(target).digest('hex');
    const listedHash = listed && hashBy(listed);
    return [{ entry, object, hash: hashBy('sha256'), size: target.length, listedHash }];
  });
}

function listedOf({ hash, listedHash }: Entry, listed: ListedHash | undefined): string | undefined {
  if (listed === 'sha256') return hash;
  return listedHash?.startsWith(`${listed}:`) === true ? listedHash.slice(`${listed}:`.length) : undefined;
}

export interface Compared {
  readonly damaged: readonly Finding[];
  /** Objects whose size is right and whose time is another than they were given, where no hash tells more. */
  readonly suspect: ReadonlySet<string>;
  /** Objects whose size is right and whose hash in the list is another than it should be. */
  readonly belied: ReadonlySet<string>;
}

export interface CompareSettings {
  /** Nanoseconds that times are exact to there; undefined where they say nothing. */
  readonly precision: number | undefined;
  /** Whether what belongs to nothing is told, and of which paths. */
  readonly tellsAdded: (path: string) => boolean;
}

/** For what is current: each object has its own place. */
export function compareListing(
  expected: readonly Expected[],
  listing: Listing,
  { precision, tellsAdded }: CompareSettings,
): Compared {
  const damaged: Finding[] = [];
  const suspect = new Set<string>();
  const belied = new Set<string>();
  const objects = new Map(listing.objects);
  for (const { entry, object, size, listedHash } of expected) {
    const there = objects.get(object);
    objects.delete(object);
    if (there === undefined) damaged.push({ object, damage: 'missing', entry });
    else if (there.kind !== 'file') damaged.push({ object, damage: 'kind', entry });
    else if (there.size !== size)
      damaged.push({ object, damage: there.size === 0 ? 'emptied' : 'size', entry });
    else if (there.hash !== undefined && listedHash !== undefined) {
      if (there.hash !== listedHash) belied.add(object);
    } else if (entry.kind === 'file' && !isSameTime(entry.there ?? entry.mtime, there.mtime, precision))
      suspect.add(object);
  }
  for (const { path } of objects.values())
    if (!isOurs(path) && tellsAdded(path)) damaged.push({ object: path, damage: 'added' });
  return { damaged, suspect, belied };
}

/** For a former generation: each object lies at one of several places, which are asked for their names. */
export async function compareWhereabouts(
  place: Place,
  expected: readonly Expected[],
  { whereOf }: Pick<Chosen, 'whereOf'>,
  signal: AbortSignal | undefined,
): Promise<Compared> {
  const features = await place.features();
  const keyOf = (name: string): string => keyAt(name, features);
  const names = new Map<string, Promise<ReadonlySet<string>>>();
  const namesIn = (directory: string): Promise<ReadonlySet<string>> => {
    const asked = names.get(directory) ?? place.names(directory).then((found) => new Set(found.map(keyOf)));
    names.set(directory, asked);
    return asked;
  };
  const isThere = async (path: string): Promise<boolean> =>
    features.respellsNames && isGarbled(path)
      ? (await place.look(path)) !== undefined
      : (await namesIn(directoryOf(path))).has(keyOf(path.slice(path.lastIndexOf('/') + 1)));
  const damaged: Finding[] = [];
  const look = async ({ entry, object }: Expected): Promise<void> => {
    // a link's target stands in the manifest
    if (entry.kind !== 'file') return;
    for (const path of await whereOf(entry)) if (await isThere(path)) return;
    damaged.push({ object, damage: 'missing', entry });
  };
  await inLanes(expected, place.lanes, look, signal);
  return { damaged, suspect: new Set(), belied: new Set() };
}
