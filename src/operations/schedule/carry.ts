/**
 * The schedule of a tree that has another place now: what was written for the old place is taken away, and written for
 * the new one. What does not stand on this machine is written nowhere: another machine may still be at it.
 */
import { basename, dirname } from 'node:path';
import { profileLayout } from '../../clients/layout.ts';
import { isClientId } from '../../clients/names.ts';
import type { Program } from '../../clients/scripts.ts';
import { applyPlan } from '../../schedules/apply.ts';
import { type Job, jobKinds, type Owner } from '../../schedules/job.ts';
import { lookAt } from '../../schedules/look.ts';
import { planChange, rememberedPut } from '../../schedules/plan.ts';
import { readSchedule, writeSchedule } from '../../schedules/record.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { callOf } from './owner.ts';

/**
 * `none`: it had none. `carried`: it runs the new place. `stays`: the old tree is still there, and so is its schedule.
 * `absent`: nothing of it stands on this machine. `failed`: some of it may be missing, which doctor tells.
 */
export type Carried = 'none' | 'carried' | 'stays' | 'absent' | 'failed';

export interface Carrying {
  /** The client's directory that the schedule was written for. */
  readonly from: string;
  /** Whether a tree still lies there. */
  readonly isThere: boolean;
  /** Where a path of the old tree is now; others stay as they are. */
  readonly moved: (path: string) => string;
  readonly program: Program;
}

/**
 * The caller holds the lock of the client's configuration. What is remembered outlives every step, so that all of it can
 * be done again.
 * @param owner the profile in its new place
 */
export async function carrySchedule(
  context: Context,
  owner: Owner,
  carrying: Carrying,
): Promise<{ readonly schedule: Carried; readonly notes: readonly string[] }> {
  const { layout } = owner;
  const notes: string[] = [];
  try {
    const jobs = readSchedule(owner).map((job) => movedJob(context, job, carrying));
    if (jobs.length === 0) return { schedule: 'none', notes };
    writeSchedule(owner, jobs);
    if (carrying.isThere) return { schedule: 'stays', notes };
    const former = formerOwner(owner, carrying);
    const standing = former === undefined ? [] : await standingOf(context, jobs, former);
    if (former === undefined || standing.length === 0) return { schedule: 'absent', notes };
    for (const { path, state } of standing)
      if (state === 'changed') notes.push(`${path} was changed by hand; it is as a schedule writes it now`);
    const removal = await planChange(context, former, { before: jobs, put: [], drop: jobKinds });
    await applyPlan(context, owner, { ...removal, jobs }, []);
    const plan = await planChange(context, owner, { before: jobs, put: jobs.map(rememberedPut), drop: [] });
    await applyPlan(context, owner, plan, jobs);
    return { schedule: 'carried', notes };
  } catch (thrown) {
    const { code, message } = toCryptosyncError(thrown);
    if (code === 'UNEXPECTED') throw thrown;
    notes.push(`the schedule of ${layout.profile} could not be brought along: ${message}`);
    return { schedule: 'failed', notes };
  }
}

function movedJob(context: Context, job: Job, { moved, program }: Carrying): Job {
  const { logFile, settingsFile } = job.call;
  const optional = (path: string | undefined): string | undefined => path && moved(path);
  return {
    ...job,
    directory: optional(job.directory),
    credentials: job.credentials.map((one) => ({ ...one, file: moved(one.file) })),
    call: {
      ...callOf(context, program),
      logFile: optional(logFile),
      settingsFile: optional(settingsFile),
    },
  };
}

/** Undefined for a directory of which no client was ever scheduled. */
function formerOwner(owner: Owner, { from }: Carrying): Owner | undefined {
  const [root, client] = [dirname(from), basename(from)];
  if (!isClientId(client)) return undefined;
  return { ...owner, root, layout: profileLayout(root, client, owner.layout.profile) };
}

async function standingOf(
  context: Context,
  jobs: readonly Job[],
  former: Owner,
): Promise<Awaited<ReturnType<typeof lookAt>>> {
  const found = await Promise.all(jobs.map(async (job) => await lookAt(context, job, former)));
  return found.flat().filter(({ state }) => state === 'written' || state === 'changed');
}
