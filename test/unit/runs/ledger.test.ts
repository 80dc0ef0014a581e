import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSyncHistory } from '../../../src/runs/last-sync.ts';
import { beginRun, readLedgerBackwards } from '../../../src/runs/ledger.ts';
import { newRunId } from '../../../src/runs/observer.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const clock = { now: () => new Date(Date.UTC(2026, 0, 31, 2, 0, 0)) };
const at = '2026-01-31T02:00:00Z';
const chunk = 65_536;

function entry(run: string, event: 'started' | 'ended', facts: object = {}): string {
  return JSON.stringify({ run, at: `at ${run}`, operation: 'sync', event, ...facts });
}

function ledgerOf(...lines: string[]): string {
  const path = join(scratchDirectory(), 'ledger.jsonl');
  writeFileSync(path, lines.join('\n'));
  return path;
}

const runsIn = (path: string): string[] => [...readLedgerBackwards(path)].map(({ run }) => run);

describe('writing the ledger', () => {
  it('appends a line when a run begins and one when it ends, for the owner alone', async () => {
    const path = join(scratchDirectory(), 'state', 'ledger.jsonl');
    const run = beginRun(path, { id: newRunId(), operation: 'sync' }, clock, { remote: 'r:p' });
    const begun = readFileSync(path, 'utf8');
    await run.end('synced', { generation: 3 });
    const whole = readFileSync(path, 'utf8');
    expect(whole.startsWith(begun)).toBe(true);
    const [first, second] = whole
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ at, operation: 'sync', event: 'started', remote: 'r:p', pid: process.pid });
    expect(second).toMatchObject({ run: first.run, at, event: 'ended', outcome: 'synced', generation: 3 });
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(dirname(path)).mode & 0o777).toBe(0o700);
  });
});

describe('reading the ledger backwards', () => {
  it('gives nothing where there is no file, or an empty one', () => {
    expect(runsIn('/nowhere/ledger')).toEqual([]);
    expect(runsIn(ledgerOf())).toEqual([]);
  });

  it('gives the newest first, with or without a newline at the end', () => {
    expect(runsIn(ledgerOf(entry('1', 'ended'), entry('2', 'ended')))).toEqual(['2', '1']);
    expect(runsIn(ledgerOf(entry('1', 'ended'), entry('2', 'ended'), ''))).toEqual(['2', '1']);
  });

  it.each([chunk - 1, chunk, chunk + 1, 3 * chunk])('passes a line of %i bytes', (size) => {
    const long = entry('long', 'ended', { note: '' });
    const padded = entry('long', 'ended', { note: 'x'.repeat(size - long.length - 1) });
    expect(padded.length).toBe(size - 1);
    const path = ledgerOf(entry('1', 'ended'), padded, entry('3', 'ended'), '');
    expect(runsIn(path)).toEqual(['3', 'long', '1']);
    expect(runsIn(ledgerOf(padded))).toEqual(['long']);
  });

  it('passes thousands of lines over several chunks, characters of several bytes at their edges', () => {
    const names = Array.from({ length: 4000 }, (_, index) => `ünï-${index}`);
    const path = ledgerOf(...names.map((name) => entry(name, 'ended')), '');
    expect(readFileSync(path).length).toBeGreaterThan(4 * chunk);
    expect(runsIn(path)).toEqual(names.toReversed());
  });

  it.each(['{"run":"torn","at":"20', 'null', '5', '"text"', '[]', '{}', '\0\0\0', '{"operation":"sync"}'])(
    'passes over the line %j, and finds what stands before and after it',
    (line) => {
      expect(runsIn(ledgerOf(entry('1', 'ended'), line, entry('2', 'ended'), ''))).toEqual(['2', '1']);
      expect(runsIn(ledgerOf(entry('1', 'ended'), line))).toEqual(['1']);
    },
  );

  it('finds a run that began behind a torn line', () => {
    const place = { remote: 'r:p', direction: 'upload' };
    const path = ledgerOf(entry('1', 'ended', { outcome: 'synced', ...place }), '{"run":"torn","at":"20');
    beginRun(path, { id: newRunId(), operation: 'sync' }, clock);
    expect(readSyncHistory(path, [place])).toMatchObject({
      lastSync: { at, outcome: 'unfinished' },
      lastSuccess: 'at 1',
    });
  });
});
