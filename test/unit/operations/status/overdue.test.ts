import { describe, expect, it } from 'vitest';
import { ageOf, overallOverdue, overdueError } from '../../../../src/operations/status/overdue.ts';
import { formatAge } from '../../../../src/system/clock.ts';

const now = new Date('2026-02-01T12:00:00Z');
const hour = 3_600_000;
const vault = { remote: {}, engine: 'gocryptfs' };

describe('a last success', () => {
  it.each([
    ['2026-02-01T11:00:00Z', false],
    ['2026-01-31T10:00:00Z', false],
    ['2026-01-31T09:59:59Z', true],
    [null, true],
    ['yesterday', true],
    // a minute ahead is a clock; a year ahead would silence the alarm for a year
    ['2026-02-01T12:01:00Z', false],
    ['2027-02-01T12:00:00Z', true],
  ])('of %s is overdue after 26 hours: %s', (lastSuccess, isOverdue) => {
    expect(ageOf({ ...vault, lastSuccess }, 26 * hour, now).isOverdue).toBe(isOverdue);
  });

  it('is nothing to wait for without a remote, but is an alarm where the profile could not be read', () => {
    const bare = { lastSuccess: null, remote: null };
    expect(ageOf({ ...bare, engine: 'gocryptfs' }, hour, now).isOverdue).toBeNull();
    expect(ageOf({ ...bare, engine: null }, hour, now).isOverdue).toBe(true);
  });

  it('is told with its age, or that there was none', () => {
    const said = (lastSuccess: string | null): string => overdueError({ lastSuccess }, '26h', now).message;
    expect(said('2026-01-30T12:00:00Z')).toBe(
      'its last success was 2 d ago (2026-01-30T12:00:00Z), and 26h is the limit',
    );
    expect(said(null)).toBe('it was never synced with success');
    expect(said('2027-01-01T00:00:00Z')).toContain('was the clock changed?');
  });

  it('ends with exit 16 when one of several is overdue', () => {
    expect(overallOverdue([], 3, '26h')).toBeUndefined();
    expect(overallOverdue([], 0, '26h')?.message).toBe('there is no vault here');
    const error = overallOverdue(['a/default'], 3, '26h');
    expect([error?.exit, error?.message, error?.details]).toEqual([
      16,
      '1 of 3 had no success within 26h',
      { overdue: ['a/default'] },
    ]);
  });
});

describe('an age', () => {
  it.each([
    [0, 'just now'],
    [59_000, 'just now'],
    [60_000, '1 min ago'],
    [3 * hour, '3 h ago'],
    [47 * hour, '47 h ago'],
    [48 * hour, '2 d ago'],
    [-5 * hour, 'in 5 h'],
  ])('of %d ms is told as %s', (age, text) => {
    expect(formatAge(age)).toBe(text);
  });
});
