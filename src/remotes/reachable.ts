/** Whether a remote answers at all. */
import { questionDeadline, type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { controlDirectory, localDirectory, placeOf, type Remote, rclonePath } from './remote.ts';
import type { Answer } from './silence.ts';

/**
 * What a call asks when nothing moves for a while; undefined for a directory of this machine. A refusal is an answer
 * too: only the lack of one counts.
 */
export function reachabilityOf(
  remote: Remote,
  dependencies: RcloneDependencies,
): (() => Promise<Answer>) | undefined {
  if (localDirectory(remote) !== undefined) return undefined;
  return async () => {
    try {
      const { configFile, environment } = remote;
      const args = ['lsf', '--max-depth', '1', rclonePath(remote, controlDirectory)];
      const result = await rclone(
        { args, configFile, environment, deadline: questionDeadline, lowLevelRetries: 1 },
        dependencies,
      );
      if (result.exitCode === 0) return 'answers';
      if (result.timedOut) return 'silent';
      const { code } = rcloneFailure(result, placeOf(remote), 'ask the remote');
      return code === 'REMOTE_UNREACHABLE' ? 'gone' : 'answers';
    } catch {
      // interrupted: so is the transfer
      return 'answers';
    }
  };
}
