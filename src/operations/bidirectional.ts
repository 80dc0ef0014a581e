import type { Context } from './context.ts';
import type { DirectionOutcome } from './sync-result.ts';
import type { Job } from './sync-run.ts';

export async function syncBothWays(_context: Context, _job: Job): Promise<DirectionOutcome> {
  throw new Error('in work');
}
