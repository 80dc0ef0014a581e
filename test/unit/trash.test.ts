import { expect, it } from 'vitest';
import type { ControlFiles } from '../../src/remotes/control-files.ts';
import { pruneTrash, trashFor } from '../../src/remotes/trash.ts';

const day = 86_400_000;
const now = new Date(Date.UTC(2026, 1, 10, 2, 0, 0));
const before = (days: number): string => trashFor(new Date(now.getTime() - days * day));

it('names the trash of a run by its time, without what some remotes can not hold', () => {
  expect(trashFor(now)).toBe('.cryptosync/trash/2026-02-10T02-00-00Z');
});

it('removes what is older than the time that is kept, and nothing else, whatever stands there', async () => {
  const names = [
    ...[31, 30, 1].map((days) => `${before(days).split('/').at(-1)}/`),
    'other/',
    '2020-01-01T00-00-00Z',
    '2020-01-01/',
    '2020-99-99T00-00-00Z/',
    '../',
  ];
  const purged: string[] = [];
  const files: ControlFiles = {
    read: async () => undefined,
    write: async () => {},
    list: async (directory) => (directory === '.cryptosync/trash' ? names : []),
    purge: async (directory) => void purged.push(directory),
  };
  expect(await pruneTrash(files, 30 * day, now)).toEqual([before(31).split('/').at(-1)]);
  expect(purged).toEqual([before(31)]);
});
