/** Whether a vault's last success is older than it may be. What can't be told counts as too old: it is an alarm. */
import { formatAge, isRecent } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';

/** What a status knows of a vault. */
interface Synced {
  readonly lastSuccess: string | null;
  readonly remote: object | null;
  /** Null where its profile could not be read. */
  readonly engine: string | null;
}

export interface Age {
  /** Seconds since the last success of its own places; null while there is none. */
  readonly successAge: number | null;
  /** Null for a vault that has no remote, and so is not sent anywhere. */
  readonly isOverdue: boolean | null;
}

/** @param maxAge milliseconds */
export function ageOf({ lastSuccess, remote, engine }: Synced, maxAge: number, now: Date): Age {
  const age = lastSuccess === null ? Number.NaN : now.getTime() - Date.parse(lastSuccess);
  const isSent = remote !== null || engine === null;
  return {
    successAge: Number.isNaN(age) ? null : Math.trunc(age / 1000),
    isOverdue: isSent ? !isRecent(age, maxAge) : null,
  };
}

/** What a status with several vaults ends with; undefined when none is overdue, of some. @param of how many were looked at */
export function overallOverdue(
  names: readonly string[],
  of: number,
  limit: string,
): CryptosyncError | undefined {
  if (names.length === 0 && of > 0) return undefined;
  // a root that is not the right one must not be taken for a fleet in order
  const what =
    of === 0 ? 'there is no vault here' : `${names.length} of ${of} had no success within ${limit}`;
  return new CryptosyncError('OVERDUE', what, {
    advice: { to: 'see-why-overdue' },
    details: { overdue: names },
  });
}

/** What is said of one that is overdue. @param limit as it was asked for: `26h` */
export function overdueError(
  { lastSuccess }: Pick<Synced, 'lastSuccess'>,
  limit: string,
  now: Date,
): CryptosyncError {
  const age = lastSuccess === null ? Number.NaN : now.getTime() - Date.parse(lastSuccess);
  const what = Number.isNaN(age)
    ? 'it was never synced with success'
    : age < 0
      ? `its last success is dated ${lastSuccess}, which is yet to come: was the clock changed?`
      : `its last success was ${formatAge(age)} (${lastSuccess}), and ${limit} is the limit`;
  return new CryptosyncError('OVERDUE', what, { advice: { to: 'see-why-overdue' } });
}
