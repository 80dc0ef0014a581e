/** Looking at the source of an upload, and early: while rclone starts and the place answers. */
import { existsSync, statSync } from 'node:fs';
import type { PlaceFeatures } from '../../remotes/place.ts';
import { placeOf } from '../../remotes/remote.ts';
import type { TransferContext } from '../context.ts';
import { onlyIncluded } from '../include.ts';
import type { Job } from '../job.ts';
import { type KeysHere, keysHere } from '../keyless.ts';
import { type FirstLook, type LookSettings, lookOver } from '../tree/changes.ts';
import type { StampedEntry } from '../tree/entry.ts';
import { type OpenRecord, openRecord, type RecordEntry } from '../tree/record.ts';
import { scanTree } from '../tree/scan.ts';
import { scanInThread } from '../tree/threaded/threaded-scan.ts';
import { type NamesHere, namesHere } from './naming/carriable.ts';

interface LookedHere {
  readonly look: FirstLook;
  readonly names: NamesHere;
  /** Directories of a vault that can't be read as they are. */
  readonly keyless: readonly string[];
}

/** What is here is compared with this. */
interface Known {
  readonly entries: Iterable<RecordEntry>;
  /** Where they are read, unless they come from the place. */
  readonly record: OpenRecord | undefined;
}

export async function lookHere(
  job: Pick<Job, 'mapping' | 'settings'>,
  features: PlaceFeatures,
  known: Known,
  settings: LookSettings,
): Promise<LookedHere> {
  const names = namesHere(features, job.mapping);
  const takesGone = job.mapping.mode === 'sync';
  const keys = keysHere(job.mapping.source);
  const iterator = known.entries[Symbol.iterator]();
  const onEntry = seenBy(names, keys);
  const look = await lookOver(iterator, carriedOnly(job, known.record), { ...settings, onEntry, takesGone });
  return { look, names, keyless: keys.keyless() };
}

/** What is told of every entry that is here. */
export function seenBy(names: NamesHere, keys: KeysHere): NonNullable<LookSettings['onEntry']> {
  return (entry, isKnown) => {
    names.see(entry, isKnown);
    keys.see(entry);
  };
}

/** A look at the source that was taken while the place was asked. */
interface EarlyLook {
  /** Whether it is the one that is to be taken, now that more is known. */
  isOf(features: PlaceFeatures, record: OpenRecord | undefined): boolean;
  /** @throws what went wrong: the guard, which comes first, may have had other things to say */
  looked(): LookedHere;
}

/** What a record most probably is the right one for is looked at while rclone starts and the place answers. */
export async function lookEarly(context: TransferContext, job: Job): Promise<EarlyLook | undefined> {
  if (existsSync(`${job.recordFile}.next`)) return undefined;
  const record = ownRecord(job);
  const features = record?.head.features;
  if (record === undefined || features === undefined) return undefined;
  const looked = await settled(
    lookHere(job, features, { entries: record.entries(), record }, lookSettings(context, job)),
  );
  return {
    isOf: (now, found) => isSame(now, features) && isSame(found?.head, record.head),
    looked,
  };
}

/** Of data as a record keeps it: what is undefined is not there. */
function isSame(one: object | undefined, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What a promise comes to, given or thrown later. */
async function settled<Value>(promise: Promise<Value>): Promise<() => Value> {
  try {
    const value = await promise;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

export function lookSettings(context: TransferContext, job: Pick<Job, 'mapping'>): LookSettings {
  const { directory } = job.mapping.source;
  return {
    root: directory,
    environment: context.environment,
    signal: context.signal,
    now: () => context.clock.now().getTime(),
    onBlind: () =>
      context.warn(`extended attributes of ${directory} can't be read: there is no getfattr`, {
        to: 'install-attr',
      }),
  };
}

/** The record of a job's place and source. */
export function ownRecord(job: Pick<Job, 'mapping' | 'recordFile'>): OpenRecord | undefined {
  const record = openRecord(job.recordFile);
  const isOwn =
    record?.head.place === placeOf(job.mapping.raw) && record.head.source === job.mapping.source.directory;
  return isOwn ? record : undefined;
}

/** Bytes of a record, some 100,000 entries: below that a thread costs as much as it brings. */
const largeRecord = 16 * 1024 * 1024;

/**
 * Everything that is here and belongs to the mapping, in the order of trees.
 * @param record what it is going to be compared with, if anything
 */
export function carriedOnly(
  { mapping: { source }, settings: { include } }: Pick<Job, 'mapping' | 'settings'>,
  record?: OpenRecord,
): IterableIterator<StampedEntry> {
  const isLeftOut = (path: string): boolean => source.isLeftover(path);
  const isLarge = record !== undefined && statSync(record.file).size >= largeRecord;
  const all = (isLarge ? scanInThread : scanTree)(source.directory, { isLeftOut });
  if (include.length === 0) return all;
  return onlyIncluded([...all], include).values();
}
