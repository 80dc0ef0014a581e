/**
 * Putting a complete directory in the place of another one. A kill between any two steps leaves both: the old one goes
 * back where nothing took its place, and what is to be kept is never taken for what may go.
 */
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { toNameSeconds } from '../../system/clock.ts';
import { kindOf, syncDirectory, unusedPath } from '../../system/files.ts';

/** Where the new directory is made. */
export function incomingFor(directory: string): string {
  return siblingOf(directory, 'incoming');
}

/** Mends what a run left that was killed between the steps of a swap. */
export function recoverSwap(directory: string, now: Date): void {
  for (const leaving of [toKeep(directory), toRemove(directory)]) {
    if (kindOf(directory) === 'none' && kindOf(leaving) === 'directory') renameSync(leaving, directory);
  }
  if (kindOf(toKeep(directory)) !== 'none') renameSync(toKeep(directory), placeToKeep(directory, now));
  rmSync(toRemove(directory), { recursive: true, force: true });
}

/**
 * Puts `fresh` in the place of a directory, after `recoverSwap`.
 * @param keep whether the old one is kept. @returns where, when there was one
 */
export function swapIn(fresh: string, directory: string, keep: boolean, now: Date): string | undefined {
  const hadOne = kindOf(directory) !== 'none';
  const leaving = keep ? toKeep(directory) : toRemove(directory);
  if (hadOne) renameSync(directory, leaving);
  renameSync(fresh, directory);
  syncDirectory(dirname(directory));
  if (!hadOne) return undefined;
  if (!keep) {
    rmSync(leaving, { recursive: true, force: true });
    return undefined;
  }
  const kept = placeToKeep(directory, now);
  renameSync(leaving, kept);
  return kept;
}

const toKeep = (directory: string): string => siblingOf(directory, 'replaced');
const toRemove = (directory: string): string => siblingOf(directory, 'previous');

/** `.<name>.before-<time>`, which nobody has yet. */
function placeToKeep(directory: string, now: Date): string {
  return unusedPath(siblingOf(directory, `before-${toNameSeconds(now)}`));
}

function siblingOf(directory: string, word: string): string {
  return join(dirname(directory), `.${basename(directory)}.${word}`);
}
