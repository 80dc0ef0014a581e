import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Days, readDays } from '../../../src/runs/days.ts';
import { beginRun } from '../../../src/runs/ledger.ts';

let directory: string;
let ledger: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'days-'));
  ledger = join(directory, 'ledger.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true }));

const place = { source: null, direction: 'upload', remote: 'r:p "q" ü', backend: 's3' };
const now = new Date('2026-03-02T12:00:00Z');
const read = (days = 4): Days => readDays(ledger, { own: [place], days, now });

/** A sync as the command records it. */
function sync(at: string, outcome: string, facts: object = {}, whose: object = place): void {
  const clock = { now: () => new Date(at) };
  const run = beginRun(ledger, { id: 'a0123456789b', operation: 'sync' }, clock, { places: [whose] });
  void run.end(outcome, {
    mode: 'sync',
    durationMs: 1000,
    heldBytes: 10,
    places: [{ ...whose, outcome }],
    ...facts,
  });
}

describe('the days of a ledger', () => {
  it('are good where a sync ended well, bad where none of some did, and nothing where none ended', () => {
    sync('2026-02-27T02:00:00Z', 'synced', { durationMs: 4000, heldBytes: 7 });
    sync('2026-02-27T23:59:59Z', 'failed', { durationMs: 9_000_000 });
    sync('2026-02-28T02:00:00Z', 'refused');
    sync('2026-03-02T02:00:00Z', 'unchanged', { durationMs: 5, heldBytes: 8 });
    sync('2026-03-02T03:00:00Z', 'synced', { durationMs: 3, heldBytes: 9 });
    beginRun(
      ledger,
      { id: '0123456789ab', operation: 'sync' },
      { now: () => new Date('2026-03-01T02:00:00Z') },
      { places: [place] },
    );
    expect(read()).toEqual({
      outcomes: 'gb-g',
      took: [4000, null, null, 5],
      held: [7, null, null, 9],
    });
  });

  it('are neither good nor bad where a run was put off', () => {
    sync('2026-03-01T02:00:00Z', 'skipped', { error: 'SKIPPED', places: [place] });
    sync('2026-03-02T02:00:00Z', 'synced');
    sync('2026-03-02T03:00:00Z', 'skipped', { error: 'SKIPPED', places: [place] });
    expect(read().outcomes).toBe('---g');
  });

  it('are those of the own places alone, whichever a line is about', () => {
    const other = { ...place, remote: 'r:other' };
    const both = [other, place].map((one) => ({ ...one, outcome: 'synced' }));
    sync('2026-02-27T02:00:00Z', 'synced', { places: both });
    sync('2026-02-28T02:00:00Z', 'synced', {}, other);
    sync('2026-03-01T02:00:00Z', 'synced');
    sync('2026-03-02T02:00:00Z', 'synced', {}, other);
    sync('2026-03-02T03:00:00Z', 'failed', {}, { ...place, direction: 'download' });
    expect(read().outcomes).toBe('g-g-');
    // read from the newest: what is said of both comes right behind what is said of the other
    rmSync(ledger);
    sync('2026-03-01T02:00:00Z', 'synced', { places: both });
    sync('2026-03-02T02:00:00Z', 'synced', {}, other);
    expect(read().outcomes).toBe('--g-');
  });

  it('are told the same of lines that are written in another way', () => {
    sync('2026-02-28T02:00:00Z', 'synced', { durationMs: 4000 });
    sync('2026-03-01T02:00:00Z', 'failed');
    const quick = read();
    const lines = readFileSync(ledger, 'utf8').trim().split('\n');
    const turned = lines.map((line) =>
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse())),
    );
    writeFileSync(ledger, `${turned.join('\n')}\n`);
    expect(read()).toEqual(quick);
    expect(quick.outcomes).toBe('-gb-');
  });

  it('pass over what is torn, and what only reads like an end', () => {
    sync('2026-03-01T02:00:00Z', 'synced', { did: '"event":"ended","outcome":"failed","durationMs":9' });
    appendFileSync(
      ledger,
      '{"run":"0123456789ab","at":"2026-03-02T02:00:00Z","operation":"sync","event":"ended","outco',
    );
    expect(read()).toMatchObject({ outcomes: '--g-', took: [null, null, 1000, null] });
  });

  it('are those of 0.1, which names one place on top; and none where there is no ledger', () => {
    expect(read().outcomes).toBe('----');
    const run = { run: '0123456789ab', at: '2026-03-01T02:00:00Z', operation: 'sync', event: 'ended' };
    appendFileSync(
      ledger,
      `${JSON.stringify({ ...run, outcome: 'synced', remote: place.remote, direction: 'upload' })}\n`,
    );
    expect(read()).toMatchObject({ outcomes: '--g-', took: [null, null, null, null] });
  });

  it('go back over more than is read at a time, in order', () => {
    sync('2026-03-01T02:00:00Z', 'synced', { heldBytes: 4711 });
    const lines = readFileSync(ledger, 'utf8').replaceAll('"outcome":"synced"', '"outcome":"OUTCOME"');
    const syncs = Array.from({ length: 2500 }, (_value, minute) => {
      const at = new Date(now.getTime() - (2500 - minute) * 60_000).toISOString().slice(0, 19);
      return lines
        .replaceAll('2026-03-01T02:00:00', at)
        .replaceAll('OUTCOME', minute % 2 === 0 ? 'synced' : 'failed')
        .replace('4711', String(minute));
    });
    writeFileSync(ledger, syncs.join(''));
    expect(readFileSync(ledger).length).toBeGreaterThan(1024 * 1024);
    expect(read()).toMatchObject({ outcomes: '-ggg', held: [null, 338, 1778, 2498] });
  });
});
