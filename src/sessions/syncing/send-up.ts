/** Sending what a session's directory holds to its sink, mapping by mapping. */
import { errorOf } from '../../executor/apart.ts';
import type { ExecutorResult } from '../../executor/executor.ts';
import type { WorkloadMapping } from '../workload/workload.ts';
import { type Ground, runMapping } from './ground.ts';

/** The mappings that a session sends; the others are only fetched. */
export function sentMappings({ workload }: Ground): WorkloadMapping[] {
  const { mappings, policy } = workload;
  if (policy.onRelease === 'none') return [];
  return mappings.filter(({ direction }) => direction !== 'download');
}

/** The mappings that a claim fills. */
export function fetchedMappings({ workload }: Ground): WorkloadMapping[] {
  const { mappings, policy } = workload;
  if (policy.onClaim === 'none') return [];
  return mappings.filter(({ direction }) => direction !== 'upload');
}

/** @throws what the guard refuses, and what the sink fails with; what was sent before stays committed */
export async function sendUp(ground: Ground, mapping: WorkloadMapping): Promise<ExecutorResult> {
  const result = await runMapping(ground, mapping, { direction: 'upload' });
  if (result.error !== undefined) throw errorOf(result.error);
  return result;
}
