/**
 * A delay that spreads a fleet for systems that have none of their own: minutes that follow from the job's name, so
 * that they are the same every night, and nothing sleeps.
 */
import { shortDigest } from '../../system/digest.ts';
import { isAll, parseFields, toCron } from './fields.ts';

export interface Shifted {
  readonly cron: string;
  /** Minutes. */
  readonly offset: number;
}

/**
 * @param name whose delay it is
 * @param jitter milliseconds; the delay is below it, and no longer than the expression leaves room for
 */
export function shift(cron: string, name: string, jitter: number): Shifted {
  const fields = parseFields(cron);
  if (fields === undefined) return { cron, offset: 0 };
  const { minutes, hours } = fields;
  const wanted = Math.floor(jitter / 60_000);
  const isEveryHour = isAll(fields, 'hours');
  const last = minutes.at(-1) ?? 0;
  const room = Math.min(
    smallestGap(minutes) - 1,
    isEveryHour || minutes.length > 1 ? 59 - last : roomOf(last, hours),
  );
  const choices = Math.min(wanted, room + 1);
  if (choices <= 1) return { cron, offset: 0 };
  const offset = Number.parseInt(shortDigest(name, 8), 16) % choices;
  if (offset === 0) return { cron, offset };
  const carry = Math.floor((last + offset) / 60);
  return {
    cron: toCron({
      ...fields,
      minutes: minutes.map((minute) => (minute + offset) % 60),
      hours: hours.map((hour) => hour + carry),
    }),
    offset,
  };
}

/** Minutes that are left on the same day: to shift past midnight would be another weekday. */
function roomOf(minute: number, hours: readonly number[]): number {
  return (hours.at(-1) ?? 23) < 23 ? 119 - minute : 59 - minute;
}

function smallestGap(minutes: readonly number[]): number {
  const gaps = minutes.slice(1).map((minute, index) => minute - (minutes[index] ?? 0));
  return Math.min(24 * 60, ...gaps);
}
