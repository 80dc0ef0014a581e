/** What every engine's failures have in common. */
import type { Advice } from '../../system/advice/index.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { type Finished, lastLines } from '../../system/process.ts';

export const noSpaceLeft = /no space left on device|disk quota exceeded/i;

/** The error of a program that did not start, or had no answer in time; undefined when it ended by itself. */
export function startFailure(
  finished: Finished,
  program: string,
  action: string,
  deadline: number,
): CryptosyncError | undefined {
  if (finished.startError !== undefined) {
    return new CryptosyncError('TOOL_MISSING', `${program} could not be started: ${finished.startError}`, {
      advice: { to: 'check-program', program },
    });
  }
  if (finished.timedOut) {
    return new CryptosyncError('MOUNT_FAILED', `${program} did not ${action} within ${deadline / 1000} s`, {
      advice: { to: 'check-load' },
    });
  }
  return undefined;
}

/** What to do about FUSE, from what the engine said. */
export function fuseAdvice(said: string): Advice {
  if (said.includes('user_allow_other')) return { to: 'allow-other-users' };
  if (/permission denied/i.test(said)) return { to: 'give-device-access', device: '/dev/fuse' };
  if (/modprobe|fuse:? device \S+ not found/.test(said)) return { to: 'load-fuse-module' };
  return { to: 'check-fuse', said: lastLines(said, 1) };
}
