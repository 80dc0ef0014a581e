/** Writing a job anew as it is remembered, and turning it on: what doctor mends. */
import type { ProfileLayout } from '../../clients/layout.ts';
import { readProfile } from '../../clients/profile-store.ts';
import type { Program } from '../../clients/scripts.ts';
import { applyPlan } from '../../schedules/apply.ts';
import type { JobKind } from '../../schedules/job.ts';
import { planChange, rememberedPut } from '../../schedules/plan.ts';
import { readSchedule } from '../../schedules/record.ts';
import type { Context } from '../context.ts';
import { filesOf } from './document.ts';
import { callOf, ownerOf } from './owner.ts';

/** The caller holds the lock of the client's configuration. @returns what was written @throws CONFIG_INVALID */
export async function rewriteJob(
  context: Context,
  layout: ProfileLayout,
  { kind, program }: { readonly kind: JobKind; readonly program: Program },
): Promise<string[]> {
  const owner = ownerOf(context, layout, readProfile(layout));
  const before = readSchedule(owner);
  const put = before
    .filter((job) => job.kind === kind)
    .map((job) => rememberedPut({ ...job, call: { ...job.call, ...callOf(context, program) } }));
  const plan = await planChange(context, owner, { before, put, drop: [] });
  await applyPlan(context, owner, plan, before);
  return [...filesOf(plan).written];
}
