/** When a job comes: an expression of the operator's, checked, in the words of each system. */
import { Cron } from 'croner';
import { CryptosyncError } from '../../system/errors.ts';
import { askSystemd, calendarToCron } from './calendar.ts';
import { parseFields, toCalendar } from './fields.ts';

export interface When {
  /** As it was written, with single spaces. */
  readonly text: string;
  /** For `OnCalendar=`: any of them. */
  readonly calendar: readonly string[];
  /** The same for cron; undefined for what only systemd can say. */
  readonly cron: string | undefined;
}

export interface Look {
  readonly environment: NodeJS.ProcessEnv;
  /** After this moment. */
  readonly from: Date;
  readonly amount: number;
}

/** Reads an expression, and asks nobody: whether it ever comes is for `nextRuns`. */
export function readWhen(given: string): When {
  const text = given.trim().replaceAll(/\s+/g, ' ');
  const fields = parseFields(text);
  if (fields !== undefined) return { text, calendar: toCalendar(fields), cron: text };
  const cron = calendarToCron(text);
  // an hour of 25 looks like one of the plain ones
  return { text, calendar: [text], cron: cron !== undefined && parseFields(cron) ? cron : undefined };
}

/** The next times. @throws USAGE for an expression that is wrong, never comes, or can't be checked here */
export async function nextRuns(when: When, look: Look): Promise<Date[]> {
  const runs =
    when.cron === undefined
      ? await askSystemd(when.text, look)
      : runsOfCron(when.cron, look.from, look.amount);
  if (runs === undefined) {
    throw new CryptosyncError(
      'USAGE',
      `${JSON.stringify(when.text)} can't be checked here, without systemd-analyze`,
      {
        advice: { to: 'write-plain-time' },
      },
    );
  }
  if (runs.length > 0) return runs;
  throw new CryptosyncError('USAGE', `${JSON.stringify(when.text)} is no time that ever comes`, {
    advice: { to: 'write-plain-time' },
  });
}

/** What cron is told of a time. @throws USAGE for what only systemd can say; what is no time at all is told first */
export async function cronOf(when: When, look: Omit<Look, 'amount'>): Promise<string> {
  if (when.cron !== undefined) return when.cron;
  await nextRuns(when, { ...look, amount: 1 });
  throw new CryptosyncError('USAGE', `cron can't be told ${JSON.stringify(when.text)}`, {
    advice: { to: 'write-plain-time' },
  });
}

/** By the machine's own time, as cron has it. */
export function runsOfCron(expression: string, from: Date, amount: number): Date[] {
  return new Cron(expression, { mode: '5-part', paused: true }).nextRuns(amount, from);
}
