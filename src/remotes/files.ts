/** Whether a place is there at all. */
import { statSync } from 'node:fs';
import { askRemoteIfPresent } from './rclone/ask.ts';
import type { RcloneDependencies } from './rclone/call.ts';
import { localDirectory, type Remote, rclonePath } from './remote.ts';

/** @param deadline milliseconds. @returns false when the place does not exist. @throws what rclone says */
export async function isPlaceThere(
  remote: Remote,
  deadline: number,
  dependencies: RcloneDependencies,
): Promise<boolean> {
  const directory = localDirectory(remote);
  if (directory !== undefined) return statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  const args = ['lsf', '--max-depth', '1', rclonePath(remote)];
  // the names are of no interest, and may be many
  const call = { args, deadline, lowLevelRetries: 1, onStdoutLine: () => {}, action: 'list it' };
  return (await askRemoteIfPresent(remote, call, dependencies)) !== undefined;
}
