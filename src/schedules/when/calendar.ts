/**
 * systemd's calendar expressions (systemd.time(7)). The plain ones are understood here, so that they can be checked
 * where there is no systemd, and be said to cron: words such as `daily`, `02:30`, `Mon..Fri 02:30`, `*-*-01 04:00`.
 * systemd-analyze is asked for all others.
 */
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { run } from '../../system/process.ts';

const words: Readonly<Record<string, string>> = {
  hourly: '0 * * * *',
  daily: '0 0 * * *',
  weekly: '0 0 * * 1',
  monthly: '0 0 1 * *',
  quarterly: '0 0 1 1,4,7,10 *',
  semiannually: '0 0 1 1,7 *',
  yearly: '0 0 1 1 *',
  annually: '0 0 1 1 *',
};

const weekday = '(?:mon|tue|wed|thu|fri|sat|sun)';
const plain = new RegExp(
  [
    `^(?:(${weekday}(?:(?:,|\\.\\.)${weekday})*) ?)?`,
    String.raw`(?:\*-(\*|\d{1,2})-(\*|\d{1,2}) ?)?`,
    String.raw`(?:(\*|\d{1,2}):(\d{1,2})(?::00)?)?$`,
  ].join(''),
  'i',
);

/** The cron expression that says the same; undefined for what is not one of the plain ones. */
export function calendarToCron(text: string): string | undefined {
  const word = words[text.toLowerCase()];
  if (word !== undefined) return word;
  const [whole, days, month, day, hour, minute] = plain.exec(text) ?? [];
  if (whole === undefined || whole === '') return undefined;
  const weekdays = days === undefined ? '*' : weekdaysOf(days);
  // systemd wants both a date and a weekday to be right, and cron one of them
  if (weekdays === undefined || (weekdays !== '*' && day !== undefined && day !== '*')) return undefined;
  const fields = [minute ?? '0', hour ?? '0', day ?? '*', month ?? '*'].map((field) =>
    field === '*' ? field : String(Number(field)),
  );
  return [...fields, weekdays].join(' ');
}

/** `Mon..Fri,Sun` as cron has it: 1,2,3,4,5,0; a range over the end of the week is systemd's alone. */
function weekdaysOf(text: string): string | undefined {
  const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const found = text
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [from = -1, to = from, ...more] = part.split('..').map((name) => names.indexOf(name));
      return more.length > 0 || to < from ? [] : names.slice(from, to + 1);
    });
  if (found.some((part) => part.length === 0)) return undefined;
  return found
    .flat()
    .map((name) => (names.indexOf(name) + 1) % 7)
    .join(',');
}

/** Milliseconds for a question that needs no service. */
const deadline = 10_000;

/**
 * Asks systemd-analyze.
 * @returns the next times; none for an expression that is wrong or never comes; undefined where it is not installed
 */
export async function askSystemd(
  text: string,
  { environment, from, amount }: { environment: NodeJS.ProcessEnv; from: Date; amount: number },
): Promise<Date[] | undefined> {
  const file = findExecutable('systemd-analyze', environment);
  if (file === undefined) return undefined;
  const base = `${from.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const finished = await run({
    file,
    args: ['calendar', `--iterations=${amount}`, `--base-time=${base}`, '--', text],
    environment: { ...minimalEnvironment(environment), LC_ALL: 'C' },
    deadline,
  });
  return finished.exitCode === 0 ? parseAnswer(finished.stdout) : [];
}

/** Each time stands on a line, and below it once more in UTC where the machine's own time is another. */
export function parseAnswer(answer: string): Date[] {
  const line =
    /^\s*(Next elapse|Iter[^:]*|\(in UTC\)): \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC\s*$/;
  return answer.split('\n').flatMap((text) => {
    const [, , date, time] = line.exec(text) ?? [];
    return date === undefined ? [] : [new Date(`${date}T${time}Z`)];
  });
}
