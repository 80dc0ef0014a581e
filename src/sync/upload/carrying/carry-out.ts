/**
 * Carrying a plan out at a place, in the one order in which nothing is lost and nothing blocks: what must leave its
 * path goes to the trash, then renames, then puts, then links.
 */
import { futimesSync } from 'node:fs';
import { keepsDirectory, notKept, type Place, type Put, type Source } from '../../../remotes/place.ts';
import { settableTime } from '../../../system/file-times.ts';
import { ancestorsOf, bytesOfName } from '../../../system/names.ts';
import { withScratchFile } from '../../../system/scratch-file.ts';
import { inLanes } from '../../lanes.ts';
import { isKeyOfAll, type SyncSource } from '../../source.ts';
import { ContentHash, copyOf, hashesOf, type OpenFile, TreeReader } from '../../tree/content.ts';
import { isUntouched } from '../../tree/entry.ts';
import { objectOf } from '../../tree/objects.ts';
import type { RecordEntry } from '../../tree/record.ts';
import { isUsualTime } from '../../tree/times.ts';
import type { UploadPlan } from '../plan.ts';
import { moveAll, removeDirectories, takeAway } from './leave.ts';
import { type Refusals, unlessRefused } from './refusals.ts';
import { keepBeforeMoves, keepBeforePuts } from './strangers.ts';

export interface CarrySettings {
  /** What is carried: of some of it a part is worth nothing. */
  readonly source: Pick<SyncSource, 'directory' | 'isOneState' | 'configFile' | 'isDirectoryKey'>;
  /** The directory at the place that takes what leaves its path. */
  readonly trash: string;
  readonly signal?: AbortSignal | undefined;
  /** Nothing stands at the place, as the look that was taken just now has shown. */
  readonly isEmpty?: boolean | undefined;
  /** What this run has seen refused; more is added. */
  readonly refused: Refusals;
  /** Told of every file that is there now, and its bytes. */
  readonly onCarried?: (bytes: number) => void;
}

export interface Carried {
  readonly files: number;
  readonly bytes: number;
  /** What was put, by path, with the hash of what was read. */
  readonly entries: ReadonlyMap<string, RecordEntry>;
  /** Files that did not stand still, or were gone when they were to be read. */
  readonly restless: ReadonlySet<string>;
  /** What somebody else had put in the way, and is in the trash now, for people. */
  readonly strangers: readonly string[];
  /** Why empty directories that should be gone are still there, in which nothing else comes. */
  readonly leftDirectories: readonly string[];
}

/** @throws what the place fails with; INTERRUPTED */
export async function carryOut(place: Place, plan: UploadPlan, settings: CarrySettings): Promise<Carried> {
  await takeAway(place, plan, settings);
  const mayHoldMore = settings.isEmpty !== true;
  const strangers = mayHoldMore ? await keepBeforeMoves(place, plan, settings) : [];
  const unmoved = await moveAll(place, plan, settings);
  const leftDirectories = await removeDirectories(place, plan);
  // only now is gone what stood where a file may come: a directory of which the files went by a rename
  if (mayHoldMore) strangers.push(...(await keepBeforePuts(place, plan, settings)));
  const bring = bringing(place, plan, settings);
  for (const path of plan.newDirectories) await bring(path, path, () => place.makeDirectory(path));
  const files = await putFiles(place, [...plan.puts, ...unmoved.filter(isFile)], { ...settings, bring });
  const links = await putLinks(place, [...plan.links, ...unmoved.filter(isLink)], { ...settings, bring });
  await makeAbove(place, plan, settings, bring);
  return {
    files: files.entries.size + links,
    bytes: [...files.entries.values()].reduce((sum, { size }) => sum + size, 0),
    ...files,
    strangers,
    leftDirectories,
  };
}

/** Brings an entry to the path of its object; what is new there may be refused, which gives undefined. */
type Bring = <Result>(
  path: string,
  object: string,
  act: () => Promise<Result>,
) => Promise<Result | undefined>;

function bringing(place: Place, { trash }: UploadPlan, { refused, source }: CarrySettings): Bring {
  const replaced = new Set(trash.map(({ path }) => path));
  return async (path, object, act) => {
    // where all else would be worth nothing without it, its refusal ends the run
    const isVital = replaced.has(object) || source.isOneState || isKeyOfAll(source, path);
    return isVital ? await act() : await unlessRefused({ place, refused }, path, act);
  };
}

/** A directory is there also where what was to come into it was refused, or is refused itself. */
async function makeAbove(
  place: Place,
  { entries }: UploadPlan,
  { refused }: CarrySettings,
  bring: Bring,
): Promise<void> {
  if (refused.size === 0) return;
  const isKept = keepsDirectory(await place.features());
  const above = new Set([...refused.keys()].flatMap((path) => ancestorsOf(path).reverse()));
  for (const path of above)
    if (entries.get(path)?.kind === 'directory' && isKept(path) && !refused.has(path))
      await bring(path, path, () => place.makeDirectory(path));
}

const isFile = ({ kind }: RecordEntry): boolean => kind === 'file';
const isLink = ({ kind }: RecordEntry): boolean => kind === 'link';

async function putFiles(
  place: Place,
  puts: readonly RecordEntry[],
  settings: CarrySettings & { readonly bring: Bring },
): Promise<Pick<Carried, 'entries' | 'restless'>> {
  const entries = new Map<string, RecordEntry>();
  const restless = new Set<string>();
  const reader = new TreeReader(settings.source.directory);
  const putting = inLanes(
    puts,
    place.lanes,
    async (entry) => {
      const file = reader.open(entry.path);
      if (file === 'vanished') {
        restless.add(entry.path);
        return;
      }
      try {
        const put = await settings.bring(entry.path, entry.path, () => putOne(place, entry, file, settings));
        if (put?.isStill === false) restless.add(entry.path);
        if (put?.entry !== undefined) entries.set(entry.path, put.entry);
      } finally {
        file.close();
      }
      settings.onCarried?.(entry.size);
    },
    settings.signal,
  );
  await putting.finally(() => reader.close());
  return { entries, restless };
}

/** What an entry knew of other content is not so any more. */
const unlisted = { listedHash: undefined };

/** @returns the entry as it was read */
async function putOne(
  place: Place,
  entry: RecordEntry,
  file: OpenFile,
  { signal }: CarrySettings,
): Promise<{ readonly entry: RecordEntry | undefined; readonly isStill: boolean }> {
  const before = file.opened;
  const content = place.tellsContent ? new ContentHash() : undefined;
  const { listedHash: listed } = await place.features();
  const told = content === undefined ? await hashesOf(file, listed, signal) : undefined;
  const source: Source = {
    descriptor: file.descriptor,
    size: before.size,
    mtime: before.mtime,
    mode: before.mode,
    onContent: (part, isLast) => content?.update(part, isLast),
  };
  const put = await place.put(source, entry.path);
  const hashes = told ?? { hash: content?.digest() };
  const after = file.status();
  const isStill = isUntouched(stampOf(entry), stampOf(after)) && isUntouched(before, after);
  if (put === 'done') {
    const there = await timeThere(place, entry.path, before.mtime);
    return { entry: { ...entry, size: before.size, ...unlisted, ...hashes, there }, isStill };
  }
  // a file that did not move and is not there as it was read: that is the place's doing
  if (isStill) throw notKept(place.name, entry.path);
  return { entry: await putCopy(place, entry, file, signal), isStill: false };
}

/** The time that an object got instead of one that its store may not hold; undefined when it is as it was given. */
async function timeThere(place: Place, path: string, mtime: bigint): Promise<bigint | undefined> {
  if (isUsualTime(mtime) || (await place.features()).timePrecision === undefined) return undefined;
  const there = (await place.look(path))?.mtime;
  return there === mtime ? undefined : there;
}

/** A file that does not stand still while it goes is copied first, so that its path is not empty until it does. */
async function putCopy(
  place: Place,
  entry: RecordEntry,
  file: OpenFile,
  signal: AbortSignal | undefined,
): Promise<RecordEntry | undefined> {
  const { size, mtime, mode } = file.status();
  const copy = async (descriptor: number): Promise<RecordEntry | undefined> => {
    const copied = await copyOf(file, descriptor, size, signal);
    futimesSync(descriptor, settableTime(mtime), settableTime(mtime));
    const { listedHash: listed } = await place.features();
    const hashes = await hashesOf({ descriptor }, listed, signal);
    const put = await place.put({ descriptor, size: copied, mtime, mode }, entry.path);
    if (put !== 'done') return undefined;
    const there = await timeThere(place, entry.path, mtime);
    return { ...entry, size: copied, mtime, ...unlisted, ...hashes, there };
  };
  return await withScratchFile(Buffer.alloc(0), copy);
}

/** Without what one look at an open file can't tell: which other names it has. */
function stampOf<One extends RecordEntry>(entry: One): One {
  return { ...entry, group: undefined };
}

async function putLinks(
  place: Place,
  links: readonly RecordEntry[],
  settings: CarrySettings & { readonly bring: Bring },
): Promise<number> {
  let carried = 0;
  await inLanes(
    links,
    place.lanes,
    async (entry) => {
      const object = objectOf(entry) ?? entry.path;
      const content = bytesOfName(entry.target ?? '');
      const put = (descriptor: number): Promise<Put> =>
        place.put({ descriptor, size: content.length, mtime: entry.mtime, mode: 0o600 }, object);
      const act = (): Promise<Put> => withScratchFile(content, put, entry.mtime);
      const done = await settings.bring(entry.path, object, act);
      if (done === undefined) return;
      if (done !== 'done') throw notKept(place.name, object);
      carried += 1;
      settings.onCarried?.(0);
    },
    settings.signal,
  );
  return carried;
}
