/** How a side looks to a sync in both directions: every object with its size and time, in one form for both. */

import { bytesOfName } from '../../system/names.ts';
import type { Entry as TreeEntry } from '../tree/entry.ts';
import { objectOf } from '../tree/objects.ts';
import { isoOf } from '../tree/times.ts';
import type { Listing } from '../upload/full-pass/listing.ts';

export type Side = 'local' | 'remote';
export const otherSide = { local: 'remote', remote: 'local' } as const;
export type BothSides<Value> = Readonly<Record<Side, Value>>;

export interface Entry {
  readonly size: number;
  /** ISO 8601 with nine decimals, in UTC. */
  readonly time: string;
}

/** By the path of the object. */
export type Look = ReadonlyMap<string, Entry>;

export function isSameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.size === b?.size && a?.time === b?.time;
}

/** Nanoseconds since 1970. */
export function nanoseconds({ time }: Entry): bigint {
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(time.slice(20, 29));
}

/** How an entry of this machine looks; undefined when it has no object. */
export function lookOf(entry: TreeEntry): Entry | undefined {
  if (entry.kind === 'file') return { size: entry.size, time: isoOf(entry.mtime) };
  if (entry.kind !== 'link') return undefined;
  return { size: bytesOfName(entry.target ?? '').length, time: isoOf(entry.mtime) };
}

export function localLook(entries: Iterable<TreeEntry>): Look {
  const look = new Map<string, Entry>();
  for (const entry of entries) {
    const object = objectOf(entry);
    const seen = lookOf(entry);
    if (object !== undefined && seen !== undefined) look.set(object, seen);
  }
  return look;
}

export function remoteLook({ objects }: Listing): Look {
  return new Map([...objects].map(([path, { size, mtime }]) => [path, { size, time: isoOf(mtime ?? 0n) }]));
}
