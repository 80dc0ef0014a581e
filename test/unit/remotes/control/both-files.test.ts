/** What marker and announcement say together, in every state that either can be in. */
import { describe, expect, it } from 'vitest';
import {
  type Announcement,
  type Committed,
  type FirstMarker,
  stateOf,
} from '../../../../src/remotes/control/state.ts';

const at = '2026-01-31T02:00:00Z';
const manifest = { file: '3_a.full.jsonl.gz', deltas: 0 };
const three: Committed = {
  version: 2,
  vaultId: 'v',
  engine: 'gocryptfs',
  generation: 3,
  state: 'committed',
  at,
  id: 'three',
  parent: 'two',
  machine: 'm',
  manifest,
};
const four: Committed = { ...three, generation: 4, id: 'four', parent: 'three' };
const old: FirstMarker = {
  version: 1,
  vaultId: 'v',
  engine: 'gocryptfs',
  generation: 2,
  state: 'committed',
  at,
};
const announced = (base: Announcement['base']): Announcement => ({
  version: 2,
  vaultId: 'v',
  engine: 'gocryptfs',
  generation: (base?.generation ?? 0) + 1,
  state: 'in-progress',
  at,
  id: 'next',
  machine: 'm',
  base,
});

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const whole = bytes(three);

/** Files that are not one of ours, or no longer. */
const unreadable: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  zeros: Buffer.alloc(500),
  'half of it': whole.subarray(0, whole.length / 2),
  'without its last byte': whole.subarray(0, -1),
  'with something behind it': Buffer.concat([whole, Buffer.from('x')]),
  'no text': Buffer.from([0xff, 0xfe, 0x00]),
  null: bytes(null),
  'a number': bytes(1),
  'a list': bytes([three]),
  'an empty object': bytes({}),
  ...Object.fromEntries(
    Object.entries({
      version: [3, '2', null, undefined],
      vaultId: ['', 1, null, 'v'.repeat(5000)],
      engine: [1, 'e'.repeat(101)],
      generation: [-1, 1.5, '3', 2 ** 60, null],
      state: ['done', 'in-progress', 1],
      at: ['', 'yesterday', 1, '2026-99-01T00:00:00Z'],
      id: ['', 1],
      parent: [1, ''],
      machine: ['', null],
      manifest: [
        null,
        {},
        { file: '../../etc/passwd', deltas: 0 },
        { file: 'a', deltas: -1 },
        { file: '', deltas: 0 },
      ],
    }).flatMap(([field, values]) =>
      values.map((value) => [
        `${field} ${JSON.stringify(value)?.slice(0, 40)}`,
        bytes({ ...three, [field]: value }),
      ]),
    ),
  ),
};

describe('a marker that is none', () => {
  it.each(Object.entries(unreadable))('is told as unreadable (%s)', (_, file) => {
    expect(stateOf(file, undefined)).toEqual({ kind: 'unreadable', file: '.cryptosync/marker.json' });
  });

  it.each(Object.entries(unreadable))('is made up for by the announcement (%s)', (_, file) => {
    expect(stateOf(file, bytes(announced(three)))).toMatchObject({
      kind: 'present',
      vaultId: 'v',
      committed: { id: 'three' },
      begun: { id: 'next' },
    });
  });
});

describe('an announcement that is none', () => {
  it.each(Object.entries(unreadable))('says nothing beside a marker (%s)', (_, file) => {
    expect(stateOf(bytes(four), file)).toMatchObject({
      kind: 'present',
      committed: { id: 'four' },
      begun: undefined,
    });
  });

  it.each(Object.entries(unreadable))('is told as unreadable when it is alone (%s)', (_, file) => {
    expect(stateOf(undefined, file)).toEqual({ kind: 'unreadable', file: '.cryptosync/in-progress.json' });
  });

  it.each([
    { base: { ...three, generation: -1 } },
    { base: { ...three, manifest: { file: '../x', deltas: 0 } } },
    { base: 'three' },
    { base: undefined },
    { at: 'soon' },
    { id: '' },
    { machine: '' },
    { generation: -4 },
  ])('has one field of another kind (%j)', (field) => {
    expect(stateOf(undefined, bytes({ ...announced(three), ...field })).kind).toBe('unreadable');
  });
});

const cases: readonly [name: string, marker: unknown, announcement: unknown, expected: object][] = [
  ['nothing at all', undefined, undefined, { kind: 'absent' }],
  ['a first run that has begun', undefined, announced(null), { committed: undefined, begun: { id: 'next' } }],
  ['a commit', three, undefined, { committed: { id: 'three' }, begun: undefined }],
  [
    'a run that has begun after it',
    three,
    announced(three),
    { committed: { id: 'three' }, begun: { id: 'next' } },
  ],
  [
    'the announcement of what was committed since',
    four,
    announced(three),
    { committed: { id: 'four' }, begun: undefined },
  ],
  [
    'a first run that was committed',
    three,
    announced(null),
    { committed: { id: 'three' }, begun: undefined },
  ],
  [
    'a marker that was lost in its replacement',
    undefined,
    announced(three),
    { committed: { id: 'three' }, begun: { id: 'next' } },
  ],
  ['a marker of 0.1', old, undefined, { committed: { generation: 2 }, begun: undefined }],
  [
    'a marker of 0.1 in progress',
    { ...old, state: 'in-progress' },
    undefined,
    { committed: { state: 'in-progress' }, begun: undefined },
  ],
  ['the first run after 0.1', old, announced(old), { committed: { generation: 2 }, begun: { id: 'next' } }],
  [
    'a marker of 0.1 lost by it',
    undefined,
    announced(old),
    { committed: { generation: 2 }, begun: { id: 'next' } },
  ],
  [
    'what an announcement of 0.1 led to',
    three,
    announced(old),
    { committed: { id: 'three' }, begun: undefined },
  ],
];

describe('both files together', () => {
  it.each(cases)('tell of %s', (_, marker, announcement, expected) => {
    const files = [marker, announcement].map((value) => (value === undefined ? undefined : bytes(value)));
    expect(stateOf(files[0], files[1])).toMatchObject(expected);
  });

  it('say whose the place is by the marker, whatever the announcement says', () => {
    const state = stateOf(bytes(three), bytes({ ...announced(three), vaultId: 'another' }));
    expect(state).toMatchObject({ kind: 'present', vaultId: 'v' });
  });
});
