/**
 * Notices that a transfer stands still because its remote has gone. rclone tries small requests again for minutes
 * before it says a word about it, so the remote is asked itself.
 */
import type { LogRecord } from './log.ts';

/** Milliseconds in which nothing moved, after which the remote is asked. */
const enoughSilence = 15_000;

/** What became of a question: `gone` is known at once, `silent` after its whole deadline. */
export type Answer = 'answers' | 'gone' | 'silent';

export interface SilenceWatch {
  /** Asks the remote something small. It must come to an end, and not reject. */
  readonly ask: () => Promise<Answer>;
  /** Called once, when the remote did not answer. */
  readonly giveUp: (answer: Exclude<Answer, 'answers'>) => void;
  /** Milliseconds, of any beginning. */
  readonly now: () => number;
}

/** @returns what looks at each line that rclone logs; statistics among them tell of progress. */
export function watchSilence({ ask, giveUp, now }: SilenceWatch): (record: LogRecord) => void {
  let moved = 0;
  let movedAt = now();
  let isAsking = false;
  const verify = async (): Promise<void> => {
    isAsking = true;
    const answer = await ask();
    if (answer !== 'answers') return giveUp(answer);
    isAsking = false;
    movedAt = now();
  };
  return ({ stats }) => {
    if (stats === undefined) return;
    const sum = stats.bytes + stats.transfers + stats.checks + stats.deletes;
    if (sum !== moved) movedAt = now();
    moved = sum;
    if (!isAsking && now() - movedAt >= enoughSilence) void verify();
  };
}
