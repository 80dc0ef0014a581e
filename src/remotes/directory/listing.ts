/** All that lies in a directory that is a place, as a place tells it. */
import { lstatSync, readlinkSync } from 'node:fs';
import { interruption } from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';
import { joined, nameOfBytes, readNames, systemPath } from '../../system/names.ts';
import type { EntryName, HeldDirectory } from '../../system/paths/held-directory.ts';
import { openDirectory } from '../../system/paths/walk.ts';
import type { PlaceEntry } from '../place.ts';
import { controlDirectory } from '../remote.ts';

/** Entries between two pauses in which a signal is heard. */
const entriesPerTurn = 5000;

export async function listDirectory(
  root: string,
  onEntry: (entry: PlaceEntry) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let count = 0;
  const walk = async (directory: HeldDirectory, below: string): Promise<void> => {
    for (const name of readNames(`/proc/self/fd/${directory.descriptor}`)) {
      if (below === '' && name === controlDirectory) continue;
      const path = joined(below, name);
      const found = lookAt(directory, systemPath(name), path);
      if (found === undefined) continue;
      onEntry(found);
      count += 1;
      if (count % entriesPerTurn === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted) throw interruption(signal);
      }
      if (found.kind !== 'directory') continue;
      const inner = directory.enter(systemPath(name));
      try {
        await walk(inner, path);
      } finally {
        inner.close();
      }
    }
  };
  const held = openIfThere(root);
  if (held === undefined) return;
  try {
    await walk(held, '');
  } finally {
    held.close();
  }
}

function openIfThere(root: string): HeldDirectory | undefined {
  try {
    return openDirectory(root, { base: root });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** What stands at a name; undefined when nothing does. */
export function lookAt(directory: HeldDirectory, name: EntryName, path: string): PlaceEntry | undefined {
  try {
    const stats = lstatSync(directory.at(name), { bigint: true });
    if (stats.isDirectory()) return { path, kind: 'directory', size: 0, mtime: undefined };
    if (stats.isSymbolicLink()) {
      const target = nameOfBytes(readlinkSync(directory.at(name), { encoding: 'buffer' }));
      return { path, kind: 'other', size: Number(stats.size), mtime: stats.mtimeNs, target };
    }
    if (!stats.isFile()) return { path, kind: 'other', size: 0, mtime: undefined };
    return { path, kind: 'file', size: Number(stats.size), mtime: stats.mtimeNs };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}
