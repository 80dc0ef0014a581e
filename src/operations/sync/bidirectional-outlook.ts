/**
 * Looking before a bidirectional sync moves anything: how both sides are, what became of each since they were last
 * equal, and what follows from it. It changes nothing; what may not be done is refused here.
 */

import { verifyPlacesFit } from '../../remotes/bisync.ts';
import {
  type Base,
  isUnfinished,
  type Journal,
  readBase,
  readJournal,
  recover,
} from '../../remotes/bisync-base.ts';
import { findIdentical } from '../../remotes/bisync-identical.ts';
import { type BothSides, type Look, lookAtBoth, type Pair } from '../../remotes/bisync-look.ts';
import {
  type BothWaysPlan,
  findDoubtful,
  keepCompanions,
  type Preference,
  planBothSides,
  type Situation,
} from '../../remotes/bisync-plan.ts';
import { controlFiles } from '../../remotes/control-files.ts';
import { readFeatures } from '../../remotes/features.ts';
import { verifySource } from '../../remotes/guard.ts';
import { type MarkerReading, readMarker } from '../../remotes/marker.ts';
import { placeOf } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { TransferContext } from '../context.ts';
import { companionsOf, verifyNotVanished, verifyPlan } from './bidirectional-guard.ts';
import type { Job } from './sync-job.ts';
import { verifyApart, verifyRemote } from './upload-guard.ts';

export interface Outlook {
  /** What is synced with what; a base of something else does not count. */
  readonly subject: string;
  readonly footing: Footing;
  readonly now: BothSides<Look>;
  /** The base, with what an interrupted run finished; empty where the run begins anew. */
  readonly situation: Situation;
  readonly plan: BothWaysPlan;
  readonly base: Base | undefined;
  readonly journal: Journal | undefined;
}

const nothing: BothSides<Look> = { local: new Map(), remote: new Map() };

export function pairOf({ mapping, view, settings }: Job): Pair {
  const { include, flags } = settings;
  return { directory: mapping.source.directory, remote: view, include, flags };
}

/** What does not change while a run goes on, and is asked of the remote only once. */
interface Footing {
  readonly marker: MarkerReading;
  /** Of the remote's times, in nanoseconds. */
  readonly precision: number;
}

/**
 * @param before an earlier look of the same run.
 * @throws what the guard refuses; BISYNC_NEEDS_RESYNC when it does not know how the sides came to differ
 */
export async function lookAhead(context: TransferContext, job: Job, before?: Outlook): Promise<Outlook> {
  const { marker, precision } = before?.footing ?? (await footingOf(context, job));
  const subject = subjectOf(job);
  const base = readBase(job.bisyncDirectory);
  const found = readJournal(job.bisyncDirectory);
  const journal = found?.subject === subject && isUnfinished(found, base) ? found : undefined;
  if (before === undefined) verifyComplete(job, marker, journal);
  const now = await lookAtBoth(pairOf(job), context);
  const known = base?.subject === subject ? base : undefined;
  verifyNotVanished(job, now, known !== undefined || journal !== undefined);
  const beginning = beginningOf(job, now, known, base !== undefined, journal);
  const from = beginning.isAnew || known === undefined ? nothing : known.looks;
  const recovered = recover(journal ?? { copies: [] }, from, now, precision);
  const situation: Situation = {
    now,
    base: recovered.looks,
    torn: recovered.torn,
    precision,
    ...beginning,
  };
  const plan = await planFor(context, job, situation);
  verifyPlan(job, now, plan, beginning.isAnew);
  return { subject, footing: { marker, precision }, now, situation, plan, base: known, journal };
}

async function footingOf(context: TransferContext, job: Job): Promise<Footing> {
  const marker = await verifyRemoteSide(context, job);
  return { marker, precision: await verifyTimes(context, job) };
}

/** What must be as it is for any bidirectional sync. @throws CONFIG_INVALID, VAULT_MISSING */
export function verifyPossible(job: Job): void {
  const { source, raw, mode } = job.mapping;
  if (mode === 'copy') {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      'a bidirectional sync has no mode copy: it makes both sides equal',
      {
        hint: 'Leave the mode out, or choose the direction upload or download.',
      },
    );
  }
  verifyApart(source, raw);
  verifyPlacesFit(pairOf(job));
  // an empty one may be filled by the remote: `verifyNotVanished` decides
  if (source.inspect() === 'missing') verifySource({ ...source, state: 'missing' });
}

async function verifyRemoteSide(context: TransferContext, { mapping, view }: Job): Promise<MarkerReading> {
  const files = controlFiles(view, context);
  const marker = await readMarker(files);
  await verifyRemote(mapping.source, view, marker, files);
  return marker;
}

/** @returns the precision of the remote's times in nanoseconds. @throws CONFIG_INVALID when it keeps none */
async function verifyTimes(context: TransferContext, { view }: Job): Promise<number> {
  const { timePrecision: precision } = await readFeatures(view, context);
  if (precision !== undefined) return precision;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${placeOf(view)} keeps no modification times, so changes on it can't be told`,
    { hint: 'Sync it in one direction: --direction upload or --direction download. Nothing was changed.' },
  );
}

/** Another machine's run that has not ended, or an upload, leaves a mixture of two states. @throws VAULT_MISMATCH */
function verifyComplete(job: Job, marker: MarkerReading, journal: Journal | undefined): void {
  if (marker.kind !== 'present' || marker.marker.state === 'committed') return;
  if (journal !== undefined || job.request.force === true) return;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `the last sync to ${placeOf(job.mapping.raw)} did not end: it may be a mixture of two states`,
    { hint: 'Finish it from the machine, and in the direction, that began it. To take it as it is: --force' },
  );
}

/** Everything that makes a base worthless when it changes. */
function subjectOf({ mapping: { raw, crypt, include, source } }: Job): string {
  return JSON.stringify([source.directory, placeOf(raw), crypt ?? null, include]);
}

interface Beginning {
  /** Without a base: what differs was changed on both sides. */
  readonly isAnew: boolean;
  readonly preference: Preference;
}

function beginningOf(
  { request, profile, mapping: { source, raw } }: Job,
  now: BothSides<Look>,
  base: Base | undefined,
  hasOtherBase: boolean,
  journal: Journal | undefined,
): Beginning {
  if (request.resync !== undefined) return { isAnew: true, preference: request.resync };
  if (journal !== undefined) return { isAnew: journal.isAnew, preference: journal.preference };
  if (base !== undefined) return { isAnew: false, preference: 'newer' };
  const isFirst = now.local.size === 0 || now.remote.size === 0;
  if (isFirst || profile.autoResync === true) return { isAnew: true, preference: 'newer' };
  const why = hasOtherBase
    ? 'the remote, its encryption or the patterns are others than at their last sync'
    : 'it is not known how they came to differ';
  throw new CryptosyncError(
    'BISYNC_NEEDS_RESYNC',
    `${source.directory} and ${placeOf(raw)} both hold files, and ${why}`,
    {
      hint: 'Say whose version counts where they differ: --resync --prefer local, or --resync --prefer remote. The other versions are kept in the trash.',
      details: { localFiles: now.local.size, remoteFiles: now.remote.size },
    },
  );
}

async function planFor(context: TransferContext, job: Job, situation: Situation): Promise<BothWaysPlan> {
  const identical = await findIdentical(pairOf(job), findDoubtful(situation), context);
  return keepCompanions(planBothSides(situation, identical), situation.now, companionsOf(job.mapping.source));
}
