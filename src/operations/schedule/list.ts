/** What is on the schedules of profiles. */

import { rememberedPut } from '../../schedules/plan.ts';
import { readSchedule } from '../../schedules/record.ts';
import type { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { overallError } from '../several/results.ts';
import { forEachProfile, type Selection, selectProfiles } from '../targets.ts';
import { describeJobs, type JobDocument } from './document.ts';

export interface ListedSchedule {
  readonly client: string;
  readonly profile: string;
  readonly jobs: readonly JobDocument[];
  readonly error?: CryptosyncError;
}

export interface SchedulesDocument {
  readonly schedules: readonly ListedSchedule[];
  readonly error?: CryptosyncError;
}

/** A schedule that can't be read is told in its row. @throws INVALID_CLIENT_ID, USAGE, CLIENT_NOT_FOUND */
export async function listSchedules(context: Context, selection: Selection): Promise<SchedulesDocument> {
  const results = await forEachProfile(selectProfiles(context, selection), context.signal, async (layout) => {
    return await describeJobs(context, layout, readSchedule({ layout }).map(rememberedPut));
  });
  const schedules = results.map(({ layout, result = [], error }) => ({
    client: layout.client,
    profile: layout.profile,
    jobs: result,
    ...(error && { error }),
  }));
  const error = overallError(results.map((one) => one.error));
  return { schedules, ...(error && { error }) };
}
