import type { TransferContext } from './context.ts';
import type { Job } from './sync-job.ts';
import type { DirectionOutcome } from './sync-result.ts';

export async function syncBothWays(_context: TransferContext, _job: Job): Promise<DirectionOutcome> {
  throw new Error('in work');
}
