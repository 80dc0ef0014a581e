/**
 * What a run takes away or replaces here is kept on this machine, never in the synced directory: by run, under the path
 * that it had.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { beganAt } from '../../remotes/control/generations.ts';
import { toNameSeconds } from '../../system/clock.ts';
import { errnoOf } from '../../system/errors.ts';
import { namesIn } from '../../system/files.ts';
import type { HeldDirectory } from '../../system/paths/held-directory.ts';
import { type EntryName, named } from '../../system/paths/held-directory.ts';
import { HeldTree } from '../../system/paths/held-tree.ts';
import { removeTree } from '../../system/paths/removal.ts';

export interface LocalTrash {
  /** Where this run keeps things; made when the first one comes. */
  readonly path: string;
  readonly tree: HeldTree;
  /** How many things were kept. */
  count(): number;
  note(): void;
  close(): void;
}

/** @param directory of all runs of this kind @param start names this run's: the first second from then on that is free */
export function openLocalTrash(directory: string, start: Date): LocalTrash {
  const taken = new Set(namesIn(directory));
  let at = start;
  while (taken.has(toNameSeconds(at))) at = new Date(at.getTime() + 1000);
  const path = join(directory, toNameSeconds(at));
  const tree = new HeldTree(path);
  let kept = 0;
  return {
    path,
    tree,
    count: () => kept,
    note() {
      kept += 1;
    },
    close: () => tree.forget(),
  };
}

/** Moves an entry that is no directory into the trash. One that is gone is gone. */
export function moveAside(from: HeldTree, path: string, trash: LocalTrash): void {
  const [parent, name] = from.parentOf(path, false);
  const [above, last] = trash.tree.parentOf(path, true);
  const free = freeName(above, last);
  try {
    named(parent.pathOf(name), () => renameSync(parent.at(name), above.at(free)));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    if (errnoOf(error) !== 'EXDEV') throw error;
    copyAside(parent, name, above, free);
  }
  trash.note();
}

/** To another file system. */
function copyAside(parent: HeldDirectory, name: EntryName, above: HeldDirectory, free: EntryName): void {
  const { descriptor, stats } = parent.locate(name);
  try {
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(parent.at(name), 'buffer'), above.at(free));
    else if (stats.isFile())
      copyFileSync(`/proc/self/fd/${descriptor}`, above.at(free), constants.COPYFILE_EXCL);
  } finally {
    closeSync(descriptor);
  }
  unlinkSync(parent.at(name));
}

function freeName(directory: HeldDirectory, name: EntryName): EntryName {
  for (let number = 0; ; number += 1) {
    const free = number === 0 ? name : Buffer.concat([Buffer.from(name), Buffer.from(`~${number}`)]);
    try {
      closeSync(directory.locate(free).descriptor);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return free;
      throw error;
    }
  }
}

/** Removes what runs kept that began more than `keep` milliseconds before `now`. */
export function pruneLocalTrash(directory: string, keep: number, now: number): void {
  for (const name of namesIn(directory)) {
    const began = beganAt(name);
    if (began !== undefined && now - began > keep) removeTree(join(directory, name), directory);
  }
}
