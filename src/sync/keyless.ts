/**
 * Directories of a vault without the file that they are read with. gocryptfs makes a directory and then its key, and
 * takes the key away before the directory (hazards.md G21): between the two, or where it was stopped there, nothing in
 * the directory can be read, although everything stands still.
 */
import { directoryOf, inShort, shownPath } from '../system/names.ts';
import type { TransferContext } from './context.ts';
import type { SyncSource } from './source.ts';
import type { StampedEntry } from './tree/entry.ts';
import { isBeyondReach } from './tree/reach.ts';

export interface KeysHere {
  /** Takes note of an entry, in the order of trees. */
  see(entry: StampedEntry): void;
  /** The directories that were seen without a key; none where not even the top has one, because such a vault keeps none. */
  keyless(): readonly string[];
}

export function keysHere({ isDirectoryKey }: Pick<SyncSource, 'isDirectoryKey'>): KeysHere {
  const without = new Set<string>();
  return {
    see({ path, kind, size }) {
      // into one that lies so deep nobody looked
      if (kind === 'directory' && !isBeyondReach(path)) without.add(path);
      else if (kind === 'file' && size > 0 && isDirectoryKey(path)) without.delete(directoryOf(path));
    },
    keyless: () => (without.has('') ? [] : [...without]),
  };
}

/** Says which they are, and what that means. */
export function tellKeyless(context: TransferContext, keyless: readonly string[]): void {
  const [first] = keyless;
  if (first === undefined) return;
  const others = keyless.length === 1 ? '' : ` and ${keyless.length - 1} more`;
  const which = `${keyless.length === 1 ? 'a directory' : 'directories'} of the vault: ${inShort(shownPath(first))}${others}`;
  context.warn(
    `nothing can be read in ${which}. The engine was making or removing it just now, or was stopped while it did; the next sync looks again`,
  );
}
