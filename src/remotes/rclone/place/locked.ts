/** What a WebDAV server does while it works on a path: for that moment it refuses others (RFC 4918, section 11.3). */
import { pause } from '../../../system/clock.ts';
import type { Answer } from './daemon.ts';

/** Milliseconds. */
const pauses = [50, 100, 200, 400, 800];

/** The status line, with which rclone's WebDAV backend ends its error. */
const isLocked = (answer: Answer): boolean => answer.kind === 'failed' && / 423 Locked$/.test(answer.error);

/** Asks again as long as the path is locked, for a second and a half at the most. @returns the last answer */
export async function onceUnlocked(
  ask: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (const wait of pauses) {
    const answer = await ask();
    if (!isLocked(answer) || signal?.aborted) return answer;
    await pause(wait, signal);
  }
  return await ask();
}
