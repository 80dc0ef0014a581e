import { describe, expect, it } from 'vitest';
import { type MetadataFacts, mergedMetadata } from '../../../../src/sync/both-ways/trees/metadata.ts';
import type { Entry } from '../../../../src/sync/tree/entry.ts';

const entry = (mode: number, uid = 1): Entry => ({
  ...{ path: 'f', kind: 'file', size: 3, mtime: 1_000_000n, mode, uid, gid: uid },
});
const top: Entry = { ...entry(0o750, 7), path: '', kind: 'directory' };
const told = (mode: number) => ({ entry: entry(mode), isTold: true }) as MetadataFacts['there'];
const untold = { entry: entry(0o666), isTold: false } as MetadataFacts['there'];
const base = entry(0o600);

describe('whose mode and owner an entry has', () => {
  it.each<[string, Partial<MetadataFacts>, number, number]>([
    ['theirs, where nothing is here', { from: 'there', there: told(0o640) }, 0o640, 1],
    ['the tree’s owner, where nobody says', { from: 'there', there: untold }, 0o600, 7],
    ['theirs, where they changed it', { here: base, there: told(0o640), base }, 0o640, 1],
    ['ours, where we changed it', { here: entry(0o644), there: told(0o600), base }, 0o644, 1],
    ['ours, where both did', { here: entry(0o644), there: told(0o640), base }, 0o644, 1],
    ['theirs, of what is new there', { from: 'there', here: entry(0o644), there: told(0o640) }, 0o640, 1],
    ['ours, of what is new here', { from: 'here', here: entry(0o644), there: told(0o640) }, 0o644, 1],
    [
      'theirs, of what a run that did not end has put here',
      { here: entry(0o644), there: told(0o640), base, hasArrived: true },
      0o640,
      1,
    ],
    [
      'ours, where its content is ours all the same',
      { from: 'here', here: entry(0o644), there: told(0o640), base, hasArrived: true },
      0o644,
      1,
    ],
  ])('%s', (_, facts, mode, uid) => {
    const unknown = { here: undefined, there: undefined, base: undefined, hasArrived: false, top };
    const merged = mergedMetadata({ standing: entry(0o600), from: 'both', ...unknown, ...facts });
    expect(merged).toMatchObject({ mode, uid, gid: uid });
  });
});
