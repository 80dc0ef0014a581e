/** Times as operators write them: what each system is told of them, when they come, and what is none. */
import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/schedules/when/calendar.ts';
import { shift } from '../../../src/schedules/when/jitter.ts';
import { nextRuns, readWhen, runsOfCron } from '../../../src/schedules/when/when.ts';

/** What is written → what cron is told, and systemd. */
const times: readonly (readonly [text: string, cron: string | undefined, calendar: readonly string[]])[] = [
  ['02:30', '30 2 * * *', ['02:30']],
  ['02:30:00', '30 2 * * *', ['02:30:00']],
  ['daily', '0 0 * * *', ['daily']],
  ['Weekly', '0 0 * * 1', ['Weekly']],
  ['monthly', '0 0 1 * *', ['monthly']],
  ['quarterly', '0 0 1 1,4,7,10 *', ['quarterly']],
  ['Mon 02:30', '30 2 * * 1', ['Mon 02:30']],
  ['Mon..Fri,Sun 2:05', '5 2 * * 1,2,3,4,5,0', ['Mon..Fri,Sun 2:05']],
  ['Sat', '0 0 * * 6', ['Sat']],
  ['*-*-01 04:00', '0 4 1 * *', ['*-*-01 04:00']],
  ['*-12-24  18:00', '0 18 24 12 *', ['*-12-24 18:00']],
  ['*:15', '15 * * * *', ['*:15']],
  // only systemd can say these
  ['Fri..Mon 02:30', undefined, ['Fri..Mon 02:30']],
  ['Mon *-*-1 02:30', undefined, ['Mon *-*-1 02:30']],
  ['Mon *-*-1..7 02:30', undefined, ['Mon *-*-1..7 02:30']],
  ['*-*~1 02:30', undefined, ['*-*~1 02:30']],
  // cron's own
  ['30 2 * * *', '30 2 * * *', ['*-*-* 02:30:00']],
  ['*/15 * * * *', '*/15 * * * *', ['*-*-* *:00,15,30,45:00']],
  ['0 4 1-3 jan,jul *', '0 4 1-3 jan,jul *', ['*-01,07-01,02,03 04:00:00']],
  ['0 4 * * mon-fri', '0 4 * * mon-fri', ['Mon,Tue,Wed,Thu,Fri *-*-* 04:00:00']],
  ['0 4 * * 7', '0 4 * * 7', ['Sun *-*-* 04:00:00']],
  // cron takes either day, and systemd both: two expressions
  ['0 4 1 * 5', '0 4 1 * 5', ['*-*-01 04:00:00', 'Fri *-*-* 04:00:00']],
];

describe('a time', () => {
  it.each(times)('%s is told to cron as %s', (text, cron, calendar) => {
    expect(readWhen(text)).toMatchObject({ cron, calendar });
  });

  it.each([
    '25:30',
    '0 25 * * *',
    '60 * * * *',
    '* * * *',
    '0 0 L * *',
    '0 0 * * 5#2',
    '0 0 ? * *',
    '0 0 1W * *',
    '5-1 * * * *',
    '0 0 */2 * 1',
    '@daily',
    'Mon 25:00',
    '*-13-01 00:00',
    '',
    '; rm -rf /',
  ])('%s is not one that cron is told', (text) => {
    expect(readWhen(text).cron).toBeUndefined();
  });

  it('that never comes is refused', async () => {
    const look = { environment: { PATH: '' }, from: new Date('2026-01-31T12:00:00Z'), amount: 3 };
    await expect(nextRuns(readWhen('0 0 31 2 *'), look)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(nextRuns(readWhen('*-02-31 00:00'), look)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('that only systemd can check is refused where there is none', async () => {
    const look = { environment: { PATH: '/nowhere' }, from: new Date(), amount: 3 };
    await expect(nextRuns(readWhen('Mon *-*-1..7 02:30'), look)).rejects.toMatchObject({
      code: 'USAGE',
      advice: { to: 'write-plain-time' },
    });
  });

  it('comes next when it says', async () => {
    const from = new Date('2026-01-31T12:00:00');
    const runs = await nextRuns(readWhen('30 2 1,15 * *'), { environment: {}, from, amount: 3 });
    const local = (month: number, day: number): Date => new Date(2026, month - 1, day, 2, 30);
    expect(runs).toEqual([local(2, 1), local(2, 15), local(3, 1)]);
  });

  it('is read out of an answer of systemd-analyze, in UTC and elsewhere', () => {
    const utc = `  Original form: 02:30
Normalized form: *-*-* 02:30:00
    Next elapse: Fri 2026-11-27 02:30:00 UTC
       From now: 7h left
       Iter. #2: Sat 2026-11-28 02:30:00 UTC
       From now: 1 day 7h left
`;
    expect(parseAnswer(utc)).toEqual([new Date('2026-11-27T02:30:00Z'), new Date('2026-11-28T02:30:00Z')]);
    const elsewhere = `    Next elapse: Fri 2026-11-27 02:30:00 CET
       (in UTC): Fri 2026-11-27 01:30:00 UTC
       From now: 6h left
   Iteration #2: Sat 2026-11-28 02:30:00 CET
       (in UTC): Sat 2026-11-28 01:30:00 UTC
`;
    expect(parseAnswer(elsewhere)).toEqual([
      new Date('2026-11-27T01:30:00Z'),
      new Date('2026-11-28T01:30:00Z'),
    ]);
    expect(parseAnswer('    Next elapse: never\n')).toEqual([]);
  });
});

describe('the delay of a job', () => {
  const halfHour = 30 * 60_000;
  const clients = Array.from({ length: 100 }, (_, index) => `client${index}/default sync`);

  it('is its own and always the same, and a hundred clients are spread', () => {
    const offsets = clients.map((name) => shift('30 2 * * *', name, halfHour).offset);
    expect(clients.map((name) => shift('30 2 * * *', name, halfHour).offset)).toEqual(offsets);
    expect(Math.max(...offsets)).toBeLessThan(30);
    expect(new Set(offsets).size).toBeGreaterThan(20);
    const most = Math.max(...offsets.map((offset) => offsets.filter((other) => other === offset).length));
    expect(most).toBeLessThan(15);
  });

  it.each([
    '30 2 * * *',
    '50 2 * * *',
    '50 2,14 * * 1-5',
    '45 23 * * 5',
    '59 23 31 12 *',
    '15 * * * *',
    '*/15 * * * *',
    '0,30 4 * * *',
    '0 4 1 * 5',
    '* * * * *',
  ])('of %s is added to every run, and passes neither the day nor the next run', (cron) => {
    const from = new Date(2026, 0, 31, 12);
    const plain = runsOfCron(cron, from, 20);
    for (const name of clients) {
      const { cron: shifted, offset } = shift(cron, name, halfHour);
      const later = runsOfCron(shifted, new Date(from.getTime() + offset * 60_000), 20);
      expect([cron, later]).toEqual([cron, plain.map((run) => new Date(run.getTime() + offset * 60_000))]);
      const next = plain[1]?.getTime() ?? 0;
      expect(offset * 60_000).toBeLessThan(Math.max(1, next - (plain[0]?.getTime() ?? 0)));
    }
  });

  it('is none where it is switched off', () => {
    for (const name of clients) {
      expect(shift('30 2 * * *', name, 0)).toEqual({ cron: '30 2 * * *', offset: 0 });
    }
  });
});
