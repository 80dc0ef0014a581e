/** How both sides looked when they were last equal, told from the record and from what became of each since. */
import type { TreeChanges } from '../../tree/changes.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import { isoOf } from '../../tree/times.ts';
import { type BothSides, type Entry, type Look, lookOf } from '../look.ts';
import type { EntryThere } from './there.ts';

export interface Seen {
  readonly known: readonly RecordEntry[];
  readonly tree: TreeChanges;
  readonly now: BothSides<Look>;
  readonly there: ReadonlyMap<string, EntryThere>;
}

/** A look that no file has: what is compared with it was changed. */
const edited: Entry = { size: -1, time: 'edited' };

/**
 * A file here that only looks as it did is not the same when its content was read and is another, and one that only
 * looks otherwise is; a file there is the same when the manifest says that it holds the same, and it looks as it should.
 */
export function recordedLooks({ known, tree, now, there }: Seen): BothSides<Look> {
  const changed = new Map(tree.changes.map((change) => [change.path, change.kind]));
  const local = new Map<string, Entry>();
  const remote = new Map<string, Entry>();
  for (const entry of known) {
    const object = objectOf(entry);
    const look = lookOf(entry);
    if (object === undefined || look === undefined) continue;
    const kind = changed.get(entry.path);
    const here = now.local.get(object);
    local.set(object, kind === 'content' ? edited : kind === 'removed' ? look : (here ?? look));
    const standing = now.remote.get(object);
    const isSame = standing !== undefined && isSameThere(entry, there.get(entry.path));
    const was = { size: look.size, time: isoOf(entry.there ?? entry.mtime) };
    remote.set(object, isSame ? standing : standing === undefined ? was : edited);
  }
  return { local, remote };
}

function isSameThere(entry: RecordEntry, there: EntryThere | undefined): boolean {
  if (there === undefined || !there.isTold || there.entry.kind !== entry.kind) return false;
  if (entry.kind === 'link') return there.entry.target === entry.target;
  return there.entry.hash === undefined || entry.hash === undefined || there.entry.hash === entry.hash;
}
