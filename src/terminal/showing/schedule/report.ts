/** What `schedule` shows: jobs with their next times, files, and the table of all. */
import type { JobDocument, ScheduleDocument } from '../../../operations/schedule/document.ts';
import type { ListedSchedule } from '../../../operations/schedule/list.ts';
import { toLogTime } from '../../../system/clock.ts';
import { printable } from '../style.ts';
import { renderTable } from '../table.ts';

/** By the machine's own clock, as the expressions are. */
function localTime(iso: string): string {
  return toLogTime(new Date(iso)).slice(0, 'YYYY-MM-DD HH:MM'.length);
}

export function jobLines(jobs: readonly JobDocument[]): string[] {
  const rows = jobs.map(({ job, when, next, ...how }) => [
    job,
    printable(when),
    next.length === 0 ? '' : `${next.map(localTime).join(', ')}, …${delay(how)}`,
  ]);
  const isSpread = jobs.some((job) => delay(job) !== '');
  return [
    ...(rows.length === 0 ? [] : renderTable(rows).split('\n')),
    ...(isSpread ? ['Each client has a delay of its own, so that they do not all come at once.'] : []),
  ];
}

/** What comes on top of an expression; with systemd the times do not have it yet. */
function delay({
  using,
  jitterSeconds,
  offsetMinutes,
}: Pick<JobDocument, 'using' | 'jitterSeconds' | 'offsetMinutes'>): string {
  if (jitterSeconds === 0) return '';
  if (using === 'systemd') return `, up to ${durationText(jitterSeconds)} later`;
  return offsetMinutes === 0 ? '' : ` (${offsetMinutes} min later)`;
}

function durationText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

export function changeLines({ written, removed }: Pick<ScheduleDocument, 'written' | 'removed'>): string[] {
  const place = (path: string): string => (path === 'crontab' ? "this user's crontab" : printable(path));
  return [
    ...written.map((path) => `  wrote ${place(path)}`),
    ...removed.map((path) => `  removed what it had in ${place(path)}`),
  ];
}

/** The files of a plan, as they would be. */
export function fileLines(files: readonly { readonly path: string; readonly text: string }[]): string[] {
  return files.flatMap(({ path, text }, index) => [
    ...(index === 0 ? [] : ['']),
    `# ${printable(path)}`,
    text.trimEnd(),
  ]);
}

const heading = ['CLIENT', 'PROFILE', 'JOB', 'WHEN', 'USING', 'NEXT'];

export function scheduleTable(schedules: readonly ListedSchedule[]): string {
  const rows = schedules.flatMap(({ client, profile, jobs, error }) =>
    error === undefined
      ? jobs.map(({ job, when, using, next }) => [
          client,
          profile,
          job,
          printable(when),
          using,
          next[0] === undefined ? 'at boot' : localTime(next[0]),
        ])
      : [[client, profile, '?', printable(error.message)]],
  );
  return rows.length === 0 ? 'Nothing is on a schedule.' : renderTable([heading, ...rows]);
}
