/** What waits to be sent, of all mappings of a profile: by the source and the record, and no remote is asked. */
import { type ProfileLayout, recordFile } from '../../clients/layout.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { placeOf } from '../../remotes/remote.ts';
import type { LastRun } from '../../runs/last-sync.ts';
import { changesWaiting, type WaitingChanges } from '../../sync/upload/waiting.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { mappingsOf } from '../sync/mapping.ts';
import { jobSettingsOf } from '../sync/sync-run.ts';

/** Null with a reason where it can't be told: that is not the same as nothing. */
export type Waiting =
  | (WaitingChanges & { readonly unknown: null })
  | ({ readonly [Name in keyof WaitingChanges]: null } & { readonly unknown: string });

/** @param status as it was just read. @throws INTERRUPTED */
export async function waitingOf(
  context: Context,
  layout: ProfileLayout,
  status: { readonly lastSync: LastRun | null; readonly remote: object | null },
): Promise<Waiting> {
  if (status.lastSync?.outcome === 'unfinished') return unknown('a sync is at work, or was killed');
  if (status.remote === null) return unknown('there is no remote');
  try {
    return await summed(context, layout);
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code === 'INTERRUPTED') throw error;
    return unknown(error.message);
  }
}

async function summed(context: Context, layout: ProfileLayout): Promise<Waiting> {
  const profile = readProfile(layout);
  let sum: WaitingChanges = { files: 0, bytes: 0, deletions: 0, renames: 0, isNothing: true };
  for (const mapping of mappingsOf(layout, profile, {})) {
    const found = await changesWaiting(context, {
      mapping,
      recordFile: recordFile(layout, placeOf(mapping.raw), mapping.configuredSource),
      settings: jobSettingsOf({}, profile, mapping),
    });
    if ('unknown' in found) return unknown(found.unknown);
    sum = {
      files: sum.files + found.files,
      bytes: sum.bytes + found.bytes,
      deletions: sum.deletions + found.deletions,
      renames: sum.renames + found.renames,
      isNothing: sum.isNothing && found.isNothing,
    };
  }
  return { ...sum, unknown: null };
}

function unknown(why: string): Waiting {
  return { files: null, bytes: null, deletions: null, renames: null, isNothing: null, unknown: why };
}
