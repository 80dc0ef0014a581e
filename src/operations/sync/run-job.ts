/** Running a job in its direction: its crypt layer checked, and another try where the network failed. */
import { stoppedMidway } from '../../remotes/guard.ts';
import { pause } from '../../system/clock.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { TransferContext } from '../context.ts';
import { planBothWays, syncBothWays } from './bidirectional.ts';
import { verifyNothingHalfCome } from './bidirectional-guard.ts';
import { establishLayer, verifyLayer } from './crypt-layer.ts';
import { executeDownload, planDownload } from './download.ts';
import type { Job } from './sync-job.ts';
import type { DirectionOutcome, DirectionPlan } from './sync-result.ts';
import { executeUpload } from './upload.ts';
import { planUpload } from './upload-plan.ts';

/** Failures that may pass by themselves, and the pauses before the run is tried again, in milliseconds. */
const passing: ReadonlySet<string> = new Set(['REMOTE_UNREACHABLE', 'SYNC_FAILED']);
const retryPauses = [1000, 4000];

/** What a run would do. It changes nothing. */
export async function planJob(context: TransferContext, job: Job): Promise<DirectionPlan> {
  await verifyLayer(context, job.mapping, job.view);
  if (job.mapping.direction === 'download') return await planDownload(context, job);
  if (job.mapping.direction === 'bidirectional') return await planBothWays(context, job);
  const plan = await planUpload(context, job);
  return {
    uploads: [...plan.files.uploads, ...plan.edited.map(({ path, size }) => ({ path, size }))],
    deletions: plan.files.deletions,
    generation: plan.marker.kind === 'present' ? plan.marker.marker.generation : null,
  };
}

/**
 * Runs a job to its end. The guard looks again before every try: what failed may have been the source (TOOLS.md R6).
 * @param name what the job is called in the log.
 * @throws what went wrong, after the last try
 */
export async function runJob(context: TransferContext, name: string, job: Job): Promise<DirectionOutcome> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await verifyLayer(context, job.mapping, job.view);
      return await runOnce(context, job);
    } catch (thrown) {
      const caught = toCryptosyncError(thrown);
      const error = attempt === 0 ? caught : stoppedMidway(caught);
      const wait = retryPauses[attempt];
      // a remote that was silent for a minute is not asked again at once
      const isFinal = error.details?.['refusal'] !== undefined || error.details?.['timedOut'] === true;
      const mayPass = passing.has(error.code) && !isFinal;
      if (wait === undefined || !mayPass || context.signal?.aborted) throw error;
      context.log.write('WARN', `${name}: sync tries again after: ${error.message}`);
      await pause(wait, context.signal);
    }
  }
}

async function runOnce(context: TransferContext, job: Job): Promise<DirectionOutcome> {
  switch (job.mapping.direction) {
    case 'upload':
      return await upload(context, job);
    case 'download':
      return await executeDownload(context, job);
    case 'bidirectional':
      return await syncBothWays(context, job);
  }
}

/** The key check object is the first thing that is written to an empty place, and only once the guard has passed. */
async function upload(context: TransferContext, job: Job): Promise<DirectionOutcome> {
  verifyNothingHalfCome(job);
  const plan = await planUpload(context, job);
  if (plan.marker.kind !== 'present') await establishLayer(context, job.mapping, job.view, plan.scan);
  return await executeUpload(context, job, plan);
}
