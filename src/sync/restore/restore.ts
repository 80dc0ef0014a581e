/**
 * Bringing a generation back into a directory of its own, beside whatever is there: all of it arrives and is checked
 * against the manifest, and what arrived is kept when a run is stopped. It is the caller who puts it in its place.
 */
import { join } from 'node:path';
import type { Place } from '../../remotes/place.ts';
import type { TransferStats } from '../../remotes/transfer.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import { shownPath } from '../../system/names.ts';
import { verifyNoMountBelow } from '../../system/paths/removal.ts';
import type { TransferContext } from '../context.ts';
import { verifyTree } from '../download/verify-tree.ts';
import type { Chosen } from '../generations/choice.ts';
import { settleIn } from '../here/carry-in.ts';
import { type CarriedIn, fetchAll } from '../here/fetch-in.ts';
import { type HerePlan, planHere } from '../here/plan.ts';
import { openStaging } from '../here/staging.ts';
import { openLocalTrash } from '../here/trash.ts';
import type { NotCarried } from '../result.ts';
import { readAttributes } from '../tree/attributes.ts';
import type { LookSettings } from '../tree/changes.ts';
import type { Entry, StampedEntry } from '../tree/entry.ts';
import { scanTree } from '../tree/scan.ts';
import { bytesIn, progressOf } from '../upload/progress.ts';

export interface RestoreSettings {
  readonly place: Place;
  readonly chosen: Pick<Chosen, 'tree' | 'whereOf'>;
  /** Where it arrives: not there yet, or what a run before has left. Its parent is there. */
  readonly directory: string;
  /** A directory of ours on this machine, for what arrives. */
  readonly state: string;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
  /** Brings back all that is sound, where one damaged file would end it otherwise. */
  readonly skipsDamaged?: boolean | undefined;
}

/** A file that did not come. */
export interface Lost {
  /** As the tree has it. */
  readonly path: string;
  readonly why: string;
}

export interface Restored {
  readonly files: number;
  readonly bytes: number;
  /** What this run fetched. */
  readonly fetched: { readonly files: number; readonly bytes: number };
  /** Files that a run before this one had fetched. */
  readonly resumed: number;
  /** What this machine or user could not make again as it was: an owner, a device, a socket. */
  readonly notRestored: readonly NotCarried[];
  /** What is damaged at the place, or can't be read there, in the order of trees. */
  readonly lost: readonly Lost[];
}

/**
 * @throws VERIFY_FAILED for what is missing or other than the manifest says, unless that is skipped; what the place fails
 * with, DISK_FULL, INTERRUPTED. What came stays, and is not fetched again.
 */
export async function restoreInto(context: TransferContext, settings: RestoreSettings): Promise<Restored> {
  const { place, chosen, directory, state, onProgress, skipsDamaged } = settings;
  const { tree } = chosen;
  verifyTree(place.name, tree);
  ensureDirectory(directory, 0o700);
  verifyNoMountBelow(directory);
  const plan = await planFor(context, directory, tree, new Map());
  const staging = openStaging(directory, state);
  // left by a run that brought another generation back: what it fetched lies at the place
  const trash = openLocalTrash(join(staging.path, 'left'), context.clock.now());
  const amount = { bytes: bytesIn(plan.gets), transfers: plan.gets.length, deletes: 0 };
  const progress = progressOf({ request: { onProgress } }, place, amount);
  let carried: CarriedIn;
  try {
    const { environment, signal } = context;
    const carryIn = {
      ...{ root: directory, staging, trash, environment, signal, knowsMetadata: true },
      whereOf: chosen.whereOf,
      own: tree.find(({ path }) => path === ''),
      ...{ onCarried: progress.onCarried, skipsDamaged },
    };
    carried = await fetchAll(place, plan, carryIn);
    await settleIn(plan, { ...carryIn, lost: carried.lost });
  } catch (error) {
    trash.close();
    staging.close();
    throw error;
  } finally {
    progress.end();
  }
  trash.close();
  staging.remove();
  const hashes = new Map(carried.hashes);
  for (const [path, { hash }] of plan.same) if (hash !== undefined) hashes.set(path, hash);
  const [came, lost] = parted(tree, carried.lost);
  const notRestored = leftOver(place.name, await planFor(context, directory, came, hashes));
  const files = came.filter(({ kind }) => kind === 'file');
  // further names of a file are links to it
  const resumed = files.filter(({ group }) => group === undefined).length - carried.fetched.files;
  return { files: files.length, bytes: bytesIn(files), fetched: carried.fetched, resumed, notRestored, lost };
}

/** What of a tree has come, and what not; a file that did not come has none of its names. */
function parted(tree: readonly Entry[], lost: CarriedIn['lost']): [readonly Entry[], Lost[]] {
  if (lost.size === 0) return [tree, []];
  const whyOf = ({ path, group = path }: Entry): string | undefined => lost.get(path) ?? lost.get(group);
  const gone = tree.flatMap((entry): Lost[] => {
    const why = whyOf(entry);
    return why === undefined ? [] : [{ path: entry.path, why }];
  });
  return [tree.filter((entry) => whyOf(entry) === undefined), gone];
}

/** What of a tree is not in a directory yet. @param hashes of files whose content was read just now, by path */
async function planFor(
  { environment, signal, clock }: TransferContext,
  root: string,
  tree: readonly Entry[],
  hashes: ReadonlyMap<string, string>,
): Promise<HerePlan> {
  const settings: LookSettings = { root, environment, signal, now: () => clock.now().getTime() };
  const here = [...scanTree(root)];
  const hasAttributes = tree.some(({ attributes }) => attributes !== undefined);
  const paths = hasAttributes ? here.map(({ path }) => path) : [];
  const attributes = paths.length === 0 ? undefined : await readAttributes(root, paths, settings);
  const known = here.map((entry): StampedEntry => {
    const [hash, own] = [hashes.get(entry.path), attributes?.get(entry.path)];
    return { ...entry, ...(hash !== undefined && { hash }), ...(own !== undefined && { attributes: own }) };
  });
  return await planHere(known, tree, { ...settings, mode: 'sync', knowsMetadata: true });
}

/** @throws VERIFY_FAILED when content is not as it should be */
function leftOver(place: string, { trash, gets, hardLinks, makes, changes }: HerePlan): NotCarried[] {
  const other = [...trash, ...gets, ...hardLinks, ...makes.filter(({ kind }) => isContent(kind))];
  if (other.length > 0) {
    const first = other.slice(0, 3).map(({ path }) => shownPath(path));
    throw new CryptosyncError(
      'VERIFY_FAILED',
      `${other.length} entries did not come from ${place} as they were: ${first.join(', ')}`,
      { details: { damaged: other.slice(0, 100).map(({ path }) => shownPath(path)) } },
    );
  }
  return [
    ...makes.map(({ path, kind }) => ({ path: shownPath(path), why: `no ${kind} can be made here` })),
    ...changes.map(({ path }) => ({
      path: shownPath(path),
      why: 'its mode, owner, time or attributes can not be set here',
    })),
  ];
}

function isContent(kind: Entry['kind']): boolean {
  return kind === 'file' || kind === 'link' || kind === 'directory';
}
