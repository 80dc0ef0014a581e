/** A schedule as `--json` prints it. */
import type { ProfileLayout } from '../../clients/layout.ts';
import { jitterName } from '../../schedules/cron/lines.ts';
import type { Job } from '../../schedules/job.ts';
import type { Put, SchedulePlan } from '../../schedules/plan.ts';
import { shift } from '../../schedules/when/jitter.ts';
import { nextRuns } from '../../schedules/when/when.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import type { Context } from '../context.ts';

export interface JobDocument extends Pick<Job, 'when' | 'using'> {
  readonly job: Job['kind'];
  /** The next three times, ISO 8601; none for a mount at boot. With systemd each may be up to `jitterSeconds` later. */
  readonly next: readonly string[];
  readonly jitterSeconds: number;
  /** With cron: the minutes by which this job comes later than its expression says. */
  readonly offsetMinutes: number;
}

export interface ScheduleDocument {
  readonly client: string;
  readonly profile: string;
  readonly jobs: readonly JobDocument[];
  /** Files, and `crontab` for the user's own. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

/** Says when jobs come. @throws USAGE for a time that never does */
export async function describeJobs(
  { clock, environment }: Pick<Context, 'clock' | 'environment'>,
  layout: ProfileLayout,
  puts: readonly Put[],
): Promise<JobDocument[]> {
  const described: JobDocument[] = [];
  for (const { job, when } of puts) {
    const { kind, using, jitter } = job;
    const base = { job: kind, when: job.when, using, jitterSeconds: Math.ceil(jitter / 1000) };
    if (when === undefined) {
      described.push({ ...base, next: [], offsetMinutes: 0 });
      continue;
    }
    const shifted =
      using === 'cron' && when.cron !== undefined
        ? shift(when.cron, jitterName(kind, { layout }), jitter)
        : undefined;
    const own = shifted === undefined ? when : { ...when, cron: shifted.cron };
    const next = await nextRuns(own, { environment, from: clock.now(), amount: 3 });
    described.push({ ...base, next: next.map(toIsoSeconds), offsetMinutes: shifted?.offset ?? 0 });
  }
  return described;
}

/** What a plan writes and removes. */
export function filesOf({
  writes,
  removes,
  crontab,
}: SchedulePlan): Pick<ScheduleDocument, 'written' | 'removed'> {
  const isLess = crontab !== undefined && !crontab.adds;
  return {
    written: [...writes.map(({ path }) => path), ...(crontab === undefined || isLess ? [] : ['crontab'])],
    removed: [...removes, ...(isLess ? ['crontab'] : [])],
  };
}
