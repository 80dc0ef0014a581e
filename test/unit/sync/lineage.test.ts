/** Whether a place is where this machine left it: every record against every state of the place. */
import { describe, expect, it } from 'vitest';
import { sealed } from '../../../src/remotes/control/seal.ts';
import {
  type Announcement,
  type AnyMarker,
  type Committed,
  type FirstMarker,
  identityOf,
  type PlaceState,
} from '../../../src/remotes/control/state.ts';
import { type LineageFacts, lineageOf } from '../../../src/sync/lineage.ts';
import type { RecordHead } from '../../../src/sync/tree/record.ts';
import type { CryptosyncError } from '../../../src/system/errors.ts';

const at = '2026-01-31T02:00:00Z';
const key = Buffer.alloc(32, 7);

function marker(generation: number, id: string, fields: Partial<Committed> = {}): Committed {
  return {
    ...{
      version: 2,
      vaultId: 'v',
      engine: 'gocryptfs',
      generation,
      state: 'committed',
      at,
      id,
      parent: null,
      machine: 'm',
    },
    manifest: { file: `${generation}.full.jsonl.gz`, deltas: 0 },
    ...fields,
  };
}
const old: FirstMarker = {
  version: 1,
  vaultId: 'v',
  engine: 'gocryptfs',
  generation: 3,
  state: 'committed',
  at,
};

function begun(base: AnyMarker | undefined, machine = 'm'): Announcement {
  const generation = (base?.generation ?? 0) + 1;
  return {
    version: 2,
    state: 'in-progress',
    vaultId: 'v',
    engine: 'gocryptfs',
    generation,
    id: 'next',
    machine,
    at,
    base: base ?? null,
  };
}

function present(committed: AnyMarker | undefined, announcement?: Announcement): PlaceState {
  return { kind: 'present', vaultId: 'v', committed, begun: announcement, marker: 'whole' };
}

function record(generation: number, id: string, isSealed = false): RecordHead {
  return {
    ...{
      place: 'p',
      source: 's',
      generation,
      id,
      at,
      fullAt: at,
      manifest: { file: '3.full.jsonl.gz', deltas: 0, deltaBytes: 0, fullBytes: 9 },
      trash: [],
      scope: '',
      sealed: isSealed,
    },
  };
}

const three = marker(3, 'three');
const places: Readonly<Record<string, PlaceState>> = {
  absent: { kind: 'absent' },
  unreadable: { kind: 'unreadable', file: 'marker.json' },
  'at 3': present(three),
  'at 3, begun here': present(three, begun(three)),
  'at 3, begun elsewhere': present(three, begun(three, 'other')),
  'at 4': present(marker(4, 'four')),
  'at 2': present(marker(2, 'two')),
  'at another 3': present(marker(3, 'other three')),
  'first, begun here': present(undefined, begun(undefined)),
  'first, begun elsewhere': present(undefined, begun(undefined, 'other')),
  'at 3, with its marker lost': present(marker(2, 'two'), { ...begun(marker(2, 'two')), id: 'three' }),
  'at a first 3, with its marker lost': present(undefined, { ...begun(undefined), id: 'three' }),
  'at 3 of 0.1': present(old),
  'at 3 of 0.1, unfinished': present({ ...old, state: 'in-progress' }),
  'of another vault': { ...present(three), vaultId: 'w' } as PlaceState,
};
const records: Readonly<Record<string, RecordHead | undefined>> = {
  none: undefined,
  'at 0': record(0, ''),
  'at 3': record(3, 'three'),
  'at 3 of 0.1': record(3, identityOf(old)),
};

function verdict(facts: Pick<LineageFacts, 'state' | 'record' | 'takeOver'> & Partial<LineageFacts>): string {
  try {
    const { footing, isUnfinished } = lineageOf({
      place: 'p',
      identity: 'v',
      machine: 'm',
      sealKey: undefined,
      ...facts,
    });
    return `${footing.kind}${isUnfinished ? ', unfinished' : ''}`;
  } catch (error) {
    return (error as CryptosyncError).code;
  }
}

/** By place: for a machine without a record, with one before any commit, at 3, and at 3 of version 0.1. */
const expected: Readonly<Record<string, readonly [none: string, zero: string, three: string, old: string]>> =
  {
    absent: ['first', 'first', 'REMOTE_BEHIND', 'REMOTE_BEHIND'],
    unreadable: ['first, unfinished', 'first, unfinished', 'REMOTE_BEHIND', 'REMOTE_BEHIND'],
    'at 3': ['told', 'told', 'recorded', 'REMOTE_BEHIND'],
    'at 3, begun here': ['told, unfinished', 'told, unfinished', 'recorded, unfinished', 'REMOTE_BEHIND'],
    'at 3, begun elsewhere': ['REMOTE_AHEAD', 'REMOTE_AHEAD', 'REMOTE_AHEAD', 'REMOTE_AHEAD'],
    'at 4': ['told', 'told', 'REMOTE_AHEAD', 'REMOTE_AHEAD'],
    'at 2': ['told', 'told', 'REMOTE_BEHIND', 'REMOTE_BEHIND'],
    'at another 3': ['told', 'told', 'REMOTE_BEHIND', 'REMOTE_BEHIND'],
    'first, begun here': ['first, unfinished', 'first, unfinished', 'REMOTE_BEHIND', 'REMOTE_BEHIND'],
    'first, begun elsewhere': ['REMOTE_AHEAD', 'REMOTE_AHEAD', 'REMOTE_AHEAD', 'REMOTE_AHEAD'],
    'at 3, with its marker lost': [
      'told, unfinished',
      'told, unfinished',
      'recorded, unfinished',
      'REMOTE_BEHIND',
    ],
    'at a first 3, with its marker lost': [
      'first, unfinished',
      'first, unfinished',
      'recorded, unfinished',
      'REMOTE_BEHIND',
    ],
    'at 3 of 0.1': ['told', 'told', 'REMOTE_BEHIND', 'recorded'],
    'at 3 of 0.1, unfinished': [
      'told, unfinished',
      'told, unfinished',
      'REMOTE_BEHIND',
      'recorded, unfinished',
    ],
    'of another vault': ['VAULT_FOREIGN', 'VAULT_FOREIGN', 'VAULT_FOREIGN', 'VAULT_FOREIGN'],
  };

const pairs = Object.entries(places).flatMap(([place, state]) =>
  Object.entries(records).map(([name, head], index) => ({ place, state, name, head, index })),
);

describe('a place', () => {
  it.each(pairs)('$place, with a record $name', ({ place, state, head, index }) => {
    expect(verdict({ state, record: head, takeOver: false })).toBe(expected[place]?.[index]);
  });

  it.each(pairs)(
    '$place, with a record $name, is taken over, unless it is another vault',
    ({ place, state, head }) => {
      const taken = verdict({ state, record: head, takeOver: true });
      expect(taken).toMatch(place === 'of another vault' ? /^VAULT_FOREIGN$/ : /^(first|told|recorded)/);
    },
  );

  it('tells since when a run has not ended, and whose it was', () => {
    const facts = {
      place: 'p',
      identity: 'v',
      machine: 'm',
      sealKey: undefined,
      record: undefined,
      takeOver: false,
    };
    expect(lineageOf({ ...facts, state: present(three, begun(three)) }).begun).toEqual({ at, isOurs: true });
    const other = { ...facts, takeOver: true, state: present(three, begun(three, 'n')) };
    expect(lineageOf(other).begun).toEqual({ at, isOurs: false });
    expect(lineageOf({ ...facts, state: present(three) }).begun).toBeUndefined();
  });
});

describe('the seal of what a place says', () => {
  const right = sealed(three, key) as Committed;
  const wrong = sealed(three, Buffer.alloc(32, 8)) as Committed;
  const changed: Committed = { ...right, parent: 'changed' };
  const base = begun(right);

  it.each([
    ['right', right, undefined, key, true, 'recorded'],
    ['right, the first time that it is seen', right, undefined, key, false, 'recorded'],
    ['none, where none was ever seen', three, undefined, key, false, 'recorded'],
    ['none, where there was one', three, undefined, key, true, 'VERIFY_FAILED'],
    ['null, where there was one', { ...three, seal: null }, undefined, key, true, 'VERIFY_FAILED'],
    ['of another key', wrong, undefined, key, false, 'VERIFY_FAILED'],
    ['of what it was before it was changed', changed, undefined, key, true, 'VERIFY_FAILED'],
    ['not to be checked without a key', wrong, undefined, undefined, false, 'recorded'],
    ['right on both files', right, sealed(base, key) as Announcement, key, true, 'recorded, unfinished'],
    ['missing on the announcement', right, base, key, true, 'VERIFY_FAILED'],
    [
      'of another key on the announcement',
      right,
      sealed(base, Buffer.alloc(32, 8)) as Announcement,
      key,
      true,
      'VERIFY_FAILED',
    ],
  ] as const)('is %s', (_, committed, announcement, sealKey, wasSealed, outcome) => {
    const facts = { record: record(3, 'three', wasSealed), takeOver: false, sealKey };
    expect(verdict({ ...facts, state: present(committed, announcement) })).toBe(outcome);
  });

  it('must be right for a takeover, too', () => {
    expect(verdict({ state: present(wrong), record: undefined, takeOver: true, sealKey: key })).toBe(
      'VERIFY_FAILED',
    );
  });
});
