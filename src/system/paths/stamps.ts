/**
 * Whether anything was changed since it was read, told by what lstat(2) has of it, as git's index does: every change of
 * a file, and of what a directory lists, gives it another time of change (ctime), which nobody can set but by the clock.
 * What was changed just before the look is not vouched for, because within one tick of its file system's clock it could
 * be changed once more ("racy git").
 */
import { lstatSync, type Stats } from 'node:fs';
import { ancestorsOf, isWithin } from '../names.ts';

/**
 * A file or directory below a top, and what it was: path from the top, device, inode, size, mode, owner, and
 * milliseconds of its last modification and change.
 */
export type Stamp = readonly [path: string, ...facts: number[]];

/** Milliseconds: what ticks more seldom than any file system's clock does (FAT: two seconds). */
const longestTick = 4000;

/**
 * The stamps of paths below a directory and of all directories between, it included. What is not there is vouched for by
 * the directory that would list it.
 * @param before milliseconds since 1970, when reading them began: what was changed later, or shortly before, has no stamp
 * @returns undefined when they vouch for less than all of it: it was changed just now, or there is a link or a device
 * @throws the system's error
 */
export function stampsOf(top: string, paths: readonly string[], before: number): Stamp[] | undefined {
  const all = new Set([top]);
  for (const path of paths) {
    for (const above of ancestorsOf(path)) if (isWithin(above, top)) all.add(above);
    all.add(path);
  }
  const stamps: Stamp[] = [];
  for (const path of all) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (!stats.isFile() && !stats.isDirectory()) return undefined;
    if (Math.max(stats.mtimeMs, stats.ctimeMs) + longestTick > before) return undefined;
    const { dev, ino, size, mode, uid, mtimeMs, ctimeMs } = stats;
    stamps.push([path.slice(top.length), dev, ino, size, mode, uid, mtimeMs, ctimeMs]);
  }
  return stamps;
}

/** Whether all is as it was; what can't be looked at is not. @param stamps from `stampsOf` */
export function isUntouchedSince(top: string, stamps: readonly Stamp[]): boolean {
  try {
    return stamps.every((stamp) => isSame(lstatSync(top + stamp[0], { throwIfNoEntry: false }), stamp));
  } catch {
    return false;
  }
}

function isSame(stats: Stats | undefined, [, dev, ino, size, mode, uid, modified, changed]: Stamp): boolean {
  return (
    stats !== undefined &&
    stats.dev === dev &&
    stats.ino === ino &&
    stats.size === size &&
    stats.mode === mode &&
    stats.uid === uid &&
    stats.mtimeMs === modified &&
    stats.ctimeMs === changed
  );
}
