/** What leaves its path at a place before anything comes: to the trash, to another path, and empty directories. */
import type { Place } from '../../../remotes/place.ts';
import type { TransferContext } from '../../context.ts';
import { inLanes } from '../../lanes.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import type { UploadPlan } from '../plan.ts';
import { isMaybeRefused, unlessRefused } from './refusals.ts';
import type { KeepSettings } from './strangers.ts';

export async function takeAway(place: Place, { trash }: UploadPlan, settings: KeepSettings): Promise<void> {
  await inLanes(
    trash,
    place.lanes,
    ({ path }) => place.move(path, `${settings.trash}/${path}`),
    settings.signal,
  );
}

/** @returns what was not where it should have been moved from, against all that is known: it is put then */
export async function moveAll(
  place: Place,
  plan: UploadPlan,
  settings: KeepSettings,
): Promise<RecordEntry[]> {
  const unmoved: RecordEntry[] = [];
  // of what is refused its put tells
  const unless = { place, refused: new Map() };
  const move = async (from: string, to: string, entry: RecordEntry | null | undefined): Promise<void> => {
    const isMoved = await unlessRefused(unless, to, () => place.move(from, to));
    if (isMoved === undefined) await place.move(from, `${settings.trash}/${from}`);
    if (isMoved !== true && entry) unmoved.push(entry);
  };
  for (const { from, to } of plan.directoryRenames) {
    if ((await unlessRefused(unless, to, () => place.moveDirectory(from, to))) === true) continue;
    // a place that says that it moves directories, and then can't, is given its files one by one
    for (const entry of plan.entries.values()) {
      const object = entry === null ? undefined : objectOf(entry);
      if (object === undefined || !object.startsWith(`${to}/`)) continue;
      await move(`${from}/${object.slice(to.length + 1)}`, object, entry);
    }
  }
  await inLanes(
    plan.renames,
    place.lanes,
    ({ from, to }) => move(from, to, plan.entries.get(to)),
    settings.signal,
  );
  return unmoved;
}

/** Says which empty directories are still there, and why. */
export function tellLeft(
  { warn }: Pick<TransferContext, 'warn'>,
  { leftDirectories }: { readonly leftDirectories: readonly string[] },
): void {
  for (const why of leftDirectories) warn(`an empty directory is left on the remote: ${why}`);
}

/** @returns what was refused, where nothing comes in the directory's place */
export async function removeDirectories(
  place: Place,
  { removedDirectories, directoryRenames, entries }: UploadPlan,
): Promise<string[]> {
  const left: string[] = [];
  for (const path of removedDirectories) {
    if (directoryRenames.some(({ from }) => path === from || path.startsWith(`${from}/`))) continue;
    try {
      await place.removeEmptyDirectory(path);
    } catch (error) {
      if (!isMaybeRefused(error) || entries.get(path)) throw error;
      left.push(error.message);
    }
  }
  return left;
}
