/** The five fields of a cron expression, as sets of numbers; croner reads them. */
import { CronPattern } from 'croner';

export interface Fields {
  /** 0 to 59, ascending; the others likewise. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 31. */
  readonly days: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
}

/** How many numbers a field has at most. */
const sizes = { minutes: 60, hours: 24, days: 31, months: 12, weekdays: 7 } as const;

/** What every cron knows: numbers, names of months and weekdays, lists, ranges and steps. */
const known =
  /^(?:[\d*,/-]|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)\b)+$/i;

/** @returns undefined for what is no cron expression, or says what only some crons understand */
export function parseFields(text: string): Fields | undefined {
  const parts = text.split(' ');
  if (parts.length !== 5 || !parts.every((part) => known.test(part))) return undefined;
  const [, , dayPart = '', , weekdayPart = ''] = parts;
  // whether */2 is a star, and so the other field counts alone, differs between crons
  const isHalfStar = [dayPart, weekdayPart].some((part) => /^\*./.test(part));
  if (isHalfStar && ![dayPart, weekdayPart].includes('*')) return undefined;
  try {
    const { minute, hour, day, month, dayOfWeek } = new CronPattern(text, undefined, { mode: '5-part' });
    return {
      minutes: numbers(minute, 0),
      hours: numbers(hour, 0),
      days: numbers(day, 1),
      months: numbers(month, 1),
      weekdays: numbers(dayOfWeek, 0),
    };
  } catch {
    return undefined;
  }
}

function numbers(flags: readonly number[], first: number): number[] {
  return [...flags.entries()].flatMap(([index, flag]) => (flag ? [index + first] : []));
}

/** Whether a field allows everything. */
export function isAll(fields: Fields, field: keyof Fields): boolean {
  return fields[field].length === sizes[field];
}

/** The expression that says the same, in numbers. */
export function toCron(fields: Fields): string {
  const write = (field: keyof Fields): string => (isAll(fields, field) ? '*' : fields[field].join(','));
  return (['minutes', 'hours', 'days', 'months', 'weekdays'] as const).map(write).join(' ');
}

const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The calendar expressions of systemd that say the same: where cron takes either day, they are two. */
export function toCalendar(fields: Fields): string[] {
  const write = (field: keyof Fields): string =>
    isAll(fields, field) ? '*' : fields[field].map(two).join(',');
  const time = `${write('hours')}:${write('minutes')}:00`;
  const weekdays = fields.weekdays.map((day) => weekdayNames[day]).join(',');
  const byDate = `*-${write('months')}-${write('days')} ${time}`;
  if (isAll(fields, 'weekdays')) return [byDate];
  const byWeekday = `${weekdays} *-${write('months')}-* ${time}`;
  return isAll(fields, 'days') ? [byWeekday] : [byDate, byWeekday];
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
