/** Carrying a plan of both directions out: what goes there as an upload does it, what comes here as a download does. */
import { dirname } from 'node:path';
import type { Place } from '../../remotes/place.ts';
import type { TransferResult } from '../../remotes/transfer.ts';
import { nameOfBytes } from '../../system/names.ts';
import type { TransferContext } from '../context.ts';
import { type CarryInSettings, settleIn } from '../here/carry-in.ts';
import { fetchAll } from '../here/fetch-in.ts';
import { bothWays, noteIncoming, removeIncoming } from '../here/incoming.ts';
import { type HerePlan, isNothingHere } from '../here/plan.ts';
import { openStaging } from '../here/staging.ts';
import type { LocalTrash } from '../here/trash.ts';
import type { Job } from '../job.ts';
import { objectOf } from '../tree/objects.ts';
import { carryOut } from '../upload/carrying/carry-out.ts';
import { tellLeft } from '../upload/carrying/leave.ts';
import { tellStrangers } from '../upload/carrying/strangers.ts';
import { bytesIn, progressOf } from '../upload/progress.ts';
import type { Outlook } from './outlook.ts';
import { listedIn } from './trees/outcome.ts';

export interface CarrySettings {
  readonly job: Job;
  readonly place: Place;
  /** Below the place, of this pass. */
  readonly trashThere: string;
  readonly trashHere: LocalTrash;
}

export interface CarriedBoth {
  readonly transferred: TransferResult;
  /** By path: the hash of what was read or came. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly listed: ReadonlyMap<string, string>;
}

/** All that comes has come before anything changes on either side. @throws what either side fails with, INTERRUPTED */
export async function carryBoth(
  context: TransferContext,
  { moves, plan, footing: { refused } }: Outlook,
  { job, place, trashThere, trashHere }: CarrySettings,
): Promise<CarriedBoth> {
  const root = job.mapping.source.directory;
  const staging = openStaging(root, dirname(job.recordFile));
  const { environment, signal } = context;
  const {
    coming: { gets },
    going: { puts, links, trash },
  } = moves;
  const progress = progressOf(job, place, {
    bytes: bytesIn(gets) + bytesIn(puts),
    transfers: gets.length + puts.length + links.length,
    deletes: moves.coming.trash.length + trash.length,
  });
  const { onCarried } = progress;
  const carryIn: CarryInSettings = {
    root,
    staging,
    trash: trashHere,
    environment,
    signal,
    onCarried,
    knowsMetadata: true,
  };
  try {
    const coming = await withTargets(place, moves.coming);
    const come = await fetchAll(place, coming, carryIn);
    const { source } = job.mapping;
    const going = { source, trash: trashThere, signal, refused, onCarried };
    const gone = await carryOut(place, moves.going, going);
    tellStrangers(context, place, gone.strangers);
    tellLeft(context, gone);
    if (!isNothingHere(coming)) noteIncoming(job, bothWays);
    await settleIn(coming, carryIn);
    removeIncoming(job);
    staging.remove();
    const links = coming.makes.filter(({ kind }) => kind === 'link').length;
    const hashes = new Map(come.hashes);
    for (const [path, { hash }] of gone.entries) if (hash !== undefined) hashes.set(path, hash);
    const files = come.files + coming.hardLinks.length + links + gone.files;
    const bytes = come.bytes + gone.bytes;
    const listed = new Map(listedIn(gone.entries.values()));
    return { transferred: { files, bytes, deleted: plan.deletions.length }, hashes, listed };
  } catch (error) {
    staging.close();
    throw error;
  } finally {
    progress.end();
  }
}

/** PATH_MAX of Linux. */
const longestLink = 4096;

/** Where a link leads that no manifest tells of is read. */
async function withTargets(place: Place, coming: HerePlan): Promise<HerePlan> {
  const makes = [];
  for (const entry of coming.makes) {
    if (entry.kind !== 'link' || entry.target !== undefined) {
      makes.push(entry);
      continue;
    }
    const content = await place.read(objectOf(entry) ?? entry.path, longestLink);
    makes.push({ ...entry, target: nameOfBytes(content ?? Buffer.alloc(0)) });
  }
  return { ...coming, makes };
}
