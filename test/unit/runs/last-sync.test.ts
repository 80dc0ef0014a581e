import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSyncHistory } from '../../../src/runs/last-sync.ts';
import type { Place } from '../../../src/runs/place.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const own: Place = { source: null, direction: 'upload', remote: 'r:p', backend: 's3-1' };
const second: Place = { source: '/photos', direction: 'upload', remote: 'r:photos', backend: 's3-1' };

interface Line {
  readonly at: string;
  readonly [fact: string]: unknown;
}

function ledgerOf(...lines: readonly Line[]): string {
  const path = join(scratchDirectory(), 'ledger.jsonl');
  const whole = lines.map((line, index) => ({
    run: String(index),
    operation: 'sync',
    event: 'ended',
    ...line,
  }));
  writeFileSync(path, `${whole.map((line) => JSON.stringify(line)).join('\n')}\n`);
  return path;
}

const success: Line = { at: '1', outcome: 'synced', places: [{ ...own, outcome: 'synced', generation: 1 }] };

/** What comes after a success of the profile's own place, and whose it is. */
const newer: readonly [
  what: string,
  line: Omit<Line, 'at'>,
  whose: 'success' | 'own' | 'elsewhere' | 'none',
][] = [
  ['an upload', { places: [{ ...own, outcome: 'synced' }] }, 'success'],
  ['an upload that found nothing to do', { places: [{ ...own, outcome: 'unchanged' }] }, 'success'],
  ['a rekey that moved it here', { operation: 'rekey', outcome: 'rekeyed', places: [own] }, 'success'],
  ['a failure', { places: [{ ...own, outcome: 'failed', error: 'SYNC_FAILED' }] }, 'own'],
  ['a refusal', { places: [{ ...own, outcome: 'refused', error: 'DELETE_LIMIT' }] }, 'own'],
  ['an interruption', { places: [{ ...own, outcome: 'interrupted' }] }, 'own'],
  ['a kill', { event: 'started', places: [own] }, 'own'],
  ['a failure before there was a place', { outcome: 'failed', error: 'CONFIG_INVALID' }, 'own'],
  ['a success that names no place', { outcome: 'synced' }, 'own'],
  ['an upload to another path', { places: [{ ...own, remote: 'r:x', outcome: 'synced' }] }, 'elsewhere'],
  ['an upload to another remote', { places: [{ ...own, remote: 'q:p', outcome: 'synced' }] }, 'elsewhere'],
  [
    'an upload to what the name was before',
    { places: [{ ...own, backend: 'sftp-2', outcome: 'synced' }] },
    'elsewhere',
  ],
  ['an upload of another directory', { places: [{ ...own, source: '/x', outcome: 'synced' }] }, 'elsewhere'],
  ['a download', { places: [{ ...own, direction: 'download', outcome: 'synced' }] }, 'elsewhere'],
  [
    'a bidirectional sync',
    { places: [{ ...own, direction: 'bidirectional', outcome: 'synced' }] },
    'elsewhere',
  ],
  ['a failure at another path', { places: [{ ...own, remote: 'r:x', outcome: 'failed' }] }, 'elsewhere'],
  ['a kill at another path', { event: 'started', places: [{ ...own, remote: 'r:x' }] }, 'elsewhere'],
  [
    'a rekey that failed',
    { operation: 'rekey', outcome: 'failed', places: [{ ...own, remote: 'r:n' }] },
    'elsewhere',
  ],
  ["0.1's upload", { outcome: 'synced', remote: 'r:p', direction: 'upload' }, 'success'],
  [
    "0.1's upload, written with a slash",
    { outcome: 'unchanged', remote: 'r:p/', direction: 'upload' },
    'success',
  ],
  ["0.1's failure", { outcome: 'failed', error: 'SYNC_FAILED', remote: 'r:p', direction: 'upload' }, 'own'],
  ["0.1's failure without a place", { outcome: 'failed', remote: null, direction: 'upload' }, 'own'],
  ["0.1's kill", { event: 'started', pid: 7 }, 'own'],
  ["0.1's upload to another path", { outcome: 'synced', remote: 'r:x', direction: 'upload' }, 'elsewhere'],
  ["0.1's download", { outcome: 'synced', remote: 'r:p', direction: 'download' }, 'elsewhere'],
  ['a mount', { operation: 'mount', outcome: 'mounted' }, 'none'],
  ['places that are none', { outcome: 'failed', places: [5, null, 'x', {}] }, 'own'],
];

describe('the last sync of a place', () => {
  it.each(newer)('after %s', (_, line, whose) => {
    const { lastSync, lastSuccess, lastElsewhere } = readSyncHistory(
      ledgerOf(success, { ...line, at: '2' }),
      [own],
    );
    expect({
      lastSync: lastSync?.at,
      lastSuccess,
      lastElsewhere: lastElsewhere?.at,
    }).toEqual({
      lastSync: whose === 'success' || whose === 'own' ? '2' : '1',
      lastSuccess: whose === 'success' ? '2' : '1',
      lastElsewhere: whose === 'elsewhere' ? '2' : undefined,
    });
  });

  it('tells its counts, its place and its way', () => {
    const facts = { generation: 7, filesTransferred: 2, bytesTransferred: 3, deleted: 1 };
    const { lastSync } = readSyncHistory(
      ledgerOf({ at: '1', places: [{ ...own, outcome: 'synced', ...facts }] }),
      [own],
    );
    expect(lastSync).toEqual({ at: '1', outcome: 'synced', remote: 'r:p', direction: 'upload', ...facts });
  });

  it('is never, where there is no ledger, and where the place changed since', () => {
    expect(readSyncHistory('/nowhere/ledger', [own])).toMatchObject({ lastSync: null, lastSuccess: null });
    expect(readSyncHistory(ledgerOf(success), [{ ...own, remote: 'r:new' }])).toMatchObject({
      lastSync: null,
      lastSuccess: null,
      lastElsewhere: { at: '1', remote: 'r:p' },
    });
  });

  it('has the code of a run that failed before it came to its places', () => {
    const failed = { at: '2', outcome: 'failed', error: 'HOOK_FAILED', durationMs: 7, places: [own] };
    expect(readSyncHistory(ledgerOf(success, failed), [own]).lastSync).toMatchObject({
      ...{ at: '2', outcome: 'failed', error: 'HOOK_FAILED', durationMs: 7, remote: 'r:p' },
    });
  });

  it('is not one that was put off', () => {
    const failed = { at: '2', outcome: 'failed', error: 'SYNC_FAILED', places: [own] };
    const putOff = { at: '3', outcome: 'skipped', error: 'SKIPPED', places: [own] };
    const begun = { at: '3', event: 'started', run: 'x', places: [own] };
    const history = readSyncHistory(ledgerOf(success, failed, begun, { ...putOff, run: 'x' }), [own]);
    expect(history).toMatchObject({ lastSync: { at: '2', error: 'SYNC_FAILED' }, lastSuccess: '1' });
  });

  it('is the one before while it has not ended, of each place', () => {
    const failed = { at: '2', places: [{ ...own, outcome: 'failed', error: 'SYNC_FAILED' }] };
    const begun = { at: '3', event: 'started', run: 'x', places: [own, second] };
    const history = readSyncHistory(ledgerOf(success, failed, begun), [own, second]);
    expect(history).toMatchObject({
      lastSync: { at: '3', outcome: 'unfinished' },
      lastEnded: { at: '2', error: 'SYNC_FAILED' },
    });
    expect(readSyncHistory(ledgerOf(failed, success, begun), [own]).lastEnded).toMatchObject({ at: '1' });
    expect(readSyncHistory(ledgerOf(begun), [own]).lastEnded).toBe(null);
  });

  it('is not taken from the beginning of a run that has ended', () => {
    const path = ledgerOf(
      { at: '1', run: 'a', event: 'started', places: [own] },
      { at: '2', run: 'b', event: 'started', places: [own] },
      { at: '3', run: 'a', places: [{ ...own, outcome: 'synced' }] },
    );
    expect(readSyncHistory(path, [own])).toMatchObject({ lastSync: { at: '3' }, lastSuccess: '3' });
  });

  it('throws when a directory stands in the place of the ledger, instead of saying "never"', () => {
    const path = join(scratchDirectory(), 'ledger.jsonl');
    mkdirSync(path);
    expect(() => readSyncHistory(path, [own])).toThrow();
  });
});

describe('the last success of a profile with several places', () => {
  const both = (at: string, outcome: string, other: string): Line => ({
    at,
    places: [
      { ...own, outcome },
      { ...second, outcome: other },
    ],
  });

  it('is the oldest of theirs', () => {
    const path = ledgerOf(both('1', 'synced', 'unchanged'), both('2', 'synced', 'failed'));
    expect(readSyncHistory(path, [own, second])).toMatchObject({
      lastSync: { at: '2', outcome: 'failed', remote: 'r:photos' },
      lastSuccess: '1',
      places: [{ lastSuccess: '2' }, { lastSuccess: '1', lastSync: { at: '2', outcome: 'failed' } }],
    });
  });

  it('is none while one of them has none, a mapping that came later too', () => {
    expect(readSyncHistory(ledgerOf(success), [own, second])).toMatchObject({
      lastSync: { at: '1', outcome: 'synced' },
      lastSuccess: null,
    });
  });

  it('keeps a failure of one in sight after the other was synced elsewhere and here', () => {
    const later: Line = {
      at: '3',
      places: [
        { ...own, outcome: 'synced' },
        { ...second, direction: 'download', outcome: 'synced' },
      ],
    };
    const path = ledgerOf(both('1', 'synced', 'synced'), both('2', 'synced', 'failed'), later);
    expect(readSyncHistory(path, [own, second])).toMatchObject({
      lastSync: { at: '2', outcome: 'failed' },
      lastSuccess: '1',
    });
  });
});
