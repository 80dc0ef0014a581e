/**
 * Notices that a transfer stands still because its remote has gone. rclone tries small requests again for minutes
 * before it says a word about it, so the remote is asked itself.
 */
import type { LogRecord } from './rclone-log.ts';

/** Milliseconds in which nothing moved, after which the remote is asked. */
const enoughSilence = 15_000;

export interface SilenceWatch {
  /** Asks the remote something small. It must come to an end, and not reject. */
  readonly isReachable: () => Promise<boolean>;
  /** Called once, when the remote did not answer. */
  readonly giveUp: () => void;
  /** Milliseconds, of any beginning. */
  readonly now: () => number;
}

/** @returns what looks at each line that rclone logs; statistics among them tell of progress. */
export function watchSilence({ isReachable, giveUp, now }: SilenceWatch): (record: LogRecord) => void {
  let moved = 0;
  let movedAt = now();
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    if (!(await isReachable())) return giveUp();
    isAsking = false;
    movedAt = now();
  };
  return ({ stats }) => {
    if (stats === undefined) return;
    const sum = stats.bytes + stats.transfers + stats.checks + stats.deletes;
    if (sum !== moved) movedAt = now();
    moved = sum;
    if (!isAsking && now() - movedAt >= enoughSilence) void ask();
  };
}
