/**
 * The list of a place that rclone knows under several names, one directory at a time under each: where an instance waits
 * between two calls (hazards.md R30), a list by one of them waits once for each directory.
 */
import { type CryptosyncError, interruption } from '../../../system/errors.ts';
import type { ListedHash, PlaceEntry } from '../../place.ts';
import { isControl } from '../../remote.ts';
import { countIn } from '../flags/flags.ts';
import { type Answer, type RcloneDaemon, transferDeadline } from './daemon.ts';
import type { Failed } from './features.ts';
import { entryOf, type ListedItem } from './listing.ts';

export interface LaneList {
  readonly lanes: readonly string[];
  readonly hash: ListedHash | undefined;
  readonly flags: readonly string[];
  readonly daemon: RcloneDaemon;
  /** Ends the list between two directories. */
  readonly signal: AbortSignal | undefined;
  isMissing(answer: Answer): boolean;
  fail(answer: Failed, action: string): CryptosyncError;
}

/** So many directories are worth another name, which a layer has to derive its key for. */
const directoriesALane = 16;

/**
 * @returns undefined where a directory can't be found by the name that it was listed with, as one with a control
 *   character may (hazards.md R41): a list in one go goes by rclone's own names
 * @throws what the place fails with, INTERRUPTED
 */
export async function listInLanes(settings: LaneList): Promise<readonly PlaceEntry[] | undefined> {
  const { lanes, hash, flags, daemon, signal, isMissing, fail } = settings;
  const entries: PlaceEntry[] = [];
  const opt = { noMimeType: true, ...(hash !== undefined && { showHash: true, hashTypes: [hash] }) };
  const most = Math.min(lanes.length, countIn(flags, 'checkers') ?? lanes.length);
  let isWhole = true;
  const giveUp = (error: unknown): never => {
    isWhole = false;
    throw error;
  };
  const below = async (fs: string, directory: string): Promise<string[]> => {
    const answer = await daemon.call('operations/list', { fs, remote: directory, opt }, transferDeadline);
    if (isMissing(answer)) {
      // a place that is not there holds nothing
      isWhole = directory === '';
      return [];
    }
    if (answer.kind !== 'done') throw fail(answer, 'list the files');
    const listed = ((answer.value['list'] ?? []) as ListedItem[])
      .map((item) => entryOf(item, hash))
      .filter(({ path }) => !isControl(path));
    entries.push(...listed);
    return listed.flatMap(({ kind, path }) => (kind === 'directory' ? [path] : []));
  };
  for (let level = ['']; level.length > 0 && isWhole; ) {
    const next: string[] = [];
    const due = level.values();
    const work = async (fs: string): Promise<void> => {
      for (const directory of due) {
        if (!isWhole) return;
        if (signal?.aborted) throw interruption(signal);
        next.push(...(await below(fs, directory).catch(giveUp)));
      }
    };
    const width = Math.min(most, Math.ceil(level.length / directoriesALane));
    const ended = await Promise.allSettled(lanes.slice(0, width).map(work));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    level = next;
  }
  return isWhole ? entries : undefined;
}
