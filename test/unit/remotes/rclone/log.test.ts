import { describe, expect, it } from 'vitest';
import { parseLogLine } from '../../../../src/remotes/rclone/log.ts';

// all lines are as rclone 1.60.1 printed them
const stats =
  '{"level":"warning","msg":"\\nTransferred:   \\t      224 KiB / 292.969 KiB, 76%, 0 B/s, ETA -\\n\\n","source":"accounting/stats.go:482","stats":{"bytes":229376,"checks":4,"deletedDirs":0,"deletes":1,"elapsedTime":1.15444337,"errors":0,"eta":0,"fatalError":false,"renames":0,"retryError":false,"speed":229205.64428012268,"totalBytes":300000,"totalChecks":0,"totalTransfers":1,"transferTime":0,"transferring":[{"bytes":229376,"eta":0,"name":"big"}],"transfers":0},"time":"2026-11-21T20:01:30.615321+00:00"}';

describe("a line of rclone's log", () => {
  it('tells how far a transfer is', () => {
    expect(parseLogLine(stats).stats).toEqual({
      bytes: 229_376,
      totalBytes: 300_000,
      transfers: 0,
      totalTransfers: 1,
      checks: 4,
      deletes: 1,
      speed: 229_205.644_280_122_68,
      eta: 0,
    });
    expect(parseLogLine(stats.replace('"eta":0,"fatal', '"eta":null,"fatal')).stats?.eta).toBeUndefined();
  });

  it('tells the file of an error', () => {
    const line =
      '{"level":"error","msg":"Failed to copy: Insufficient Storage: 507 Insufficient Storage","object":"a","objectType":"*local.Object","source":"operations/operations.go:538","time":"2026-11-21T20:00:46.70753+00:00"}';
    expect(parseLogLine(line)).toMatchObject({
      level: 'error',
      object: 'a',
      message: 'Failed to copy: Insufficient Storage: 507 Insufficient Storage',
    });
  });

  it.each([
    [
      '2026/11/21 20:00:45 Failed to create file system for "nosec:b/x": didn\'t find section in config file',
      'error',
      'Failed to create file system for "nosec:b/x": didn\'t find section in config file',
    ],
    [
      'caused by: unsupported transport, *fshttp.Transport',
      'error',
      'caused by: unsupported transport, *fshttp.Transport',
    ],
    [
      '2026/11/21 20:00:49 Fatal error: invalid argument "foo" for "--bwlimit" flag: bad suffix \'o\'',
      'error',
      'Fatal error: invalid argument "foo" for "--bwlimit" flag: bad suffix \'o\'',
    ],
    ['Use "rclone help flags" for to see the global flags.', 'notice', undefined],
    ['', 'notice', ''],
    ['{"level":"critical","msg":"Failed to lsjson: x"}', 'error', 'Failed to lsjson: x'],
    ['{"level":"error","msg":"torn', 'notice', '{"level":"error","msg":"torn'],
  ])('has the level and the text of what it tells: %s', (line, level, message) => {
    expect(parseLogLine(line)).toMatchObject({ level, message: message ?? line, stats: undefined });
  });
});
