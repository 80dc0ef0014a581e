import { describe, expect, it } from 'vitest';
import { rclonePath } from '../../../src/remotes/remote.ts';

describe('a path below a place', () => {
  it.each([
    ['', 'r:', 'r:a/b'],
    ['bucket', 'r:bucket', 'r:bucket/a/b'],
    ['bucket/', 'r:bucket/', 'r:bucket/a/b'],
    ['/', 'r:/', 'r:/a/b'],
    ['/srv/x', 'r:/srv/x', 'r:/srv/x/a/b'],
  ])('%j is where the place itself is', (path, whole, below) => {
    const remote = { name: 'r', type: 'sftp', path, configFile: '' };
    expect([rclonePath(remote), rclonePath(remote, 'a/b')]).toEqual([whole, below]);
  });
});
