/** What a run that did not end has left at a place: the next one goes on from it. */
import { trashDirectory, trashGeneration } from '../../../remotes/control/generations.ts';
import type { Place, PlaceFeatures } from '../../../remotes/place.ts';
import { joined } from '../../../system/names.ts';
import type { Begun } from '../../lineage.ts';
import { type Change, hashesAt, type LookSettings } from '../../tree/changes.ts';
import { objectOf } from '../../tree/objects.ts';
import { isAsRecorded, isSameTime, type Listing, type Mended } from './listing.ts';

/** Milliseconds that a file's times may lag behind the clock: the kernel stamps them by its tick. */
const clockLag = 20;

/** Nanoseconds since 1970: what bears an older time was touched before a run began. Another machine's had other files. */
export function touchedBefore(begun: Begun | undefined): bigint | undefined {
  if (begun === undefined) return undefined;
  return begun.isOurs ? BigInt(Date.parse(begun.at) - clockLag) * 1_000_000n : 0n;
}

/**
 * The objects that runs after a generation have taken from their paths. Nothing else tells that what lies at such a path
 * now may be another file: its size says nothing, and neither does its time, which an edit may have kept.
 */
export async function takenSince(place: Place, generation: number): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  const walk = async (directory: string, below: string): Promise<void> => {
    for (const name of await place.names(directory)) {
      const plain = name.replace(/\/$/, '');
      const path = joined(below, plain);
      if (plain === name) taken.add(path);
      else await walk(`${directory}/${plain}`, path);
    }
  };
  for (const name of await place.names(trashDirectory)) {
    const plain = name.replace(/\/$/, '');
    if ((trashGeneration(plain) ?? 0) > generation) await walk(`${trashDirectory}/${plain}`, '');
  }
  return taken;
}

interface Arrived extends Pick<PlaceFeatures, 'listedHash'> {
  /** Nanoseconds since 1970; undefined when it is not known. */
  readonly begunAt: bigint | undefined;
  readonly precision: number | undefined;
}

/**
 * What runs that did not end have put already is not sent again: a file that was not touched since before the first of them
 * began, and that lies at the place with its size and time. Where what stood there before has the same, nothing tells which
 * of the two it is, and it is sent.
 */
export async function resumed(
  seen: Mended,
  listing: Listing,
  { begunAt, precision, listedHash }: Arrived,
  settings: LookSettings,
): Promise<Mended> {
  if (begunAt === undefined || precision === undefined) return seen;
  const changes: Change[] = [];
  const arrived = new Set<string>();
  for (const change of seen.changes) {
    const hashes = hasArrived(change) ? await hashesAt(settings, change.path, listedHash) : 'vanished';
    if (hashes === 'vanished' || change.now === undefined) {
      changes.push(change);
      continue;
    }
    arrived.add(change.path);
    changes.push({ ...change, kind: 'metadata', now: { ...change.now, ...hashes } });
  }
  return { ...seen, changes, foreign: seen.foreign.filter(({ path }) => !arrived.has(path)) };

  function hasArrived({ kind, known, now }: Change): boolean {
    if (kind !== 'content' || now?.kind !== 'file' || now.ctime >= (begunAt ?? 0n)) return false;
    const there = listing.objects.get(objectOf(now) ?? '');
    if (there?.kind !== 'file' || there.size !== now.size || there.mtime === undefined) return false;
    if (known?.kind === 'file' && isAsRecorded(known, there, { precision })) return false;
    return isSameTime(now.mtime, there.mtime, precision);
  }
}
