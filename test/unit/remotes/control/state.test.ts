/** What a place says of itself, written and read back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSealed } from '../../../../src/remotes/control/seal.ts';
import {
  announcementPath,
  markerPath,
  type PlaceState,
  readState,
  writeAnnouncement,
  writeMarker,
} from '../../../../src/remotes/control/state.ts';
import { directoryPlace } from '../../../../src/remotes/directory/directory-place.ts';
import type { Place } from '../../../../src/remotes/place.ts';

const key = Buffer.alloc(32, 7);
const owner = { vaultId: 'v', engine: 'gocryptfs', machine: 'm' };
const at = '2026-01-31T02:00:00Z';
const marker = {
  ...owner,
  generation: 3,
  id: 'three',
  parent: 'two',
  at,
  manifest: { file: '3_a.full.jsonl.gz', deltas: 0 },
};

let root: string;
let place: Place;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cryptosync-test-'));
  place = directoryPlace({ root, name: 'here', environment: {}, pace: { spend: async () => {} } });
});

afterEach(async () => {
  await place.close();
  rmSync(root, { recursive: true, force: true });
});

type Present = Extract<PlaceState, { kind: 'present' }>;

async function present(): Promise<Present> {
  const state = await readState(place);
  expect(state.kind).toBe('present');
  return state as Present;
}

function change(path: string, from: string, to: string): void {
  const text = readFileSync(join(root, path), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(root, path), text.replace(from, to));
}

describe('the seal of a marker', () => {
  it.each([marker, { ...marker, consistent: false }])('holds when it is read back (%#)', async (written) => {
    await writeMarker(place, written, key);
    const { committed } = await present();
    expect(committed && isSealed(committed, key)).toBe(true);
    expect(committed && isSealed(committed, Buffer.alloc(32, 8))).toBe(false);
  });

  it.each([
    ['generation', '"generation": 3', '"generation": 4'],
    ['id', '"three"', '"four"'],
    ['parent', '"two"', '"one"'],
    ['time', '02:00', '03:00'],
    ['manifest', '3_a', '3_b'],
    ['a field of somebody else', '"state"', '"mine": 1,\n"state"'],
  ])('breaks when its %s is changed', async (_, from, to) => {
    await writeMarker(place, marker, key);
    change(markerPath, from, to);
    const { committed } = await present();
    expect(committed && isSealed(committed, key)).toBe(false);
  });
});

describe('the seal of an announcement', () => {
  it('holds, and so does that of the marker in it, which stands in when the marker is lost', async () => {
    await writeMarker(place, marker, key);
    const { committed } = await present();
    const announcement = { ...owner, generation: 4, id: 'four', at, base: committed ?? null };
    await writeAnnouncement(place, announcement, key);
    rmSync(join(root, markerPath));
    const state = await present();
    expect(state.begun && isSealed(state.begun, key)).toBe(true);
    expect(state.committed && isSealed(state.committed, key)).toBe(true);
    change(announcementPath, '"generation": 3', '"generation": 2');
    const changed = await present();
    expect(changed.begun && isSealed(changed.begun, key)).toBe(false);
  });
});

describe('a marker', () => {
  it('is whole, torn or gone, and before the first commit there is none to be gone', async () => {
    const announcement = { ...owner, generation: 1, id: 'one', at, base: null };
    await writeAnnouncement(place, announcement, key);
    expect((await present()).marker).toBe('whole');
    writeFileSync(join(root, markerPath), '{');
    expect((await present()).marker).toBe('torn');
    await writeMarker(place, marker, key);
    const { committed, marker: told } = await present();
    expect(told).toBe('whole');
    await writeAnnouncement(place, { ...announcement, generation: 4, base: committed ?? null }, key);
    writeFileSync(join(root, markerPath), '');
    expect((await present()).marker).toBe('torn');
    rmSync(join(root, markerPath));
    expect((await present()).marker).toBe('gone');
  });
});

describe('an announcement', () => {
  it('is of a run that has not ended while the marker is the one that it goes on from', async () => {
    const announcement = { ...owner, generation: 4, id: 'four', at };
    await writeMarker(place, marker, key);
    const { committed } = await present();
    await writeAnnouncement(place, { ...announcement, base: committed ?? null }, key);
    expect((await present()).begun).toMatchObject({ id: 'four' });
    // a run that was killed at its very end has left it beside what it has committed
    await writeMarker(place, { ...marker, generation: 4, id: 'four', parent: 'three' }, key);
    expect((await present()).begun).toBeUndefined();
  });
});
