/**
 * What somebody else has put, since it was looked at, where something of ours is about to come: an object is put whatever
 * stands at its path, so that is asked for first. No backend offers a put that fails where something stands (hazards.md R43), so the time
 * between the question and the put is what is left of the window.
 */
import type { Place } from '../../../remotes/place.ts';
import { ancestorsOf, directoryOf, joined, shownPath } from '../../../system/names.ts';
import type { TransferContext } from '../../context.ts';
import { inLanes } from '../../lanes.ts';
import { objectOf } from '../../tree/objects.ts';
import { keyAt } from '../naming/spelling.ts';
import type { UploadPlan } from '../plan.ts';

export interface KeepSettings {
  /** The directory at the place that takes what leaves its path. */
  readonly trash: string;
  readonly signal?: AbortSignal | undefined;
}

/** More paths of one directory than that are quicker asked for by its list. */
const fewPaths = 4;

/**
 * Moves what stands where the plan is about to move something, and is not known to, into the trash.
 * @returns what it was, for people
 */
export async function keepBeforeMoves(
  place: Place,
  plan: UploadPlan,
  settings: KeepSettings,
): Promise<string[]> {
  const found: string[] = [];
  for (const { to } of plan.directoryRenames) {
    if ((await place.names(to)).length > 0 && (await keepDirectory(place, to, settings)))
      found.push(told(to));
  }
  const targets = plan.renames.map(({ to }) => to);
  return [...found, ...(await keepStrangers(place, unknownAmong(targets, plan), settings))];
}

/** The same where files and links are about to be put. What the plan takes away or moves has left by now. */
export async function keepBeforePuts(
  place: Place,
  plan: UploadPlan,
  settings: KeepSettings,
): Promise<string[]> {
  const objects = [...plan.puts, ...plan.links].map((entry) => objectOf(entry) ?? entry.path);
  return await keepStrangers(place, unknownAmong(objects, plan), settings);
}

/** Paths at which the plan has nothing standing that it knows of. */
function unknownAmong(coming: readonly string[], { trash, directoryRenames }: UploadPlan): string[] {
  const left = new Set(trash.map(({ path }) => path));
  const isMoved = (path: string): boolean => directoryRenames.some(({ to }) => path.startsWith(`${to}/`));
  return coming.filter((path) => !left.has(path) && !isMoved(path));
}

async function keepStrangers(
  place: Place,
  coming: readonly string[],
  settings: KeepSettings,
): Promise<string[]> {
  const found: string[] = [];
  const { keepsEmptyDirectories: hasDirectories } = await place.features();
  const look = async (path: string): Promise<void> => {
    const kind = (await place.look(path))?.kind;
    // rclone's look tells no directory, and a server may throw a whole one away for a file that is put there (hazards.md R44)
    const isDirectory =
      kind === 'directory' || (kind === undefined && hasDirectories && (await place.names(path)).length > 0);
    if (kind === undefined && !isDirectory) return;
    const isKept = isDirectory
      ? await keepDirectory(place, path, settings)
      : await place.move(path, `${settings.trash}/${path}`);
    if (isKept) found.push(told(path));
  };
  const groups = Map.groupBy(coming, directoryOf);
  const asked = [...groups].map(([directory, paths]) => ({ directory, paths }));
  const missing = new Set<string>();
  // the highest first: below one that is not there nothing has to be asked
  for (const { directory, paths } of asked.sort((a, b) => a.directory.length - b.directory.length)) {
    if ([directory, ...ancestorsOf(directory)].some((path) => missing.has(path))) continue;
    const standing = paths.length > fewPaths ? await thoseIn(place, directory, paths) : paths;
    if (standing === undefined) missing.add(directory);
    await inLanes(standing ?? [], place.lanes, look, settings.signal);
  }
  return found;
}

const told = (path: string): string => `${shownPath(path)} was added`;

/** What was known below the same path may be in the trash already: nothing is put among it. @returns false when it can't */
async function keepDirectory(place: Place, path: string, { trash }: KeepSettings): Promise<boolean> {
  let target = `${trash}/${path}`;
  for (let number = 2; (await place.names(target)).length > 0; number += 1)
    target = `${trash}/${path} (${number})`;
  return await place.moveDirectory(path, target);
}

/** @returns those that a directory's list shows; undefined when there is nothing in it */
async function thoseIn(
  place: Place,
  directory: string,
  paths: readonly string[],
): Promise<string[] | undefined> {
  const names = await place.names(directory);
  if (names.length === 0) return undefined;
  const features = await place.features();
  const key = (path: string): string => keyAt(path, features);
  const there = new Set(names.map((name) => key(joined(directory, name.replace(/\/$/, '')))));
  return paths.filter((path) => there.has(key(path)));
}

/** Entries that the log names at the most. */
const mostNamed = 20;

/** Writes what somebody else did at a place into the log. */
export function tellStrangers(context: TransferContext, { name }: Place, found: readonly string[]): void {
  if (found.length === 0) return;
  const named = found.slice(0, mostNamed).join('; ');
  context.log.write('WARN', `somebody else wrote to ${name}, ${found.length} entries: ${named}`);
}
