/** Fetching what a plan needs here: each file arrives in a directory of ours and is checked, before anything changes. */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { flushFileSystem } from '../../remotes/directory/flush.ts';
import type { Place } from '../../remotes/place.ts';
import { CryptosyncError, errnoOf, toCryptosyncError } from '../../system/errors.ts';
import { namesIn } from '../../system/files.ts';
import { shownPath } from '../../system/names.ts';
import { failsAll } from '../fails-all.ts';
import { inLanes } from '../lanes.ts';
import { hashOf } from '../tree/content.ts';
import type { Entry } from '../tree/entry.ts';
import { objectOf } from '../tree/objects.ts';
import type { HerePlan } from './plan.ts';
import type { Staging } from './staging.ts';

export interface FetchSettings {
  readonly staging: Staging;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** The paths at the place at which a file may lie, the likeliest first; its own object when left out. */
  readonly whereOf?: (entry: Entry) => readonly string[] | Promise<readonly string[]>;
  /** Told of every file that has come, and its bytes. */
  readonly onCarried?: ((bytes: number) => void) | undefined;
  /** Goes on without what is not there any more, or not what it was; the first of it is the end of all otherwise. */
  readonly skipsDamaged?: boolean | undefined;
}

export interface CarriedIn {
  readonly files: number;
  readonly bytes: number;
  /** What of it was fetched by this run; the rest had come before. */
  readonly fetched: { readonly files: number; readonly bytes: number };
  /** By path: the hash of what came. */
  readonly hashes: ReadonlyMap<string, string>;
  /** By path: why it did not come, where damaged files are skipped. */
  readonly lost: ReadonlyMap<string, string>;
}

/** Fetches everything into the staging directory. @throws VERIFY_FAILED, what the place fails with, INTERRUPTED */
export async function fetchAll(
  place: Place,
  { gets }: HerePlan,
  settings: FetchSettings,
): Promise<CarriedIn> {
  const hashes = new Map<string, string>();
  const lost = new Map<string, string>();
  const names = stagedNames(gets);
  const fetched = { files: 0, bytes: 0 };
  const arrived = new Set(namesIn(settings.staging.path));
  await inLanes(
    [...names],
    place.lanes,
    async ([entry, name]) => {
      try {
        const there = arrived.has(name) ? await alreadyThere(settings, name, entry) : undefined;
        hashes.set(entry.path, there ?? (await fetchOne(place, entry, name, settings)));
        if (there === undefined) {
          fetched.files += 1;
          fetched.bytes += entry.size;
        }
      } catch (error) {
        if (settings.skipsDamaged !== true || failsAll(error)) throw error;
        lost.set(entry.path, toCryptosyncError(error).message);
      }
      settings.onCarried?.(entry.size);
    },
    settings.signal,
  );
  // one for all: nothing is put in place before it is durable
  if (fetched.files > 0) await flushFileSystem(settings.staging.path, settings);
  return { files: gets.length, bytes: gets.reduce((sum, { size }) => sum + size, 0), fetched, hashes, lost };
}

/**
 * By its content where that is known, so that a later run finds it again whatever its path is then, and whatever was put
 * in its place before that run; several of one content are numbered.
 */
export function stagedNames(gets: HerePlan['gets']): ReadonlyMap<Entry, string> {
  const counts = new Map<string, number>();
  return new Map(
    gets.map((entry) => {
      const { hash = 'unknown' } = entry;
      const count = counts.get(hash) ?? 0;
      counts.set(hash, count + 1);
      return [entry, `${hash}-${count}`];
    }),
  );
}

/** Where a file lies that came and is not in its place yet; undefined when none came for the path. */
export function stagedPath(path: string, { gets }: HerePlan, { staging }: FetchSettings): string | undefined {
  const found = gets.find((entry) => entry.path === path);
  return found && `${staging.path}/${stagedNames(gets).get(found)}`;
}

async function alreadyThere(
  { staging, signal }: FetchSettings,
  name: string,
  entry: Entry,
): Promise<string | undefined> {
  if (entry.hash === undefined) return undefined;
  try {
    const descriptor = openSync(staging.directory.at(name), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const hash = await hashOf({ descriptor }, signal);
      return hash === entry.hash ? hash : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function fetchOne(place: Place, entry: Entry, name: string, settings: FetchSettings): Promise<string> {
  const object = objectOf(entry) ?? entry.path;
  let found: string | undefined;
  for (const path of (await settings.whereOf?.(entry)) ?? [object]) {
    const descriptor = settings.staging.open(name);
    try {
      const hash = createHash('sha256');
      if (!(await place.get(path, descriptor, (part) => hash.update(part)))) continue;
      found = hash.digest('hex');
    } finally {
      closeSync(descriptor);
    }
    if (entry.hash === undefined || found === entry.hash) return found;
  }
  const how = found === undefined ? 'is not there' : 'is not what was sent';
  throw new CryptosyncError('VERIFY_FAILED', `${shownPath(object)} in ${place.name} ${how}`, {
    advice: { to: 'look-at-damaged' },
    details: { path: shownPath(entry.path) },
  });
}
