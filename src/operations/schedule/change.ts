/** Putting jobs of a profile on its schedule, and taking them off. */

import { nameOf } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type Ending, logged } from '../../runs/recorded.ts';
import { applyPlan } from '../../schedules/apply.ts';
import { atBoot, type HostSystem, type Job, type JobKind, jobKinds } from '../../schedules/job.ts';
import { type Put, planChange, type SchedulePlan } from '../../schedules/plan.ts';
import { readSchedule } from '../../schedules/record.ts';
import { cronOf, readWhen, type When } from '../../schedules/when/when.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { configLockRequest } from '../locks.ts';
import { underLocks } from '../under-locks.ts';
import { describeJobs, filesOf, type JobDocument, type ScheduleDocument } from './document.ts';
import { callOf, ownerOf } from './owner.ts';
import type { ScheduleRequest, UnscheduleRequest } from './request.ts';
import { systemFor, verifyOpens, verifyTurnsOn } from './system.ts';

/** Jobs that can be written, wherever that is. */
export interface Prepared {
  readonly profile: Profile;
  readonly put: readonly Put[];
  readonly jobs: readonly JobDocument[];
}

/** What was decided, and what it was decided by. */
export interface Decided extends Prepared {
  readonly before: readonly Job[];
  readonly plan: SchedulePlan;
}

/**
 * Checks what is asked for.
 * @throws USAGE for a time that is none; PASSWORD_REQUIRED, KEY_REQUIRED for a job that would have to ask somebody;
 * PROFILE_NOT_FOUND, TOOL_MISSING
 */
export async function prepareSchedule(context: Context, request: ScheduleRequest): Promise<Prepared> {
  const profile = readProfile(request.layout);
  const using = await systemFor(context, request);
  const put: Put[] = [];
  for (const kind of jobKinds) {
    const time = request.times[kind];
    if (time !== undefined) put.push(await putOf(context, { request, kind, using }, time));
  }
  if (put.length === 0) throw new CryptosyncError('USAGE', 'no job is named', { advice: { to: 'name-job' } });
  const jobs = await describeJobs(context, request.layout, put);
  for (const { job } of put) verifyUnattended(request, profile, job);
  return { profile, put, jobs };
}

/** Decides what is written. It changes nothing. @throws as prepareSchedule; CONFIG_INVALID for a file of somebody else's */
export async function decideSchedule(context: Context, request: ScheduleRequest): Promise<Decided> {
  const prepared = await prepareSchedule(context, request);
  for (const { job } of prepared.put) verifyTurnsOn(context, job.using, request);
  await verifyOpens(context, request);
  const owner = ownerOf(context, request.layout, prepared.profile);
  const before = readSchedule(owner);
  const plan = await planChange(context, owner, { before, put: prepared.put, drop: [] });
  return { ...prepared, before, plan };
}

async function putOf(
  context: Context,
  { request, kind, using }: { request: ScheduleRequest; kind: JobKind; using: HostSystem },
  time: string,
): Promise<Put> {
  const when = await whenOf(context, kind, time, using);
  const { isUsers, directory, jitter, onFailure, credentials, logFile, settingsFile } = request;
  const text = when?.text ?? atBoot;
  const since = toIsoSeconds(context.clock.now());
  return {
    when,
    job: {
      kind,
      when: text,
      using,
      isUsers,
      directory,
      jitter: when === undefined ? 0 : jitter,
      onFailure,
      credentials,
      call: { ...callOf(context, request.program), logFile, settingsFile },
      since,
    },
  };
}

/** @throws USAGE */
async function whenOf(
  { environment, clock }: Context,
  kind: JobKind,
  time: string,
  using: HostSystem,
): Promise<When | undefined> {
  if (kind === 'mount') {
    if (time === atBoot) return undefined;
    throw new CryptosyncError('USAGE', `a vault is mounted ${atBoot}, not ${JSON.stringify(time)}`);
  }
  const when = readWhen(time);
  if (using === 'cron') await cronOf(when, { environment, from: clock.now() });
  return when;
}

/** Nobody is there at night to be asked. @throws PASSWORD_REQUIRED, KEY_REQUIRED */
function verifyUnattended({ layout }: ScheduleRequest, profile: Profile, { kind, credentials }: Job): void {
  const has = (name: string): boolean => credentials.some((credential) => credential.name === name);
  const opens = kind === 'mount' || kind === 'drill';
  const { client, profile: name } = layout;
  if (
    opens &&
    !has('password') &&
    profile.passwordFile === undefined &&
    profile.passwordCommand === undefined
  ) {
    throw new CryptosyncError(
      'PASSWORD_REQUIRED',
      `nobody is there to type the password of ${nameOf(layout)} for its ${kind}`,
      {
        advice: { to: 'schedule-password', client, profile: name },
      },
    );
  }
  if (
    kind !== 'mount' &&
    profile.crypt !== undefined &&
    !has('key') &&
    profile.encryptionKeyCommand === undefined
  ) {
    throw new CryptosyncError(
      'KEY_REQUIRED',
      `nobody is there to give the key of ${nameOf(layout)} for its ${kind}`,
      {
        advice: { to: 'schedule-key', client, profile: name },
      },
    );
  }
}

/** Writes jobs, in the place of those of the same kind. @throws as decideSchedule; LOCKED */
export async function addToSchedule(context: Context, request: ScheduleRequest): Promise<ScheduleDocument> {
  const { layout, wait } = request;
  const names = jobKinds.filter((kind) => request.times[kind] !== undefined).join(', ');
  const run = { subject: nameOf(layout), operation: 'schedule add', intent: names };
  return await underLocks<Decided, ScheduleDocument>(
    context,
    { wait, record: (work) => logged(context, run, work, { describe }) },
    {
      look: () => decideSchedule(context, request),
      locks: () => [configLockRequest(layout, 'schedule')],
      act: async ({ profile, before, plan, jobs }) => {
        await applyPlan(context, ownerOf(context, layout, profile), plan, before);
        return { client: layout.client, profile: layout.profile, jobs, ...filesOf(plan) };
      },
    },
  );
}

function describe({ written, removed }: ScheduleDocument): Ending {
  return {
    outcome: removed.length > 0 && written.length === 0 ? 'removed' : 'written',
    did: [...written, ...removed].join(', '),
  };
}

export interface Undecided {
  readonly profile: Profile;
  readonly before: readonly Job[];
  readonly plan: SchedulePlan;
}

/** Decides what is taken off. It changes nothing. @throws PROFILE_NOT_FOUND, CONFIG_INVALID */
export async function decideRemoval(
  context: Context,
  { layout, jobs }: UnscheduleRequest,
): Promise<Undecided> {
  const profile = readProfile(layout);
  const owner = ownerOf(context, layout, profile);
  const before = readSchedule(owner);
  const kinds = jobs.length === 0 ? jobKinds : jobs;
  const plan = await planChange(context, owner, { before, put: [], drop: kinds });
  return { profile, before, plan };
}

/** Takes jobs off, with all that was written of them. @throws as decideRemoval; LOCKED */
export async function removeFromSchedule(
  context: Context,
  request: UnscheduleRequest,
): Promise<ScheduleDocument> {
  const { layout, wait } = request;
  const run = {
    subject: nameOf(layout),
    operation: 'schedule remove',
    intent: request.jobs.join(', ') || undefined,
  };
  return await underLocks<Undecided, ScheduleDocument>(
    context,
    { wait, record: (work) => logged(context, run, work, { describe }) },
    {
      look: () => decideRemoval(context, request),
      locks: () => [configLockRequest(layout, 'schedule')],
      act: async ({ profile, before, plan }) => {
        await applyPlan(context, ownerOf(context, layout, profile), plan, before);
        return { client: layout.client, profile: layout.profile, jobs: [], ...filesOf(plan) };
      },
    },
  );
}
