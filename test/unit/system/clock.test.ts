import { describe, expect, it } from 'vitest';
import { parseDuration, pause, toIsoSeconds, toLogTime } from '../../../src/system/clock.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['1m1ms', 60_001],
  ])('reads %s as %i milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '10', 's', '1.5h', '-1s', '1 h', '10M', '1y', '1h 30m', '99999999999999999999d', '1h\n'])(
    'takes %j for no duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('times', () => {
  it('are ISO 8601 in UTC without milliseconds for machines', () => {
    expect(toIsoSeconds(new Date(Date.UTC(2026, 0, 31, 2, 0, 0, 999)))).toBe('2026-01-31T02:00:00Z');
  });

  it("are the machine's own and of two digits each in the log", () => {
    expect(toLogTime(new Date(2026, 0, 3, 4, 5, 6))).toBe('2026-01-03 04:05:06');
  });
});

describe('pause', () => {
  // the limit of a test is shorter than a minute
  it('ends when the signal aborts, before or during it', async () => {
    const controller = new AbortController();
    const paused = pause(60_000, controller.signal);
    controller.abort();
    await paused;
    await pause(60_000, controller.signal);
  });
});
