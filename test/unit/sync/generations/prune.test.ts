/** What may be removed of trash and manifests, and what a generation that is kept needs. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestName } from '../../../../src/remotes/control/generations.ts';
import { directoryPlace } from '../../../../src/remotes/directory/directory-place.ts';
import { isPruningDue, prune } from '../../../../src/sync/generations/prune.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const day = 86_400_000;
const now = Date.parse('2026-03-01T00:00:00Z');
const agoText = (days: number): string => new Date(now - days * day).toISOString();
const nameAgo = (generation: number, days: number, kind: 'full' | 'delta'): string =>
  manifestName(generation, new Date(now - days * day), 'abcdef01', kind);

interface There {
  readonly trash?: readonly string[];
  readonly manifests?: readonly string[];
  readonly times?: readonly (readonly [number, string])[];
  readonly keep?: number;
  readonly keepGenerations?: number;
  readonly current: number;
  readonly chain?: number;
}

/** @returns what is left */
async function pruned({
  trash = [],
  manifests = [],
  times = [],
  keep = 30 * day,
  keepGenerations = 1,
  current,
  chain = 0,
}: There) {
  const root = scratchDirectory();
  const own = join(root, '.cryptosync');
  for (const name of trash) {
    mkdirSync(join(own, 'trash', name), { recursive: true });
    writeFileSync(join(own, 'trash', name, 'file'), 'old');
  }
  mkdirSync(join(own, 'manifests'), { recursive: true });
  for (const name of manifests) writeFileSync(join(own, 'manifests', name), '');
  const place = directoryPlace({ root, name: 'here', environment: {}, pace: { spend: async () => {} } });
  try {
    const kept = await prune(place, { keep, keepGenerations, now, current, chain }, times);
    return {
      kept,
      trash: trash.length === 0 ? [] : readdirSync(join(own, 'trash')).sort(),
      manifests: readdirSync(join(own, 'manifests')).sort(),
    };
  } finally {
    await place.close();
  }
}

describe('the trash', () => {
  const times = [
    [1, agoText(40)],
    [2, agoText(31)],
    [3, agoText(29)],
    [4, agoText(0)],
  ] as const;

  it('is kept as long as keepDeleted says, with what runs that did not end have left under the number', async () => {
    const left = await pruned({ trash: ['1', '1.2', '2', '3', '3.2', '4'], times, current: 4 });
    expect(left.trash).toEqual(['3', '3.2', '4']);
    expect(left.kept.map(([generation]) => generation)).toEqual([3, 3, 4]);
  });

  it.each([
    ['the count keeps longer', { keep: 0, keepGenerations: 3 }, ['3', '4']],
    ['the time keeps longer', { keep: 35 * day, keepGenerations: 2 }, ['2', '3', '4']],
    ['both keep all', { keep: 365 * day, keepGenerations: 9 }, ['1', '2', '3', '4']],
    ['the count alone keeps all that there are', { keep: 0, keepGenerations: 9 }, ['1', '2', '3', '4']],
    ['one generation is the current one, which needs no trash', { keep: 0, keepGenerations: 1 }, []],
  ])('is kept by time and by count of generations: %s', async (_, settings, left) => {
    const there = { trash: ['1', '2', '3', '4'], times, current: 4, ...settings };
    expect((await pruned(there)).trash).toEqual(left);
  });

  it('is all removed when none is to be kept', async () => {
    expect(await pruned({ trash: ['1', '2', '3', '4'], times, keep: 0, current: 4 })).toMatchObject({
      trash: [],
      kept: [],
    });
  });

  it('stays where nobody knows its time, and where it is none of ours', async () => {
    const strange = ['9', 'mine', '1x', '-1', '2026-13-01T00-00-00Z'];
    expect((await pruned({ trash: strange, times, keep: 0, current: 4 })).trash).toEqual(strange.sort());
  });

  it('has its time from the manifest where this machine has no record of it', async () => {
    const manifests = [nameAgo(7, 40, 'full'), nameAgo(8, 2, 'delta')];
    expect((await pruned({ trash: ['7', '8'], manifests, current: 8, chain: 1 })).trash).toEqual(['8']);
  });

  it('of version 0.1 goes by the time in its name', async () => {
    const trash = ['2026-01-01T02-00-00Z', '2026-02-27T02-00-00Z'];
    expect((await pruned({ trash, current: 4 })).trash).toEqual(['2026-02-27T02-00-00Z']);
  });
});

describe('a manifest', () => {
  // generations 1 to 3 and 4 to 6: each a full one with two deltas
  const manifests = [1, 2, 3, 4, 5, 6].map((one) =>
    nameAgo(one, 20 - one, one === 1 || one === 4 ? 'full' : 'delta'),
  );
  const leftOf = async (there: Partial<There>): Promise<number[]> =>
    (await pruned({ manifests, current: 6, chain: 2, ...there })).manifests.map((name) =>
      Number(name.split('_')[0]),
    );

  it.each([
    ['of the chain that is current stays', { keep: day }, [4, 5, 6]],
    ['stays while its generation is kept, although nothing was replaced since', {}, [1, 2, 3, 4, 5, 6]],
    [
      'stays while its generation is one of those that are kept by count',
      { keep: 0, keepGenerations: 4 },
      [1, 2, 3, 4, 5, 6],
    ],
    ['goes when its generation is none of those', { keep: 0, keepGenerations: 3 }, [4, 5, 6]],
    ['stays while a later trash can bring its generation back', { trash: ['3'] }, [1, 2, 3, 4, 5, 6]],
    ['goes with the last trash that needs it', { trash: ['3'], keep: day }, [4, 5, 6]],
    [
      'below the chain of the oldest that can be brought back goes',
      { trash: ['6'], keep: 14.5 * day },
      [4, 5, 6],
    ],
    [
      'of a whole generation that is current is enough',
      { current: 4, chain: 0, keep: day, manifests: manifests.slice(0, 4) },
      [4],
    ],
  ] as const)('%s', async (_, there, left) => {
    expect(await leftOf(there)).toEqual(left);
  });

  it('stays although a full one that was never committed lies above it', async () => {
    const orphan = manifestName(3, new Date(now - 17 * day), 'deadbeef', 'full');
    const left = await leftOf({ manifests: [...manifests, orphan], trash: ['4'] });
    expect(left).toEqual([1, 2, 3, 3, 4, 5, 6]);
  });

  it('stays where no full one lies below', async () => {
    expect(await leftOf({ manifests: manifests.slice(1, 3), current: 3, chain: 2 })).toEqual([2, 3]);
  });

  it('that is none of ours stays', async () => {
    const { manifests: left } = await pruned({
      manifests: ['notes.txt', ...manifests],
      current: 6,
      chain: 2,
    });
    expect(left).toContain('notes.txt');
  });
});

describe('a run that changes nothing', () => {
  it.each([
    [30 * day, 1, 31, true],
    [30 * day, 1, 29, false],
    [0, 1, 0, true],
    [0, 5, 31, false],
  ])(
    'prunes when something is over (kept %d ms, %d generations; %d days old)',
    (keep, keepGenerations, days, isDue) => {
      const keeping = { keep, keepGenerations, now, current: 2 };
      expect(isPruningDue([[1, agoText(days)]], keeping)).toBe(isDue);
    },
  );
});
