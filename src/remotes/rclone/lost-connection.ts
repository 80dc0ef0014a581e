/**
 * Notices that a remote has gone. rclone then tries every single file of a transfer in vain, seconds for each, which
 * with many files takes hours; the tool ends it, and tries again as a whole.
 */
import type { LogRecord } from './log.ts';

/** Files in a row that failed for want of a connection: twice as many as rclone transfers at a time. */
const enoughFailures = 8;
/** Milliseconds without a byte after a connection broke: rclone waits two seconds between its own tries. */
const enoughSilence = 15_000;
/** Milliseconds after a break in which bytes may still come out of buffers. */
const aftermath = 3000;

export interface ConnectionWatch {
  /** Whether a message speaks of the connection. */
  readonly isUnreachable: (message: string) => boolean;
  /** Called once, when nothing comes through any more. */
  readonly giveUp: () => void;
  /** Milliseconds, of any beginning. */
  readonly now: () => number;
}

/** @returns what looks at each line that rclone logs; statistics among them tell of progress. */
export function watchConnection({
  isUnreachable,
  giveUp,
  now,
}: ConnectionWatch): (record: LogRecord) => void {
  let [failures, files, bytes] = [0, 0, 0];
  let brokenSince: number | undefined;
  let isOver = false;
  return ({ level, message, stats }) => {
    const filesNow = stats === undefined ? files : stats.transfers + stats.checks + stats.deletes;
    const bytesNow = Math.max(bytes, stats?.bytes ?? 0);
    if (filesNow > files) failures = 0;
    const progressed = filesNow > files || bytesNow > bytes;
    if (progressed && brokenSince !== undefined && now() - brokenSince > aftermath) brokenSince = undefined;
    [files, bytes] = [filesNow, bytesNow];
    if (stats === undefined && isUnreachable(message)) {
      if (level === 'error') failures += 1;
      brokenSince ??= now();
    }
    const isSilent = brokenSince !== undefined && now() - brokenSince >= enoughSilence;
    if (isOver || (failures < enoughFailures && !isSilent)) return;
    isOver = true;
    giveUp();
  };
}
