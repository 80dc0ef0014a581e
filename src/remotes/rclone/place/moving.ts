/**
 * Moves over WebDAV. From some version on rclone asks for them with `Overwrite: T`, and repeats one whose answer was lost:
 * a server then takes away what stands at the target, which is what it has just moved there, and finds no source any more
 * (hazards.md R47). So rclone may ask once, and whether a move that failed has happened is looked up before it is asked again.
 */
import { pause } from '../../../system/clock.ts';
import type { Answer } from './daemon.ts';

/** Of an instance of rclone's backend, when it is made: it asks for nothing twice by itself. */
export const asksOnce = { LowLevelRetries: 1 };

/** Milliseconds. */
const pauses = [100, 200, 400, 800, 1600];

/** The status line, with which rclone's WebDAV backend ends its error where there was an answer. */
const statusLine = / ([45]\d\d) [A-Z][A-Za-z' -]*$/;
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

function mayPass(answer: Answer): boolean {
  if (answer.kind !== 'failed' || answer.timedOut) return false;
  const status = statusLine.exec(answer.error)?.[1];
  return status === undefined || passing.has(Number(status));
}

export interface Move {
  /** Asks for it, once. */
  readonly ask: () => Promise<Answer>;
  /** Whether something stands where it comes from, and where it goes to. */
  readonly isAtSource: () => Promise<boolean>;
  readonly isAtTarget: () => Promise<boolean>;
}

/** @returns the last answer; `done` also where the answer alone was lost */
export async function moveOnce(
  { ask, isAtSource, isAtTarget }: Move,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (const wait of pauses) {
    const answer = await ask();
    if (!mayPass(answer) || signal?.aborted) return answer;
    await pause(wait, signal);
    if (!(await isAtSource())) return (await isAtTarget()) ? { kind: 'done', value: {} } : answer;
  }
  return await ask();
}
