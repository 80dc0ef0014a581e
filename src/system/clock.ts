/** The time, passed into operations so that tests can set it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** ISO 8601 in UTC without milliseconds: `2026-01-31T02:00:00Z`. */
export function toIsoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Whether a text is a time as ISO 8601 writes it, in a year of four digits, that a clock can show. */
export function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

/** The same as a part of a file's name: `2026-01-31T02-00-00Z`. Some remotes can't hold colons. */
export function toNameSeconds(date: Date): string {
  return toIsoSeconds(date).replaceAll(':', '-');
}

/** The machine's local time as the log writes it: `2026-01-31 02:00:00`. */
export function toLogTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a duration such as `90s`, `10m`, `1h30m` or `30d`; a bare `0` is none.
 * @returns milliseconds, or undefined when the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) {
    total += Number(amount) * (unitMilliseconds[unit ?? ''] ?? 0);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Whether `parseDuration` reads a text. */
export function isDuration(text: string): boolean {
  return parseDuration(text) !== undefined;
}

/** Resolves after `milliseconds`, or at once when the signal aborts (it does not reject). */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
  });
}

const ageUnits: readonly (readonly [unit: string, milliseconds: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];

/** `3 h ago`, `2 d ago`; `just now` within a minute; `in 3 h` for what is yet to come. @param milliseconds since then */
export function formatAge(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  // 47 hours say more than one day
  const [unit, length] = ageUnits.find(([, length]) => size >= (length > 3_600_000 ? 2 : 1) * length) ?? [
    '',
    0,
  ];
  if (unit === '') return 'just now';
  const amount = `${Math.floor(size / length)} ${unit}`;
  return milliseconds < 0 ? `in ${amount}` : `${amount} ago`;
}

/** Milliseconds that clocks may differ by. */
const mostAhead = 300_000;

/**
 * Whether something is at most so old, in milliseconds. What lies farther ahead was written by a clock that was wrong, and
 * says nothing.
 */
export function isRecent(age: number, limit: number): boolean {
  return age >= -mostAhead && age <= limit;
}
