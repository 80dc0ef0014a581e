/** Asking rclone about a place, or to do something there: what all of these calls have in common. */
import { placeOf, type Remote } from '../remote.ts';
import {
  questionDeadline,
  type RcloneCall,
  type RcloneDependencies,
  type RcloneResult,
  rclone,
} from './call.ts';
import { isNotFound, rcloneFailure } from './failure.ts';

export interface RemoteCall extends Omit<RcloneCall, 'configFile' | 'deadline'> {
  /** What is tried, for the message of a failure: `list the files`. */
  readonly action: string;
  /** Milliseconds; those for one small question when left out. */
  readonly deadline?: number;
}

/** Runs rclone on a place, with its layers, and judges nothing. @throws TOOL_MISSING, INTERRUPTED */
export async function callRemote(
  remote: Remote,
  { action: _, ...call }: RemoteCall,
  dependencies: RcloneDependencies,
): Promise<RcloneResult> {
  return await rclone(
    {
      deadline: questionDeadline,
      ...call,
      configFile: remote.configFile,
      environment: { ...remote.environment, ...call.environment },
    },
    dependencies,
  );
}

/**
 * The same, and a call that fails is thrown as what its failure means; undefined for a place that is not there.
 */
export async function askRemoteIfPresent(
  remote: Remote,
  call: RemoteCall,
  dependencies: RcloneDependencies,
): Promise<RcloneResult | undefined> {
  const result = await callRemote(remote, call, dependencies);
  if (isNotFound(result)) return undefined;
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), call.action);
  return result;
}
