/** A profile's whole schedule, as whoever takes the profile away sees it. */
import { scheduleFile } from '../../clients/layout.ts';
import { applyPlan } from '../../schedules/apply.ts';
import { type Job, jobKinds, type Owner } from '../../schedules/job.ts';
import { planChange, type SchedulePlan } from '../../schedules/plan.ts';
import { readSchedule } from '../../schedules/record.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import type { Context } from '../context.ts';
import { filesOf } from './document.ts';

/** What is taken away of a schedule. */
export interface WholeSchedule {
  readonly owner: Owner;
  readonly before: readonly Job[];
  readonly plan: SchedulePlan;
  /** As they are told: files, and `crontab` for the user's own. */
  readonly removes: readonly string[];
}

/** It changes nothing. What can't be read of a schedule stops nobody who takes it away: its files are looked for all the same. */
export async function planWholeRemoval(context: Context, owner: Owner): Promise<WholeSchedule> {
  const before = readable(owner);
  const plan = await planChange(context, owner, { before, put: [], drop: jobKinds });
  const { written, removed } = filesOf(plan);
  const record = scheduleFile(owner.layout);
  return {
    owner,
    before,
    plan,
    removes: [...removed, ...written, ...(kindOf(record) === 'none' ? [] : [record])],
  };
}

function readable(owner: Owner): Job[] {
  try {
    return readSchedule(owner);
  } catch (error) {
    if (toCryptosyncError(error).code === 'UNEXPECTED') throw error;
    return [];
  }
}

/** The caller holds the lock of the client's configuration. @throws CONFIG_INVALID when cron refuses; PLAN_CHANGED */
export async function removeWholeSchedule(
  context: Context,
  { owner, before, plan }: WholeSchedule,
): Promise<void> {
  await applyPlan(context, owner, plan, before);
}
