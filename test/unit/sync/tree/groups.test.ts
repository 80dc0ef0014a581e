import { describe, expect, it } from 'vitest';
import { withOwnGroups } from '../../../../src/sync/tree/groups.ts';

describe('hard links of a tree', () => {
  it('stay as they are where their first path is in it', () => {
    const tree = [{ path: 'a' }, { path: 'b', group: 'a' }];
    expect(withOwnGroups(tree)).toEqual(tree);
  });

  it('have the first that is in it for their first path, each file its own', () => {
    const tree = [
      { path: 'b', group: 'a' },
      { path: 'c', group: 'a' },
      { path: 'd', group: '0' },
      { path: 'e' },
    ];
    expect(withOwnGroups(tree)).toEqual([
      { path: 'b' },
      { path: 'c', group: 'b' },
      { path: 'd' },
      { path: 'e' },
    ]);
  });
});
