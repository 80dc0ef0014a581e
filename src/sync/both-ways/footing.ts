/** What a sync in both directions stands on: the place as it says that it is, and what this machine recorded of it. */
import { dirname } from 'node:path';
import { type PlaceState, readState } from '../../remotes/control/state.ts';
import type { Place, PlaceFeatures } from '../../remotes/place.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { verifySource } from '../guard.ts';
import { bothWays, verifyOneState } from '../here/incoming.ts';
import { onlyIncluded } from '../include.ts';
import { type Job, scopeOf } from '../job.ts';
import { type Lineage, lineageFor } from '../lineage.ts';
import { verifyKnownThere } from '../proof.ts';
import type { Proven } from '../source.ts';
import type { OpenRecord, RecordEntry } from '../tree/record.ts';
import type { Refusals } from '../upload/carrying/refusals.ts';
import { readTree } from '../upload/chain.ts';
import { verifyApart, verifyNotNested, verifyUnmarked } from '../upload/guard.ts';
import { recordOf } from '../upload/outlook.ts';

/** What does not change while a run goes on, and is asked of the place only once. */
export interface Footing {
  readonly lineage: Lineage;
  readonly record: OpenRecord | undefined;
  readonly features: PlaceFeatures;
  /** Of the place's times, in nanoseconds. */
  readonly precision: number;
  /** What the newest manifest says, in the order of trees; undefined where there is none. */
  readonly told: readonly RecordEntry[] | undefined;
  /** What both sides were when they were last equal, in the order of trees; empty when that is not known. */
  readonly known: readonly RecordEntry[];
  /** What the source's files were opened with when the run began. */
  readonly proven: Proven;
  /** Differences by which the place keeps names apart, as the run learns them. */
  readonly apart: Set<string>;
  /** What the place has refused, as the run learns it. */
  readonly refused: Refusals;
}

/** @throws what the guard refuses of the place, CONFIG_INVALID when it keeps no times */
export async function footingOf(job: Job, place: Place): Promise<Footing> {
  const { source } = job.mapping;
  const proven = source.verifyProven();
  const state = await readState(place);
  const committed = state.kind === 'present' ? state.committed : undefined;
  const record = recordOf(job, committed);
  const features = await place.features();
  // before the lineage, which would call a place empty that holds something else
  if (state.kind !== 'present') await verifyUnmarked(source, place);
  const lineage = lineageFor(job, {
    state,
    record,
    // what is ahead is what this run brings together
    takeOver: isTakingOver(job) || isAhead(job, state, record),
  });
  if (lineage.footing.kind !== 'recorded' || job.request.full === true) await verifyNotNested(job, place);
  await verifyKnownThere(source, proven, place);
  const { marker } = lineage;
  const told =
    marker?.version === 2
      ? onlyIncluded(await readTree(place, marker, job.sealKey), job.settings.include)
      : undefined;
  const precision = precisionOf(job, place, features);
  const known = knownBefore(job, lineage, record);
  return { lineage, record, features, precision, told, known, proven, apart: new Set(), refused: new Map() };
}

/** What this machine holds is meant, or it was said which side's versions count. */
function isTakingOver({ request: { takeOver, force, resync } }: Job): boolean {
  return takeOver === true || force === true || resync !== undefined;
}

/** Another machine has gone on from what this one recorded, and has ended; a run of this one may have begun since. */
function isAhead({ machine }: Job, state: PlaceState, record: OpenRecord | undefined): boolean {
  if (state.kind !== 'present' || record === undefined) return false;
  if (state.begun !== undefined && state.begun.machine !== machine) return false;
  return state.committed !== undefined && state.committed.generation > record.head.generation;
}

/** A record of another crypt layer, of other patterns, or of what the place no longer goes on from says nothing. */
function knownBefore(job: Job, { footing, marker }: Lineage, record: OpenRecord | undefined): RecordEntry[] {
  if (record === undefined || record.head.scope !== scopeOf(job)) return [];
  const isOnward = footing.kind === 'recorded' || (marker?.generation ?? 0) > record.head.generation;
  return isOnward ? [...record.entries()].filter(({ isGone }) => isGone !== true) : [];
}

/** What must be as it is for any bidirectional sync. @throws CONFIG_INVALID, VAULT_MISSING */
export function verifyPossible(job: Job): void {
  const { source, raw, mode } = job.mapping;
  if (mode === 'copy') {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      'a bidirectional sync has no mode copy: it makes both sides equal',
      {
        advice: { to: 'leave-mode-out' },
      },
    );
  }
  verifyApart(source, raw);
  // an empty one may be filled by the remote: `verifyNotVanished` decides
  if (source.inspect() === 'missing') verifySource({ ...source, state: 'missing' });
  verifyOneState(dirname(job.recordFile), source, bothWays);
}

/** A place without times whose manifest is believed. */
export function isUntimed({ request }: Job, { timePrecision }: PlaceFeatures): boolean {
  return timePrecision === undefined && request.ownPlace === true;
}

/** Nanoseconds to which a time can be set here: node's utimes take a double of seconds. */
export const ownPrecision = 1000;

/**
 * @returns the precision of the place's times in nanoseconds: those of its manifest where it keeps none and nobody else
 * writes there. @throws CONFIG_INVALID when it keeps none
 */
function precisionOf(job: Job, place: Place, features: PlaceFeatures): number {
  const precision = isUntimed(job, features) ? ownPrecision : features.timePrecision;
  if (precision !== undefined) return Math.max(precision, ownPrecision);
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${place.name} keeps no modification times, so changes on it can't be told`,
    { advice: { to: 'choose-one-direction' } },
  );
}
