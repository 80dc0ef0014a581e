/**
 * Telling a source that changes or vanishes while it is copied (TOOLS.md G15) from a transfer that fails: the first is
 * no failure but a reason for another pass.
 */
import type { CryptosyncError } from '../system/errors.ts';
import type { LogRecord } from './rclone-log.ts';

/** What did not stand still in a pass, and was the only thing that went wrong in it. */
export interface Restless {
  /** As rclone names them. */
  readonly files: readonly string[];
  /** For a caller who finds that the source did stand still. */
  readonly failure: CryptosyncError;
}

/** A copy whose size or hash is not the source's, which rclone then removes again; or a file that grew on its way. */
const changed =
  /can't copy - source file is being updated|corrupted on transfer|ContentLength=\d+ with Body length \d+/;
const vanished = /no such file or directory/;
/** More to delete than was planned a moment ago. */
const tooMany = /--max-delete threshold reached/;
/** What rclone says of errors that it has told before. */
const consequence =
  /^(not deleting (files|directories) as there were IO errors|Cancelling sync due to fatal error: failed to delete|Fatal error received|Attempt \d+\/\d+ failed|Failed to )/;

/** What the others say when one error stops all. */
const cancelled = /context canceled$/;

export interface RestlessWatch {
  /** Looks at each line that rclone logs. */
  readonly look: (record: LogRecord) => void;
  /** The files that did not stand still; undefined when that was not what went wrong, or not all of it. */
  readonly found: () => readonly string[] | undefined;
}

/** @param directory the source. */
export function watchSource(directory: string): RestlessWatch {
  const files = new Set<string>();
  let [failures, deletions] = [0, 0];
  const isRestless = (message: string): boolean =>
    changed.test(message) || (vanished.test(message) && message.includes(` ${directory}/`));
  return {
    look({ level, object, message }) {
      if (level !== 'error') return;
      if (object !== undefined && isRestless(message)) files.add(object);
      else if (tooMany.test(message)) deletions += 1;
      // with an object, `Failed to …` is the first word about it, unless all were stopped
      else if (cancelled.test(message)) return;
      else if (!consequence.test(message) || (object !== undefined && message.startsWith('Failed to')))
        failures += 1;
    },
    found: () => (failures === 0 && files.size + deletions > 0 ? [...files] : undefined),
  };
}
