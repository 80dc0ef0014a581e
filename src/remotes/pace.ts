/** Keeping what we copy ourselves to rclone's bandwidth limits, in its own words (rclone.org/docs, --bwlimit). */
import { pause } from '../system/clock.ts';
import { interruption } from '../system/errors.ts';

export interface Pace {
  /** To be awaited after so many bytes were moved. */
  spend(bytes: number): Promise<void>;
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * @param limit rclone's `--bwlimit`, checked; undefined for none
 * @param direction of `UP:DOWN`, the part that counts
 * @param now milliseconds since 1970
 */
export function paceOf(
  limit: string | undefined,
  direction: 'up' | 'down',
  now: () => number,
  signal?: AbortSignal,
): Pace {
  if (limit === undefined || limit === 'off' || limit === '0') return { spend: async () => {} };
  let due = now();
  return {
    async spend(bytes) {
      const rate = rateAt(limit, direction, new Date(now()));
      if (rate === undefined) return;
      due = Math.max(due, now() - 1000) + (bytes / rate) * 1000;
      const wait = due - now();
      if (wait <= 5) return;
      await pause(wait, signal);
      if (signal?.aborted) throw interruption(signal);
    },
  };
}

/** Bytes a second at a time; undefined for no limit. */
export function rateAt(limit: string, direction: 'up' | 'down', time: Date): number | undefined {
  const words = limit.split(' ').filter((word) => word !== '');
  if (!words.some((word) => word.includes(','))) return rateOf(words[0] ?? '', direction);
  const slots = words.flatMap((word) => {
    const [when = '', rate = ''] = word.split(',');
    return startsOf(when).map((start) => ({ start, rate }));
  });
  slots.sort((a, b) => a.start - b.start);
  const minute = time.getDay() * 1440 + time.getHours() * 60 + time.getMinutes();
  const current = slots.findLast(({ start }) => start <= minute) ?? slots.at(-1);
  return current === undefined ? undefined : rateOf(current.rate, direction);
}

/** Minutes of the week at which a slot begins: `Mon-08:00` once, `08:00` every day. */
function startsOf(when: string): number[] {
  const match = /^(?:([A-Za-z]{3})[A-Za-z]*-)?(\d{1,2}):(\d{2})$/.exec(when);
  if (match === null) return [];
  const minute = Number(match[2]) * 60 + Number(match[3]);
  const day = match[1] === undefined ? -1 : days.indexOf(match[1].toLowerCase());
  return (day < 0 ? days.map((_, index) => index) : [day]).map((one) => one * 1440 + minute);
}

function rateOf(text: string, direction: 'up' | 'down'): number | undefined {
  const [up = '', down = up] = text.split(':');
  const match = /^(\d+(?:\.\d+)?)([bkmgtp]?)(?:i?b?)$/i.exec(direction === 'up' ? up : down);
  if (match === null) return undefined;
  // without a unit rclone counts KiB
  const rate = Number(match[1]) * (units[(match[2] || 'k').toLowerCase()] ?? 1);
  return rate === 0 ? undefined : rate;
}
