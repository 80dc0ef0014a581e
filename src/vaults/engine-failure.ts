/** What every engine's failures have in common. */
import { CryptosyncError } from '../system/errors.ts';
import { type Finished, lastLines } from '../system/process.ts';

export const noSpaceLeft = /no space left on device|disk quota exceeded/i;

/** What to do about a daemon that has ended by itself. */
export const daemonHint = 'Look for its messages in the system log (journalctl), then try again.';

/** The error of a program that did not start, or had no answer in time; undefined when it ended by itself. */
export function startFailure(
  finished: Finished,
  program: string,
  action: string,
  deadline: number,
): CryptosyncError | undefined {
  if (finished.startError !== undefined) {
    return new CryptosyncError('TOOL_MISSING', `${program} could not be started: ${finished.startError}`, {
      hint: `Check that ${program} is installed and can be executed.`,
    });
  }
  if (finished.timedOut) {
    return new CryptosyncError('MOUNT_FAILED', `${program} did not ${action} within ${deadline / 1000} s`, {
      hint: 'Check the load and the disk of this machine, then run the same command again.',
    });
  }
  return undefined;
}

/** What to do about FUSE, from what the engine said. */
export function fuseHint(said: string): string {
  if (said.includes('user_allow_other')) return 'Add the line user_allow_other to /etc/fuse.conf.';
  if (/permission denied/i.test(said)) return 'Give this user access to /dev/fuse, or run as root.';
  if (said.includes('modprobe')) return 'Load the kernel module: modprobe fuse';
  return `Install fuse3 and check /dev/fuse. The message was: ${lastLines(said, 1)}`;
}
