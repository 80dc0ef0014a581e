/** The runs of a profile, as its ledger has them. */

import { verifyClientReachable } from '../../clients/home/reachable.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type RecordedRun, readRuns } from '../../runs/history.ts';
import { isSuccess } from '../../runs/last-sync.ts';
import { kindOf } from '../../system/files.ts';

export interface HistoryRequest {
  readonly layout: ProfileLayout;
  /** How many runs at the most. */
  readonly limit: number;
}

export interface History {
  readonly client: string;
  readonly profile: string;
  /** The newest first. */
  readonly runs: readonly RecordedRun[];
  /** Whether there are older ones. */
  readonly isCut: boolean;
  /** The last syncs that came to a good end, the oldest first: how long they took, and how much there was. */
  readonly trend: readonly TrendPoint[];
}

export interface TrendPoint {
  /** ISO 8601. */
  readonly at: string;
  readonly durationMs: number | null;
  readonly heldBytes: number | null;
}

/** Syncs in the trend. */
const trendLength = 60;
/** Runs that are looked at for it. */
const trendReach = 2000;

/** @throws CLIENT_NOT_FOUND, PROFILE_NOT_FOUND; VAULT_MISSING when the tree's file system is dead */
export function readHistory({ layout, limit }: HistoryRequest): History {
  verifyClientReachable(layout);
  // what a profile left behind is told after it was taken away, too
  if (kindOf(layout.ledger) === 'none') readProfile(layout);
  const runs: RecordedRun[] = [];
  const trend: TrendPoint[] = [];
  let [seen, isCut] = [0, false];
  for (const run of readRuns(layout.ledger)) {
    seen += 1;
    if (runs.length < limit) runs.push(run);
    else isCut = true;
    if (isGood(run) && trend.length < trendLength) trend.push(pointOf(run));
    if (isCut && (trend.length >= trendLength || seen >= trendReach)) break;
  }
  const { client, profile } = layout;
  return { client, profile, runs, isCut, trend: trend.reverse() };
}

function isGood({ operation, outcome }: RecordedRun): boolean {
  return operation === 'sync' && isSuccess(outcome);
}

function pointOf({ endedAt, startedAt, durationMs, heldBytes }: RecordedRun): TrendPoint {
  return { at: endedAt ?? startedAt ?? '', durationMs, heldBytes };
}
