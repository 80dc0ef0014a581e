/**
 * A place that keeps no times, and that nobody else writes to: what its newest manifest says of an object stands for the
 * time that it has not. An object of another size than the manifest says was changed by somebody after all.
 */
import type { Entry } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import type { Listing } from '../../upload/full-pass/listing.ts';
import type { MergedTree } from './merge.ts';

/** @param told what the manifest says, or what was brought there since */
export function timedAsTold(listing: Listing, told: readonly RecordEntry[]): Listing {
  const said = new Map<string, Entry>();
  for (const entry of told) {
    const object = objectOf(entry);
    if (object !== undefined) said.set(object, entry);
  }
  const objects = new Map(
    [...listing.objects].map(([path, object]) => {
      const entry = said.get(path);
      const isSame = entry !== undefined && (entry.kind !== 'file' || entry.size === object.size);
      return [path, { ...object, mtime: isSame ? (entry.there ?? entry.mtime) : undefined }];
    }),
  );
  return { ...listing, objects };
}

/** What is there when all of a plan was carried out. @param hashes of what was sent or came, by path */
export function toldAfter(merged: MergedTree, hashes: ReadonlyMap<string, string>): RecordEntry[] {
  return [...merged].map(([path, { entry }]) => {
    const hash = hashes.get(path) ?? entry.hash;
    const { there: _, ...rest } = entry;
    return { ...rest, ...(hash !== undefined && { hash }), ctime: 0n, inode: 0n };
  });
}
