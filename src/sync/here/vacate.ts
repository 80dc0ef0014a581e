/**
 * Taking away what is here once it lies at its place: all of it or nothing. The record still says where the place was,
 * and names nothing any more, so that this is no deletion of the owner's: the next download brings it back.
 */
import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { shownPath } from '../../system/names.ts';
import { HeldTree } from '../../system/paths/held-tree.ts';
import type { TransferContext } from '../context.ts';
import type { Job } from '../job.ts';
import { changesOf } from '../tree/changes.ts';
import type { StampedEntry } from '../tree/entry.ts';
import { openRecord, type RecordEntry, replaceRecord } from '../tree/record.ts';
import { carriedOnly, lookSettings } from '../upload/look.ts';

export interface Vacated {
  /** Files and links that were taken away. */
  readonly removed: number;
}

/**
 * @param begun true to end a vacating that was stopped: what is gone is gone, and what has changed since stays
 * @throws LOCAL_CHANGES when something is here that was not recorded as it is; nothing is taken away then
 */
export async function vacate(context: TransferContext, job: Job, begun: boolean): Promise<Vacated> {
  const record = openRecord(job.recordFile);
  const { source } = job.mapping;
  if (source.inspect() === 'missing') return { removed: 0 };
  const here = [...carriedOnly(job)];
  const known: RecordEntry[] = record === undefined ? [] : [...record.entries()];
  const { changes } = await changesOf(known.values(), here.values(), lookSettings(context, job));
  const own = changes.filter(
    ({ kind, path, now }) => kind !== 'stamp' && path !== '' && !(begun && now === undefined),
  );
  if (own.length > 0 && !begun) throw changedSince(source.directory, own[0]?.path ?? '', own.length);
  const isOwn = new Set(own.map(({ path }) => path));
  const removed = removeAll(
    source.directory,
    here.filter(({ path }) => path !== '' && !isOwn.has(path)),
  );
  if (record !== undefined) replaceRecord(job.recordFile, { ...record.head, isVacated: true }, []);
  return { removed };
}

/** The deepest first. What was touched since it was looked at stays. */
function removeAll(root: string, entries: readonly StampedEntry[]): number {
  const tree = new HeldTree(root);
  let removed = 0;
  try {
    for (const entry of entries.toReversed()) {
      const [parent, name] = tree.parentOf(entry.path, false);
      const isDirectory = entry.kind === 'directory';
      try {
        if (isDirectory) rmdirSync(parent.at(name));
        else if (isAsSeen(entry, parent.at(name))) unlinkSync(parent.at(name));
        else continue;
        if (!isDirectory) removed += 1;
      } catch (error) {
        if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
      }
      if (isDirectory) tree.forget();
      else tree.makeRoom();
    }
    tree.enter('', false).sync();
  } finally {
    tree.forget();
  }
  return removed;
}

function isAsSeen({ inode, mtime, size, kind }: StampedEntry, path: string | Buffer): boolean {
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (now === undefined || now.ino !== inode) return false;
  return kind !== 'file' || (now.mtimeNs === mtime && Number(now.size) === size);
}

function changedSince(directory: string, path: string, count: number): CryptosyncError {
  return new CryptosyncError(
    'LOCAL_CHANGES',
    `${directory} holds what was not sent: ${shownPath(path)}${count > 1 ? ` and ${count - 1} more` : ''}`,
    { details: { changed: count } },
  );
}
