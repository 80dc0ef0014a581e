import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRuns } from '../../../src/runs/history.ts';

let directory: string;
let ledger: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'history-'));
  ledger = join(directory, 'ledger.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (run: string, event: string, at: string, more: object = {}): string =>
  JSON.stringify({ run, at: `2026-01-31T${at}Z`, operation: 'sync', ...more, event });
const write = (...lines: string[]): void => writeFileSync(ledger, `${lines.join('\n')}\n`);
const place = { source: null, direction: 'upload', remote: 'r:p' };

describe('the runs in a ledger', () => {
  it('are told from the newest beginning, each with its end, also where they overlap', () => {
    write(
      line('a', 'started', '01:00:00'),
      line('b', 'started', '01:00:01', { operation: 'mount' }),
      line('a', 'ended', '01:00:05', { outcome: 'synced', durationMs: 4321, heldBytes: 9, places: [place] }),
      line('b', 'ended', '01:00:09', { operation: 'mount', outcome: 'mounted' }),
    );
    expect([...readRuns(ledger)]).toMatchObject([
      { run: 'b', operation: 'mount', outcome: 'mounted', durationMs: 8000, heldBytes: null, places: [] },
      { run: 'a', outcome: 'synced', durationMs: 4321, heldBytes: 9, heldFiles: null, places: [place] },
    ]);
  });

  it('have no end where they were killed, and are told where only the end is left', () => {
    write(
      '{"torn',
      line('c', 'ended', '02:00:00', { outcome: 'failed', error: 'SYNC_FAILED' }),
      line('d', 'started', '03:00:00'),
    );
    expect([...readRuns(ledger)]).toMatchObject([
      { run: 'd', outcome: 'unfinished', endedAt: null, durationMs: null },
      { run: 'c', outcome: 'failed', error: 'SYNC_FAILED', startedAt: null },
    ]);
  });

  it('of 0.1 name the remote of their worst mapping', () => {
    write(
      line('a', 'started', '01:00:00'),
      line('a', 'ended', '01:00:05', {
        outcome: 'synced',
        remote: 'r:p',
        direction: 'download',
        durationMs: 'x',
      }),
    );
    expect([...readRuns(ledger)]).toMatchObject([
      { places: [{ remote: 'r:p', direction: 'download' }], durationMs: 5000 },
    ]);
  });

  it('are none where there is no ledger, and have no length by a clock that was set back', () => {
    expect([...readRuns(ledger)]).toEqual([]);
    write(line('a', 'started', '05:00:00'), line('a', 'ended', '01:00:00', { outcome: 'synced' }));
    expect([...readRuns(ledger)]).toMatchObject([{ durationMs: null }]);
  });
});
