/** Whether a remote answers at all. */
import { whySick } from '../system/stores/stores.ts';
import { callRemote } from './rclone/ask.ts';
import type { RcloneDependencies } from './rclone/call.ts';
import { rcloneFailure } from './rclone/failure.ts';
import type { Answer } from './rclone/silence.ts';
import { controlDirectory, localDirectory, placeOf, type Remote, rclonePath } from './remote.ts';

/**
 * What a call asks when nothing moves for a while. A refusal is an answer too: only the lack of one counts.
 */
export function reachabilityOf(remote: Remote, dependencies: RcloneDependencies): () => Promise<Answer> {
  const directory = localDirectory(remote);
  // its disk may fall silent, and rclone would wait for it as long as a transfer may take
  if (directory !== undefined) return async () => (whySick(directory) === undefined ? 'answers' : 'gone');
  return async () => {
    try {
      const args = ['lsf', '--max-depth', '1', rclonePath(remote, controlDirectory)];
      const result = await callRemote(
        remote,
        { args, action: 'ask the remote', lowLevelRetries: 1 },
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
