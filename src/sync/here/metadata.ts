/** Giving an entry of this machine the mode, owner, times and attributes that it has elsewhere. */
import { chmodSync, chownSync, closeSync, lchownSync, lutimesSync, utimesSync } from 'node:fs';
import { errnoOf } from '../../system/errors.ts';
import { settableTime } from '../../system/file-times.ts';
import type { EntryName, HeldDirectory } from '../../system/paths/held-directory.ts';
import type { Entry } from '../tree/entry.ts';

/** What the system does not allow is left as it is: another owner, when this is not root. */
export function setMetadata(parent: HeldDirectory, name: EntryName, entry: Entry): void {
  const time = settableTime(entry.mtime);
  if (entry.kind === 'link') {
    attempt(() => lchownSync(parent.at(name), entry.uid, entry.gid));
    attempt(() => lutimesSync(parent.at(name), time, time));
    return;
  }
  const { descriptor } = parent.locate(name);
  try {
    setOpenMetadata(descriptor, entry);
  } finally {
    closeSync(descriptor);
  }
}

/** The same for what is open; no link. */
export function setOpenMetadata(descriptor: number, entry: Entry): void {
  const own = `/proc/self/fd/${descriptor}`;
  const time = settableTime(entry.mtime);
  // a change of owner takes set-id bits away, so the mode comes after it
  attempt(() => chownSync(own, entry.uid, entry.gid));
  attempt(() => chmodSync(own, entry.mode));
  attempt(() => utimesSync(own, time, time));
}

function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error;
  }
}
