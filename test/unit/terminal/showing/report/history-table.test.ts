import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordedRun } from '../../../../../src/runs/history.ts';
import { formatTook, historyLines } from '../../../../../src/terminal/showing/report/history-table.ts';
import { sparkline } from '../../../../../src/terminal/showing/report/sparkline.ts';

const before = process.stdout.isTTY;
beforeEach(() => {
  process.stdout.isTTY = false;
});
afterEach(() => {
  process.stdout.isTTY = before;
});

const run: RecordedRun = {
  run: '1',
  operation: 'sync',
  startedAt: '2026-01-31T02:00:00Z',
  endedAt: '2026-01-31T02:00:12Z',
  outcome: 'synced',
  durationMs: 12_000,
  places: [{ source: null, direction: 'upload', remote: 'r:倉庫' }],
  files: 3,
  bytes: 2048,
  deleted: 0,
  generation: 7,
  heldFiles: 100,
  heldBytes: 1_048_576,
  error: null,
};
const history = {
  client: 'a',
  profile: 'default',
  runs: [run, { ...run, outcome: 'failed', error: 'SYNC_FAILED', operation: '\x1b[2J' }],
  isCut: true,
  trend: [1, 2, 3].map((value) => ({
    at: run.startedAt ?? '',
    durationMs: value * 1000,
    heldBytes: value * 1024,
  })),
};
const now = new Date('2026-01-31T05:00:12Z');

describe('the table of history', () => {
  it('has a run a line, with exact times and no trend where nobody looks', () => {
    const lines = historyLines(history, { columns: Number.POSITIVE_INFINITY, now });
    expect(lines[0]?.split('\n')[1]?.split(/ {2,}/)).toEqual([
      '2026-01-31T02:00:00Z',
      'sync',
      'synced',
      '3',
      '2.0 KiB',
      '1.0 MiB',
      '12s',
      '7',
      'r:倉庫',
    ]);
    expect(lines[0]).toContain('failed SYNC_FAILED');
    expect(lines[0]).not.toContain('\x1b');
    expect(lines.slice(1)).toEqual(['There are older ones: --limit N']);
  });

  it('fits every terminal, with ages and a trend', () => {
    for (const columns of [140, 100, 80, 60, 40]) {
      const lines = historyLines(history, { columns, now }).flatMap((text) => text.split('\n'));
      expect([columns, lines.filter((line) => line.length > columns)]).toEqual([columns, []]);
    }
    const wide = historyLines(history, { columns: 140, now }).join('\n');
    expect(wide).toContain('3 h ago');
    expect(wide).toContain('took  ▁▅█  1.0s to 3.0s, last 3.0s');
    expect(wide).toContain('held  ▁▅█  1.0 KiB to 3.0 KiB, last 3.0 KiB');
  });

  it('says that there is nothing yet', () => {
    expect(historyLines({ ...history, runs: [] }, { columns: 80, now })).toEqual([
      'Nothing has been done here yet.',
    ]);
  });
});

describe('a sparkline', () => {
  it('goes from the lowest to the highest, with gaps for what is not known', () => {
    expect(sparkline([1, null, 5, 9], 10)).toBe('▁ ▅█');
    expect(sparkline([4, 4], 10)).toBe('▅▅');
    expect(sparkline([null], 10)).toBe(' ');
    expect(sparkline([], 10)).toBe('');
  });

  it('keeps the peaks where there are more values than columns', () => {
    expect(sparkline([1, 1, 1, 9, 1, 1], 3)).toBe('▁█▁');
  });
});

describe('how long a run took', () => {
  it.each([
    [300, '0.3s'],
    [9_949, '9.9s'],
    [9_950, '10s'],
    [200_000, '3m20s'],
  ])('%d ms is %s', (milliseconds, text) => expect(formatTook(milliseconds)).toBe(text));
});
