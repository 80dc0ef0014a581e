/** The trash: replaced and deleted files of a run, in `.cryptosync/trash/<UTC time>/` on the remote. */
import { toNameSeconds } from '../system/clock.ts';
import type { ControlFiles } from './control-files.ts';
import { controlDirectory } from './remote.ts';

const trashDirectory = `${controlDirectory}/trash`;
/** ISO 8601 with hyphens for colons, which some remotes can't hold. */
const namePattern = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)Z$/;

/** The name of what a run kept that began at `start`. */
export function trashName(start: Date): string {
  return toNameSeconds(start);
}

/** When the run began that kept something under this name, in milliseconds; undefined for any other name. */
export function beganAt(name: string): number | undefined {
  const match = namePattern.exec(name);
  const began = match === null ? Number.NaN : Date.parse(`${match[1]}:${match[2]}:${match[3]}Z`);
  return Number.isNaN(began) ? undefined : began;
}

/** The trash of a run that began at `start`, below the remote's path. */
export function trashFor(start: Date): string {
  return `${trashDirectory}/${trashName(start)}`;
}

/**
 * Removes the trash of runs that began more than `keep` milliseconds before `now`. Anything with another name is not
 * touched.
 * @returns the names removed.
 */
export async function pruneTrash(files: ControlFiles, keep: number, now: Date): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await files.list(trashDirectory)) {
    const plain = name.replace(/\/$/, '');
    const began = plain === name ? undefined : beganAt(plain);
    if (began === undefined || now.getTime() - began <= keep) continue;
    await files.purge(`${trashDirectory}/${plain}`);
    removed.push(plain);
  }
  return removed;
}
