import { describe, expect, it } from 'vitest';
import { verifyBandwidthLimit } from '../../src/remotes/bandwidth.ts';
import {
  isWithinLimit,
  parseDeleteLimit,
  type RemoteFacts,
  verifyDeletions,
  verifyNotEmptied,
  verifyRemoteIdentity,
  verifySource,
} from '../../src/remotes/guard.ts';
import type { Marker, MarkerReading } from '../../src/remotes/marker.ts';
import type { CryptosyncError } from '../../src/system/errors.ts';
import { refusalOf } from '../support/refusal.ts';

/** `goes on`, or the code of the refusal, which must have a next step. */
function verdict(action: () => void): string {
  let refusal: CryptosyncError;
  try {
    action();
    return 'goes on';
  } catch {
    refusal = refusalOf(action);
  }
  expect(refusal.hint).toBeTruthy();
  return refusal.code;
}

describe('the source', () => {
  it.each([
    ['filled', 'goes on'],
    ['missing', 'VAULT_MISSING'],
    ['bare', 'VAULT_EMPTY'],
  ] as const)('that is %s: %s', (state, expected) => {
    for (const kind of ['vault', 'directory'] as const)
      expect(verdict(() => verifySource({ kind, directory: '/e', state }))).toBe(expected);
  });
});

describe('the remote', () => {
  const marker = (vaultId: string, state: Marker['state'] = 'committed'): MarkerReading => ({
    kind: 'present',
    marker: { version: 1, vaultId, engine: 'gocryptfs', generation: 1, state, at: '2026-01-31T02:00:00Z' },
  });
  const absent: MarkerReading = { kind: 'absent' };
  const unreadable: MarkerReading = { kind: 'unreadable' };
  const rows: readonly [string, Omit<RemoteFacts, 'place'>, string | undefined, string][] = [
    ['empty', { marker: absent, isEmpty: true, hasOwnConfig: false }, 'own', 'goes on'],
    ['our own', { marker: marker('own'), isEmpty: false, hasOwnConfig: true }, 'own', 'goes on'],
    [
      'our own, of a run that did not end',
      { marker: marker('own', 'in-progress'), isEmpty: false, hasOwnConfig: false },
      'own',
      'goes on',
    ],
    [
      "another vault's",
      { marker: marker('other'), isEmpty: false, hasOwnConfig: false },
      'own',
      'VAULT_FOREIGN',
    ],
    [
      "another vault's, of which only the marker is left",
      { marker: marker('other'), isEmpty: true, hasOwnConfig: false },
      'own',
      'VAULT_FOREIGN',
    ],
    [
      "another vault's with our configuration in it",
      { marker: marker('other'), isEmpty: false, hasOwnConfig: true },
      'own',
      'VAULT_FOREIGN',
    ],
    [
      'another’s for a vault without an id',
      { marker: marker('x'), isEmpty: false, hasOwnConfig: true },
      undefined,
      'VAULT_FOREIGN',
    ],
    [
      'without a marker, with our configuration',
      { marker: absent, isEmpty: false, hasOwnConfig: true },
      'own',
      'goes on',
    ],
    [
      'without a marker, with other files',
      { marker: absent, isEmpty: false, hasOwnConfig: false },
      'own',
      'REMOTE_NOT_EMPTY',
    ],
    [
      'with a torn marker and our configuration',
      { marker: unreadable, isEmpty: false, hasOwnConfig: true },
      'own',
      'goes on',
    ],
    [
      'with a torn marker and other files',
      { marker: unreadable, isEmpty: false, hasOwnConfig: false },
      'own',
      'REMOTE_NOT_EMPTY',
    ],
  ];

  it.each(rows)('that is %s (%#)', (_, facts, vaultId, expected) => {
    expect(verdict(() => verifyRemoteIdentity({ place: 'r:p', ...facts }, vaultId))).toBe(expected);
  });
});

describe('deletions', () => {
  it.each([
    [0, 0, undefined, 'goes on'],
    [10, 10, undefined, 'goes on'],
    [11, 22, undefined, 'goes on'],
    [11, 21, undefined, 'DELETE_LIMIT'],
    [500, 1000, undefined, 'goes on'],
    [501, 1000, undefined, 'DELETE_LIMIT'],
    [11, 0, undefined, 'DELETE_LIMIT'],
    [5, 1000, '5', 'goes on'],
    [6, 1000, '5', 'DELETE_LIMIT'],
    [1, 1, '0', 'DELETE_LIMIT'],
    [0, 1, '0', 'goes on'],
    [900, 1000, '900', 'goes on'],
    [100, 1000, '10%', 'goes on'],
    [101, 1000, '10%', 'DELETE_LIMIT'],
    [1, 5, '10%', 'DELETE_LIMIT'],
    [1000, 1000, '100%', 'goes on'],
    [1, 1000, '0%', 'DELETE_LIMIT'],
  ])('of %i from %i files with the limit %s: %s', (deletions, files, limit, expected) => {
    const parsed = limit === undefined ? undefined : parseDeleteLimit(limit);
    expect(verdict(() => verifyDeletions('r:p', deletions, files, parsed))).toBe(expected);
    // the number of files is asked for only where this says no: then it must not matter
    if (isWithinLimit(deletions, parsed)) expect(expected).toBe('goes on');
  });

  it('are told with the numbers and the flag that allows them', () => {
    const error = refusalOf(() => verifyDeletions('r:p', 60, 100, undefined));
    expect(error.message).toBe('this would delete 60 of the 100 files in r:p, and 50% are allowed');
    expect(error.hint).toContain('--max-delete 60');
    expect(error.details).toEqual({ deletions: 60, remoteFiles: 100 });
  });

  it.each([
    [3, 1, undefined, 'VAULT_EMPTY'],
    [3, 0, undefined, 'goes on'],
    [4, 1, undefined, 'goes on'],
    [3, 1, '1', 'goes on'],
  ])('from a vault of %i files, %i of them, with the limit %s: %s', (sources, deletions, limit, expected) => {
    const parsed = limit === undefined ? undefined : parseDeleteLimit(limit);
    expect(verdict(() => verifyNotEmptied('r:p', sources, deletions, parsed))).toBe(expected);
  });

  it.each(['', '-1', '1.5', '101%', '%', '10 %', 'ten', '1e3', '10%%'])('take %j for no limit', (text) => {
    expect(refusalOf(() => parseDeleteLimit(text))).toMatchObject({ code: 'USAGE', exit: 2 });
  });
});

// rclone 1.60.1 takes the first and refuses the second
describe('a bandwidth limit', () => {
  it.each([
    '10M',
    '1.5M',
    'off',
    '512',
    '0',
    '1Mi',
    '1MiB',
    '1b',
    '10M:100k',
    'off:1M',
    '08:00,512k 12:00,10M',
    'Mon-00:00,512k Fri-23:59,10M',
    'Monday-00:00,1M',
  ])('may be %j', (text) => {
    expect(verifyBandwidthLimit(text)).toBe(text);
  });

  it.each(['', 'foo', '10X', '-1', '1MB', '8:00,1M', '--config=/x', '10M\n'])('may not be %j', (text) => {
    expect(refusalOf(() => verifyBandwidthLimit(text))).toMatchObject({ code: 'USAGE', exit: 2 });
  });
});
