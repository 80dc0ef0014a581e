/** Syncing a profile: each of its mappings, one after the other, and the record of the whole run. */

import { verifyClientReachable } from '../../clients/home/reachable.ts';
import { isMissing, readProfileIfPresent } from '../../clients/profile-store.ts';
import type { Place } from '../../runs/place.ts';
import { recorded } from '../../runs/recorded.ts';
import type { SyncResult } from '../../sync/result.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import type { Context } from '../context.ts';
import { placesAsked } from '../places.ts';
import { syncMappings } from './sync-mappings.ts';
import { type Attempt, describeIntent, describeSync } from './sync-record.ts';
import type { SyncRequest } from './sync-request.ts';

/**
 * Syncs a profile: one result a mapping. A failure is a result too: its counts and its error are told together.
 * @throws VAULT_MISSING when the client's store is sick: nothing can be recorded there either
 */
export async function syncProfile(context: Context, request: SyncRequest): Promise<SyncResult[]> {
  const { layout } = request;
  const run = (): Promise<Attempt[]> => syncMappings(context, request);
  const prepare = (): void => verifyClientReachable(layout);
  if (request.dryRun) prepare();
  // the ledger of a client that is not there would make its directories; one that is gone is told to who watches
  const table = readMountTable();
  const isUnrecorded = request.dryRun || isMissing(layout, table);
  const attempts = isUnrecorded
    ? await run()
    : await recorded(
        context,
        { layout, operation: 'sync', ...describeIntent(placesFor(request, table)), prepare },
        run,
        describeSync,
      );
  return attempts.map(({ result }) => result);
}

/** Where the run is meant to go; what is wrong with the profile is found by the run itself. */
function placesFor({ layout, ...overrides }: SyncRequest, table: readonly MountEntry[]): Place[] {
  try {
    return placesAsked(layout, readProfileIfPresent(layout, undefined, table), overrides);
  } catch {
    return [];
  }
}
