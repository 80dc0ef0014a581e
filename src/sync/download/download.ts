/**
 * Downloading a mapping, in place: everything that has to come arrives beside the directory and is checked against the
 * manifest, and only then the directory is changed, by renames. What leaves its path is kept in this machine's trash.
 */

import { dirname, join } from 'node:path';
import { trashDirectory, trashGeneration } from '../../remotes/control/generations.ts';
import { identityOf } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { placeOf } from '../../remotes/remote.ts';
import { nothingTransferred } from '../../remotes/transfer.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { ensureDirectory, readIfPresent } from '../../system/files.ts';
import type { TransferContext } from '../context.ts';
import { type CarryInSettings, settleIn } from '../here/carry-in.ts';
import { type CarriedIn, fetchAll, stagedPath } from '../here/fetch-in.ts';
import { noteIncoming, removeIncoming } from '../here/incoming.ts';
import { type HerePlan, isNothingHere } from '../here/plan.ts';
import { openStaging } from '../here/staging.ts';
import { openLocalTrash, pruneLocalTrash } from '../here/trash.ts';
import { type Job, scopeOf } from '../job.ts';
import type { DirectionOutcome } from '../result.ts';
import { recordable, withObject } from '../tree/changes.ts';
import type { Entry } from '../tree/entry.ts';
import { type RecordEntry, type RecordHead, replaceRecord } from '../tree/record.ts';
import { scanTree } from '../tree/scan.ts';
import { bytesIn, progressOf } from '../upload/progress.ts';
import type { DownloadOutlook } from './outlook.ts';

export async function executeDownload(
  context: TransferContext,
  job: Job,
  place: Place,
  outlook: DownloadOutlook,
): Promise<DirectionOutcome> {
  const { plan, lineage, isHere } = outlook;
  const { directory } = job.mapping.source;
  const generation = lineage.marker?.generation ?? null;
  if (isHere && isNothingHere(plan)) {
    remember(context, job, outlook, new Map());
    removeIncoming(job);
    return { changed: false, transferred: nothingTransferred, consistent: true, generation };
  }
  ensureDirectory(directory, 0o700);
  const staging = openStaging(directory, dirname(job.recordFile));
  const trash = openLocalTrash(job.localTrash, context.clock.now());
  const progress = progressOf(job, place, {
    bytes: bytesIn(plan.gets),
    transfers: plan.gets.length,
    deletes: plan.trash.length,
  });
  const settings = {
    root: directory,
    staging,
    trash,
    environment: context.environment,
    signal: context.signal,
    onCarried: progress.onCarried,
    knowsMetadata: outlook.knowsMetadata,
    own: isHere ? undefined : outlook.target.find(({ path }) => path === ''),
    whereOf: await whereabouts(place, lineage.isUnfinished, generation ?? 0),
  };
  let carried: CarriedIn;
  try {
    carried = await fetchAll(place, plan, settings);
    job.mapping.source.verifyComing((name) => comingFile(name, plan, settings), place.name);
    noteIncoming(job, identityOf(lineage.marker));
    await settleIn(plan, settings);
  } catch (error) {
    staging.close();
    trash.close();
    throw error;
  } finally {
    progress.end();
  }
  staging.remove();
  trash.close();
  remember(context, job, outlook, carried.hashes);
  removeIncoming(job);
  if (job.settings.keepDeleted > 0) {
    pruneLocalTrash(job.localTrash, job.settings.keepDeleted, context.clock.now().getTime());
  }
  const deleted = plan.trash.filter(({ why, kind }) => why === 'deleted' && kind !== 'directory').length;
  const links = plan.makes.filter(({ kind }) => kind === 'link').length;
  return {
    changed: true,
    transferred: { files: carried.files + links, bytes: carried.bytes, deleted },
    consistent: true,
    generation,
    ...(trash.count() === 0 ? {} : { keptAt: trash.path }),
  };
}

/** A file at the top as it will be: what came, or what stays. */
function comingFile(name: string, plan: HerePlan, settings: CarryInSettings): Buffer | undefined {
  const staged = stagedPath(name, plan, settings);
  return readIfPresent(staged ?? join(settings.root, name));
}

/** Where a run that did not end has put what belongs to the generation before it. */
async function whereabouts(
  place: Place,
  isUnfinished: boolean,
  generation: number,
): Promise<(entry: Entry) => readonly string[]> {
  if (!isUnfinished) return ({ path }) => [path];
  const names = (await place.names(trashDirectory)).map((name) => name.replace(/\/$/, ''));
  const later = names.filter((name) => (trashGeneration(name) ?? 0) > generation);
  return ({ path }) => [path, ...later.map((name) => `${trashDirectory}/${name}/${path}`)];
}

function remember(
  context: TransferContext,
  job: Job,
  { lineage, record, target }: DownloadOutlook,
  hashes: ReadonlyMap<string, string>,
): void {
  const { marker } = lineage;
  if (marker === undefined) return;
  const { source, raw } = job.mapping;
  const at = toIsoSeconds(context.clock.now());
  const isSame = record?.head.id === identityOf(marker);
  const head: RecordHead = {
    place: placeOf(raw),
    source: source.directory,
    generation: marker.generation,
    id: identityOf(marker),
    at: marker.at,
    fullAt: isSame ? record.head.fullAt : at,
    manifest: isSame ? record.head.manifest : undefined,
    trash: isSame ? record.head.trash : [],
    scope: scopeOf(job),
    sealed: marker.version === 2 && typeof marker.seal === 'string',
  };
  const wanted = new Map(target.map((entry) => [entry.path, entry]));
  const lookedAt = BigInt(context.clock.now().getTime()) * 1_000_000n;
  replaceRecord(job.recordFile, head, recorded());

  /** What is here now and is what lies there; what is here alone (a copy) is not recorded. */
  function* recorded(): Generator<RecordEntry> {
    for (const entry of scanTree(source.directory, { isLeftOut: (path) => source.isLeftover(path) })) {
      const known = wanted.get(entry.path);
      if (known === undefined) continue;
      const hash = known.hash ?? hashes.get(entry.path);
      const attributes = known.attributes === undefined ? {} : { attributes: known.attributes };
      const now = { ...entry, ...attributes, ...(hash !== undefined && { hash }) };
      // the object keeps its own time, to which a file of this machine can be set only about
      yield recordable(withObject(known, now), lookedAt);
    }
  }
}
