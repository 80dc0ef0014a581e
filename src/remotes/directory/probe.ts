/** What the file system below a directory does with names (FAT, exFAT, casefolded ext4), seen without writing there. */
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isAbsence } from '../../system/files.ts';
import type { PlaceFeatures } from '../place.ts';
import { controlDirectory, controlFiles } from '../remote.ts';

/** futimes takes seconds in a double, which tells times of our days to a quarter of a microsecond. */
const setTimePrecision = 1000;

export function probeFeatures(root: string): PlaceFeatures {
  return {
    timePrecision: setTimePrecision,
    movesFiles: true,
    movesDirectories: true,
    keepsEmptyDirectories: true,
    ignoresCase: ignoresCase(root),
    takesBytes: true,
    respellsNames: false,
  };
}

/** The directories above one in which a place of ours lies. */
export function placesAbove(root: string): string[] {
  const above: string[] = [];
  for (let path = dirname(nearestReal(root)); ; path = dirname(path)) {
    if (controlFiles.some((file) => inodeOf(join(path, file)) !== undefined)) above.push(path);
    if (path === dirname(path)) return above;
  }
}

/** The path without links in it; one that is not there yet below the nearest that is. */
function nearestReal(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return join(nearestReal(dirname(path)), basename(path));
  }
}

/** Whether our own directory, or else the nearest one that is there, also answers to its name in other letters. */
function ignoresCase(root: string): boolean {
  for (let path = join(root, controlDirectory); path !== dirname(path); path = dirname(path)) {
    const inode = inodeOf(path);
    if (inode === undefined) continue;
    const name = basename(path);
    const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
    if (other === name) continue;
    return inodeOf(join(dirname(path), other)) === inode;
  }
  return false;
}

function inodeOf(path: string): bigint | undefined {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}
