import { describe, expect, it } from 'vitest';
import { parseDeleteLimit } from '../../../src/remotes/tuning.ts';
import {
  isWithinLimit,
  type RemoteFacts,
  verifyDeletions,
  verifyNotEmptied,
  verifyRemoteIdentity,
  verifySource,
} from '../../../src/sync/guard.ts';
import type { CryptosyncError } from '../../../src/system/errors.ts';
import { hintOf, refusalOf } from '../../support/refusal.ts';

/** `goes on`, or the code of the refusal, which must have a next step. */
function verdict(action: () => void): string {
  let refusal: CryptosyncError;
  try {
    action();
    return 'goes on';
  } catch {
    refusal = refusalOf(action);
  }
  expect(hintOf(refusal)).toBeTruthy();
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
  const rows: readonly [string, Omit<RemoteFacts, 'place'>, string | undefined, string][] = [
    ['empty', { owner: undefined, isEmpty: true, hasOwnConfig: false }, 'own', 'goes on'],
    ['our own', { owner: 'own', isEmpty: false, hasOwnConfig: true }, 'own', 'goes on'],
    [
      'our own, of a run that did not end',
      { owner: 'own', isEmpty: false, hasOwnConfig: false },
      'own',
      'goes on',
    ],
    ["another vault's", { owner: 'other', isEmpty: false, hasOwnConfig: false }, 'own', 'VAULT_FOREIGN'],
    [
      "another vault's, of which only the marker is left",
      { owner: 'other', isEmpty: true, hasOwnConfig: false },
      'own',
      'VAULT_FOREIGN',
    ],
    [
      "another vault's with our configuration in it",
      { owner: 'other', isEmpty: false, hasOwnConfig: true },
      'own',
      'VAULT_FOREIGN',
    ],
    [
      'another’s for a vault without an id',
      { owner: 'x', isEmpty: false, hasOwnConfig: true },
      undefined,
      'VAULT_FOREIGN',
    ],
    [
      'without a marker, with our configuration',
      { owner: undefined, isEmpty: false, hasOwnConfig: true },
      'own',
      'goes on',
    ],
    [
      'without a marker, with other files',
      { owner: undefined, isEmpty: false, hasOwnConfig: false },
      'own',
      'REMOTE_NOT_EMPTY',
    ],
    [
      'with a torn marker and our configuration',
      { owner: undefined, isEmpty: false, hasOwnConfig: true },
      'own',
      'goes on',
    ],
    [
      'with a torn marker and other files',
      { owner: undefined, isEmpty: false, hasOwnConfig: false },
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
    expect(hintOf(error)).toContain('--max-delete 60');
    expect(error.details).toEqual({ deletions: 60, remoteFiles: 100 });
  });

  it.each([
    [3, 1, undefined, 'VAULT_EMPTY'],
    [3, 0, undefined, 'goes on'],
    [4, 1, undefined, 'goes on'],
    [3, 1, '1', 'goes on'],
  ])('from a vault of %i files, %i of them, with the limit %s: %s', (sources, deletions, limit, expected) => {
    const parsed = limit === undefined ? undefined : parseDeleteLimit(limit);
    const aVault = { kind: 'vault', filesOfAnEmptyOne: 3 } as const;
    expect(verdict(() => verifyNotEmptied(aVault, 'r:p', { sourceFiles: sources, deletions }, parsed))).toBe(
      expected,
    );
  });
});
