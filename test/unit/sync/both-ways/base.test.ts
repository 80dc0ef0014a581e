import { describe, expect, it } from 'vitest';
import { recover } from '../../../../src/sync/both-ways/base.ts';
import type { Entry, Side } from '../../../../src/sync/both-ways/look.ts';

const at = (size: number, second: number): Entry => ({
  size,
  time: `2026-01-31T02:00:0${second}.000000000Z`,
});
const [old, target] = [at(3, 1), at(5, 2)];

/** What is known of a file that a run which did not end was to put. */
function recovered(to: Side, found: Entry | undefined, isSent = true) {
  const there = new Map(found === undefined ? [] : [['f', found]]);
  const now = { local: new Map(), remote: new Map(), [to]: there };
  const base = { local: new Map([['f', old]]), remote: new Map([['f', old]]) };
  const how = { precision: 1000, isSent: () => isSent };
  const { looks, torn } = recover({ copies: [{ path: 'f', to, old, target }] }, base, now, how);
  return { local: looks.local.get('f'), remote: looks.remote.get('f'), isTorn: torn[to].has('f') };
}

describe('a file that a run which did not end was to put', () => {
  it.each<[string, Entry | undefined, boolean]>([
    ['is half written where it is shorter', at(2, 4), true],
    ['is half written where it is gone', undefined, true],
    ['was not begun where it is what it was', old, false],
    ['was edited where it is as long, and another', at(5, 4), false],
    ['was edited where it is longer', at(9, 4), false],
  ])('%s, on either side', (_, found, isTorn) => {
    for (const to of ['local', 'remote'] as const)
      expect([to, recovered(to, found)]).toEqual([to, { local: old, remote: old, isTorn }]);
  });

  it('is synced where it is what it was to become', () => {
    for (const to of ['local', 'remote'] as const)
      expect(recovered(to, target)).toEqual({ local: target, remote: target, isTorn: false });
  });

  it('is sent again where it may be another than what is here', () => {
    const { local, remote } = recovered('remote', target, false);
    expect(remote).toEqual(target);
    expect(local).not.toEqual(old);
    expect(local).not.toEqual(target);
  });
});
