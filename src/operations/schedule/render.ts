/** What a schedule comes to as texts, whether or not this machine could hold them. */
import { join } from 'node:path';
import type { ProfileName } from '../../clients/names.ts';
import { renderLine } from '../../schedules/cron/lines.ts';
import { newTable, tableOf } from '../../schedules/cron/tables.ts';
import { tableDirectory, unitDirectory } from '../../schedules/places.ts';
import { renderUnits } from '../../schedules/systemd/units.ts';
import type { Context } from '../context.ts';
import { prepareSchedule } from './change.ts';
import type { JobDocument } from './document.ts';
import { ownerOf } from './owner.ts';
import type { ScheduleRequest } from './request.ts';

export interface RenderedSchedule {
  readonly client: string;
  readonly profile: ProfileName;
  readonly jobs: readonly JobDocument[];
  /** `crontab` for lines of a user's own. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** @throws as decideSchedule, but for what stands where the files belong */
export async function renderSchedule(context: Context, request: ScheduleRequest): Promise<RenderedSchedule> {
  const { layout, directory, isUsers } = request;
  const { profile, put, jobs } = await prepareSchedule(context, request);
  const owner = ownerOf(context, layout, profile);
  const units = put
    .filter(({ job }) => job.using === 'systemd')
    .flatMap(({ job, when }) => renderUnits(job, owner, when));
  const table = tableDirectory({ directory, isUsers });
  const lines = put
    .filter(({ job }) => job.using === 'cron')
    .map(({ job, when }) => renderLine(job, owner, when, table === undefined ? undefined : 'root'));
  const files = [
    ...units.map(({ name, text }) => ({
      path: join(unitDirectory({ directory, isUsers }, context), name),
      text,
    })),
    ...(lines.length === 0
      ? []
      : [
          table === undefined
            ? { path: 'crontab', text: lines.join('') }
            : { path: tableOf(table, layout.client), text: newTable + lines.join('') },
        ]),
  ];
  return { client: layout.client, profile: layout.profile, jobs, files };
}
