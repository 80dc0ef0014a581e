/** The fleet at a moment: the state of each vault, and how its syncs went by days. What it is told of is the whole document. */

import { verifyClientReachable } from '../../clients/home/reachable.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import { type Days, readDays } from '../../runs/days.ts';
import type { SessionDocument } from '../../sessions/documents.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { overdueError } from '../status/overdue.ts';
import type { StatusSelection } from '../status/selection.ts';
import { readSessionStatus } from '../status/sessions.ts';
import { readStatus, statusOfMissing, type VaultStatus } from '../status/status.ts';

export interface FleetRequest {
  readonly selection: StatusSelection;
  /** How old a last success may be: as it was written, and in milliseconds. */
  readonly limit: { readonly text: string; readonly milliseconds: number };
  /** Days that are looked back on, today among them. */
  readonly days: number;
}

export interface FleetReport {
  /** ISO 8601: all of it is as it was then. */
  readonly at: string;
  readonly root: string;
  readonly version: string;
  readonly limit: string;
  readonly days: number;
  readonly counts: FleetCounts;
  /** Those that need somebody first. */
  readonly vaults: readonly VaultReport[];
  /** Claimed tenants; those whose server has ended without releasing them first. */
  readonly sessions: readonly SessionDocument[];
}

export interface FleetCounts {
  readonly vaults: number;
  readonly needy: number;
  readonly overdue: number;
  readonly damaged: number;
  /** Of which nobody has looked whether their remote holds what was sent. */
  readonly unverified: number;
  /** Of all vaults that tell. */
  readonly heldBytes: number;
  readonly sessions: number;
  /** Of which the server has ended without releasing them. */
  readonly interrupted: number;
}

export interface VaultReport {
  readonly client: string;
  readonly profile: string;
  readonly status: VaultStatus;
  /** Somebody has to look after it. */
  readonly isNeedy: boolean;
  /** Why, for people; what is worth to know where it is not needy. */
  readonly reasons: readonly string[];
  readonly history: Days;
  /** What its sources held at the last sync that tells. */
  readonly heldBytes: number | null;
  /** Milliseconds of the last day's longest good sync. */
  readonly took: number | null;
}

/** What is wrong with one vault is told in its row. No remote is asked. */
export async function readFleet(
  context: Context,
  { selection, limit, days }: FleetRequest,
): Promise<FleetReport> {
  const { layouts, table, missing } = selection;
  const sessions = readSessionStatus(selection.tenants).sort(
    (one, other) =>
      Number(isInterrupted(other)) - Number(isInterrupted(one)) || compare(one.tenantId, other.tenantId),
  );
  const now = context.clock.now();
  const maxAge = limit.milliseconds;
  const { vaults: statuses } = await readStatus(context, { layouts, table, checkRemote: false, maxAge });
  const found = statuses.map((status, index) => {
    const layout = layouts[index] as ProfileLayout;
    return vaultReport(status, historyOf(layout, status, { days, now, table }), { limit: limit.text, now });
  });
  const absent = missing.map(({ layout, error }) =>
    vaultReport(statusOfMissing(layout, error), nothingIn(days), { limit: limit.text, now }),
  );
  const vaults = [...found, ...absent].sort(
    (one, other) =>
      urgencyOf(other) - urgencyOf(one) ||
      compare(one.client, other.client) ||
      compare(one.profile, other.profile),
  );
  const { root, version } = context;
  const counts = countsOf(vaults, sessions);
  return { at: toIsoSeconds(now), root, version, limit: limit.text, days, counts, vaults, sessions };
}

export function isInterrupted({ state }: SessionDocument): boolean {
  return state === 'interrupted';
}

/** What may be lost comes first, then what was sent longest ago. */
function urgencyOf({ isNeedy, status: { health, age, lastVerification } }: VaultReport): number {
  if (!isNeedy) return 0;
  if (lastVerification?.outcome === 'damaged') return 4;
  if (health === 'error') return 3;
  if (age?.isOverdue !== true) return 1;
  // never is longest ago; a success that is yet to come is none
  const seconds = age.successAge === null || age.successAge < 0 ? Number.MAX_SAFE_INTEGER : age.successAge;
  return 2 + seconds / (Number.MAX_SAFE_INTEGER + 1);
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

function countsOf(vaults: readonly VaultReport[], sessions: readonly SessionDocument[]): FleetCounts {
  const amount = (is: (vault: VaultReport) => boolean): number => vaults.filter(is).length;
  return {
    vaults: vaults.length,
    needy: amount(({ isNeedy }) => isNeedy),
    overdue: amount(({ status }) => status.age?.isOverdue === true),
    damaged: amount(({ status }) => status.lastVerification?.outcome === 'damaged'),
    unverified: amount(({ status }) => status.lastVerification === null),
    heldBytes: vaults.reduce((sum, { heldBytes }) => sum + (heldBytes ?? 0), 0),
    sessions: sessions.length,
    interrupted: sessions.filter(isInterrupted).length,
  };
}

function vaultReport(status: VaultStatus, history: Days, at: { limit: string; now: Date }): VaultReport {
  const { client, profile, health, notes, age } = status;
  const isOverdue = age?.isOverdue === true;
  return {
    client,
    profile,
    status,
    isNeedy: isOverdue || !['healthy', 'unmounted'].includes(health),
    reasons: [...(isOverdue ? [overdueError(status, at.limit, at.now).message] : []), ...notes],
    history,
    heldBytes: history.held.findLast((value) => value !== null) ?? null,
    took: history.took.findLast((value) => value !== null) ?? null,
  };
}

/** A ledger that can't be read tells nothing; why, its status has told. */
function historyOf(
  layout: ProfileLayout,
  { places }: VaultStatus,
  { days, now, table }: { days: number; now: Date; table: StatusSelection['table'] },
): Days {
  try {
    verifyClientReachable(layout, table);
    return readDays(layout.ledger, { own: places, days, now });
  } catch (thrown) {
    if (toCryptosyncError(thrown).code === 'UNEXPECTED') throw thrown;
    return nothingIn(days);
  }
}

function nothingIn(days: number): Days {
  return { outcomes: '-'.repeat(days), took: new Array(days).fill(null), held: new Array(days).fill(null) };
}
