/**
 * The end of an upload: manifest, marker, record, pruning, in that order. Until the marker is written the place is at
 * its last generation; from then on at the new one; whatever is killed in between, both sides agree on which.
 */
import { manifestName, manifestsDirectory } from '../../remotes/control/generations.ts';
import { identityOf, readState, writeMarker } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { placeOf } from '../../remotes/remote.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { comparePaths } from '../../system/names.ts';
import type { TransferContext } from '../context.ts';
import { isPruningDue, type KeptTrash, prune } from '../generations/prune.ts';
import { type Job, scopeOf } from '../job.ts';
import type { Lineage } from '../lineage.ts';
import type { NotCarried } from '../result.ts';
import { recordable } from '../tree/changes.ts';
import { patched } from '../tree/difference.ts';
import { encodeManifest } from '../tree/manifest.ts';
import type { ManifestChange, ManifestEntry } from '../tree/manifest-line.ts';
import {
  type ManifestChain,
  type OpenRecord,
  publishRecord,
  type RecordEntry,
  type RecordHead,
  replaceRecord,
  writeRecord,
} from '../tree/record.ts';
import { patchRecord, writePatched } from '../tree/record-patch.ts';
import { isUsualTime } from '../tree/times.ts';
import type { Outlook } from './outlook.ts';

/** What a run has changed at the place. */
export interface Changed {
  /** By path; null for what is gone. */
  readonly entries: ReadonlyMap<string, RecordEntry | null>;
  /** Entries of which only this machine's own view changed. */
  readonly refreshed: ReadonlyMap<string, RecordEntry | null>;
  readonly consistent: boolean;
  readonly notCarried: readonly NotCarried[];
  /** Paths that kept changing. */
  readonly unsettled: ReadonlySet<string>;
}

/** What a commit goes on from. */
export interface Ground {
  readonly lineage: Lineage;
  readonly record: OpenRecord | undefined;
  readonly known: () => Iterable<RecordEntry>;
  /** The record that `known` reads, where it reads one. */
  readonly knownRecord?: OpenRecord | undefined;
  readonly isFull: boolean;
}

export interface Commit {
  readonly outlook: Ground;
  readonly changed: Changed;
  readonly generation: number;
  readonly id: string;
}

/** Deltas that a chain has at the most. */
const mostDeltas = 32;
/** A chain's deltas have at the most this part of the full one's bytes. */
const deltaShare = 0.1;

export async function commit(context: TransferContext, job: Job, place: Place, made: Commit): Promise<void> {
  const { outlook, changed, generation, id } = made;
  const { source, raw } = job.mapping;
  const { marker } = outlook.lineage;
  await place.flush();
  const at = context.clock.now();
  const changes = new Map([...changed.refreshed, ...changed.entries]);
  const tree = (): Iterable<RecordEntry> => patched(outlook.known(), changes);
  const chain = await writeManifest(job, place, made, at, tree);
  const keepsTimes = outlook.record?.head.keepsTimes ?? (await probeTimes(place, changed.entries));
  const trash = trashAfter(outlook, generation, toIsoSeconds(at));
  const head: RecordHead = {
    place: placeOf(raw),
    source: source.directory,
    generation,
    id,
    at: toIsoSeconds(at),
    fullAt: outlook.isFull || outlook.record === undefined ? toIsoSeconds(at) : outlook.record.head.fullAt,
    manifest: chain,
    trash,
    scope: scopeOf(job),
    sealed: job.sealKey !== undefined,
    ...(keepsTimes !== undefined && { keepsTimes }),
    features: await place.features(),
  };
  const next = `${job.recordFile}.next`;
  if (outlook.knownRecord === undefined) writeRecord(next, head, tree());
  else writePatched(next, head, outlook.knownRecord, changes);
  await verifyStillOurs(place, made);
  await writeMarker(
    place,
    {
      vaultId: source.identity,
      engine: source.engine,
      generation,
      id,
      parent: marker === undefined ? null : identityOf(marker),
      machine: job.machine,
      at: toIsoSeconds(at),
      manifest: { file: chain.file, deltas: chain.deltas },
      ...(changed.consistent ? {} : { consistent: false }),
    },
    job.sealKey,
  );
  await place.flush();
  publishRecord(next, job.recordFile);
  const left = await pruned(context, job, place, head);
  if (left !== undefined && left.length !== trash.length)
    patchRecord(job.recordFile, { ...head, trash: left }, { file: job.recordFile }, new Map());
}

/** Another machine that wrote meanwhile must not be written over. @throws REMOTE_AHEAD */
async function verifyStillOurs(place: Place, { outlook, id }: Commit): Promise<void> {
  const state = await readState(place);
  const committed = state.kind === 'present' ? state.committed : undefined;
  const isOurs =
    state.kind === 'present' &&
    state.begun?.id === id &&
    identityOf(committed) === identityOf(outlook.lineage.marker);
  if (isOurs) return;
  throw new CryptosyncError(
    'REMOTE_AHEAD',
    `${place.name} was written by another run while this one was at work`,
    {
      advice: { to: 'run-again' },
      details: { refusal: 'REMOTE_AHEAD' },
    },
  );
}

async function writeManifest(
  job: Job,
  place: Place,
  { outlook, changed, generation, id }: Commit,
  at: Date,
  tree: () => Iterable<RecordEntry>,
): Promise<ManifestChain> {
  const { marker } = outlook.lineage;
  const before = outlook.lineage.footing.kind === 'recorded' ? outlook.record?.head.manifest : undefined;
  const head = {
    vaultId: job.mapping.source.identity,
    generation,
    id,
    parent: marker === undefined ? null : identityOf(marker),
    machine: job.machine,
    at: toIsoSeconds(at),
    notCarried: changed.notCarried,
  };
  if (before !== undefined && before.deltas < mostDeltas) {
    const changes = [...changed.entries].map(([path, entry]) => changeOf(path, entry, changed));
    changes.sort((a, b) => comparePaths(a.path, b.path));
    const bytes = encodeManifest({ ...head, kind: 'delta', changes: before.file }, changes, job.sealKey);
    if (before.deltaBytes + bytes.length <= before.fullBytes * deltaShare) {
      const file = manifestName(generation, at, id, 'delta');
      await place.write(`${manifestsDirectory}/${file}`, bytes);
      const { deltas, deltaBytes, fullBytes } = before;
      return { file, deltas: deltas + 1, deltaBytes: deltaBytes + bytes.length, fullBytes };
    }
  }
  const file = manifestName(generation, at, id, 'full');
  const bytes = encodeManifest({ ...head, kind: 'full', changes: null }, whole(tree(), changed), job.sealKey);
  await place.write(`${manifestsDirectory}/${file}`, bytes);
  return { file, deltas: 0, deltaBytes: 0, fullBytes: bytes.length };
}

function* whole(entries: Iterable<RecordEntry>, changed: Changed): Generator<ManifestChange> {
  for (const entry of entries) yield changeOf(entry.path, entry, changed);
}

function changeOf(path: string, entry: RecordEntry | null, { unsettled }: Changed): ManifestChange {
  if (entry === null) return { path, entry: undefined };
  const told: ManifestEntry = unsettled.has(path) ? { ...entry, isUnsettled: true } : entry;
  return { path, entry: told };
}

/** Whether a place keeps the times that it is given, seen on a file that it was just given. */
async function probeTimes(
  place: Place,
  entries: ReadonlyMap<string, RecordEntry | null>,
): Promise<boolean | undefined> {
  const { timePrecision } = await place.features();
  if (timePrecision === undefined) return false;
  for (const entry of entries.values()) {
    // one that no store may hold says nothing of the others
    if (entry?.kind !== 'file' || !isUsualTime(entry.mtime)) continue;
    const there = (await place.look(entry.path))?.mtime;
    if (there === undefined) return undefined;
    const difference = there > entry.mtime ? there - entry.mtime : entry.mtime - there;
    return difference <= BigInt(timePrecision);
  }
  return undefined;
}

function trashAfter({ record }: Ground, generation: number, at: string): KeptTrash {
  return [...(record?.head.trash ?? []), [generation, at] as const];
}

async function pruned(
  context: TransferContext,
  job: Job,
  place: Place,
  { generation, manifest, trash }: RecordHead,
): Promise<KeptTrash | undefined> {
  const settings = {
    keep: job.settings.keepDeleted,
    keepGenerations: job.settings.keepGenerations,
    now: context.clock.now().getTime(),
    current: generation,
    chain: manifest?.deltas ?? 0,
  };
  try {
    return await prune(place, settings, trash);
  } catch (error) {
    // old trash that can't be removed is no reason to call a finished upload failed
    context.warn(`old trash on the remote could not be removed: ${(error as Error).message}`);
    return undefined;
  }
}

/** A run that changed nothing at the place: what this machine saw of its own side is kept all the same. */
export async function refreshRecord(context: TransferContext, job: Job, outlook: Outlook): Promise<void> {
  const { record, plan, isFull } = outlook;
  if (record === undefined || outlook.lineage.footing.kind !== 'recorded') {
    await adoptRecord(context, job, outlook);
    return;
  }
  if (plan.refreshed.size === 0 && !isFull) return;
  const at = toIsoSeconds(context.clock.now());
  const head = isFull ? { ...record.head, fullAt: at } : record.head;
  patchRecord(job.recordFile, head, record, recordables(outlook));
}

function recordables({ plan, tree }: Outlook): Map<string, RecordEntry> {
  return new Map([...plan.refreshed].map(([path, entry]) => [path, recordable(entry, tree.lookedAt)]));
}

/** A machine without a record that holds exactly the newest generation goes on from it. */
async function adoptRecord(context: TransferContext, job: Job, outlook: Outlook): Promise<void> {
  const { marker } = outlook.lineage;
  if (marker?.version !== 2) return;
  const { source, raw } = job.mapping;
  const head: RecordHead = {
    place: placeOf(raw),
    source: source.directory,
    generation: marker.generation,
    id: marker.id,
    at: marker.at,
    fullAt: toIsoSeconds(context.clock.now()),
    manifest: undefined,
    trash: [],
    scope: scopeOf(job),
    sealed: typeof marker.seal === 'string',
  };
  replaceRecord(job.recordFile, head, patched(outlook.known(), recordables(outlook)));
}

/** A run that sends nothing still removes what is over. */
export async function pruneAfter(
  context: TransferContext,
  job: Job,
  place: Place,
  outlook: Outlook,
): Promise<void> {
  const head = outlook.record?.head;
  if (head === undefined || outlook.lineage.footing.kind !== 'recorded') return;
  const { keepDeleted: keep, keepGenerations } = job.settings;
  const now = context.clock.now().getTime();
  if (!isPruningDue(head.trash, { keep, keepGenerations, now, current: head.generation })) return;
  const left = await pruned(context, job, place, head);
  if (left === undefined) return;
  patchRecord(job.recordFile, { ...head, trash: left }, { file: job.recordFile }, new Map());
}
