import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlaceEntry } from '../../../../../src/remotes/place.ts';
import type { RecordEntry } from '../../../../../src/sync/tree/record.ts';
import type { Listing } from '../../../../../src/sync/upload/full-pass/listing.ts';
import { resumed } from '../../../../../src/sync/upload/full-pass/unfinished.ts';
import { scratchDirectory } from '../../../../support/scratch.ts';

const entry = (facts: Partial<RecordEntry> = {}): RecordEntry => ({
  ...{ path: 'f', kind: 'file', size: 3, mtime: 1000n, mode: 0o600, uid: 0, gid: 0, ctime: 5000n, inode: 1n },
  ...facts,
});
const there = (facts: Partial<PlaceEntry> = {}): PlaceEntry => ({
  ...{ path: 'f', kind: 'file', size: 3, mtime: 1000n },
  ...facts,
});

describe('a file that lies at the place after a run that did not end', () => {
  it.each<[string, RecordEntry | undefined, RecordEntry, PlaceEntry | undefined, string]>([
    ['is not sent again, new and not touched since', undefined, entry(), there(), 'metadata'],
    ['is not sent again over an older one', entry({ mtime: 500n }), entry(), there(), 'metadata'],
    ['is sent where it was touched since', undefined, entry({ ctime: 9000n }), there(), 'content'],
    ['is sent where what stood there looks the same', entry(), entry(), there(), 'content'],
    ['is sent where it has another size there', undefined, entry(), there({ size: 4 }), 'content'],
    ['is sent where it has another time there', undefined, entry(), there({ mtime: 3000n }), 'content'],
    [
      'is sent where the place tells no time of it',
      undefined,
      entry(),
      there({ mtime: undefined }),
      'content',
    ],
    ['is sent where it is not there', undefined, entry(), undefined, 'content'],
  ])('%s', async (_, known, now, found, kind) => {
    const root = scratchDirectory();
    writeFileSync(join(root, 'f'), 'abc');
    const objects = new Map(found === undefined ? [] : [['f', found]]);
    const listing = { objects, directories: new Set() } as unknown as Listing;
    const changes = [{ path: 'f', kind: 'content', known, now }] as const;
    const seen = { changes, foreign: [], lost: new Set<string>(), behindOurBack: [] };
    const arrived = { begunAt: 9000n, precision: 1 };
    const result = await resumed(seen, listing, arrived, { root, now: () => 0, environment: {} });
    expect(result.changes.map((change) => change.kind)).toEqual([kind]);
  });
});
