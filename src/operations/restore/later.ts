/** What may have come after the newest generation that a place tells of, for whoever asks for the newest. */
import type { Place } from '../../remotes/place.ts';
import type { Past } from '../../sync/generations/history.ts';
import type { Job } from '../../sync/job.ts';
import { openRecord } from '../../sync/tree/record.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import type { Context } from '../context.ts';
import type { RestoreRequest } from './request.ts';

/** Warns where this machine or the place itself says that the newest generation there may not be the last. */
export function warnOfLater(
  context: Pick<Context, 'warn'>,
  { name }: Place,
  { marker: { generation, at }, begun, told }: Past,
  { recordFile }: Pick<Job, 'recordFile'>,
): void {
  const newest = `generation ${generation} of ${at}`;
  const known = openRecord(recordFile)?.head;
  const isBehind = known !== undefined && known.generation > generation;
  const later = isBehind
    ? `generation ${known.generation} was committed there at ${known.at}`
    : 'there may have been later ones';
  if (told !== 'whole')
    context.warn(`the marker in ${name} is ${told}: ${newest} is what is known there, and ${later}`);
  else if (isBehind) context.warn(`${name} was set back: ${later}, and ${newest} is the newest now`);
  else if (begun !== undefined)
    context.warn(
      `a run that began at ${toIsoSeconds(new Date(begun.at))} has not ended in ${name}: what it was to bring is not in ${newest}`,
    );
}

export function asksForNewest({ generation, at }: Pick<RestoreRequest, 'generation' | 'at'>): boolean {
  return generation === undefined && at === undefined;
}
