import { describe, expect, it } from 'vitest';
import type { RcloneResult } from '../../src/remotes/rclone.ts';
import { isNotFound, rcloneFailure } from '../../src/remotes/rclone-failure.ts';

function resultOf(errors: readonly string[], exitCode = 1): RcloneResult {
  return { exitCode, stdout: '', errors, stats: undefined, timedOut: false };
}

const createFailed = 'Failed to create file system for';

// as rclone 1.60.1 printed them, asked for servers on loopback that refuse, hang up, are silent, full or forbid
const observed: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a refused connection',
    'REMOTE_UNREACHABLE',
    [
      `${createFailed} "refused:b/x": read metadata failed: Propfind "http://127.0.0.1:1/b/x": dial tcp 127.0.0.1:1: connect: connection refused`,
    ],
  ],
  [
    'an unknown host',
    'REMOTE_UNREACHABLE',
    [
      `${createFailed} "nohost:b/x": read metadata failed: Propfind "http://host.invalid/b/x": dial tcp: lookup host.invalid on 10.0.0.1:53: no such host`,
    ],
  ],
  [
    'an unknown host behind the library of AWS',
    'REMOTE_UNREACHABLE',
    [
      'Failed to cat: RequestError: send request failed',
      'caused by: Get "https://s3.us-east-1.amazonaws.com/tmp?delimiter=": dial tcp: lookup s3.us-east-1.amazonaws.com on 10.0.0.1:53: no such host',
    ],
  ],
  [
    'a silent server',
    'REMOTE_UNREACHABLE',
    [
      `${createFailed} "silent:b/x": read metadata failed: Propfind "http://127.0.0.1:18095/b/x": net/http: timeout awaiting response headers`,
    ],
  ],
  [
    'a server that hangs up',
    'REMOTE_UNREACHABLE',
    [`${createFailed} "reset:b/x": read metadata failed: Propfind "http://127.0.0.1:18092/b/x": EOF`],
  ],
  [
    'a busy server',
    'REMOTE_UNREACHABLE',
    [`${createFailed} "busy:b/x": read metadata failed: busy: 503 Service Unavailable`],
  ],
  [
    'a wrong WebDAV password',
    'REMOTE_AUTH_FAILED',
    [`${createFailed} "auth:b/x": read metadata failed: Unauthorized: 401 Unauthorized`],
  ],
  [
    'a wrong SFTP password',
    'REMOTE_AUTH_FAILED',
    [
      `${createFailed} "sftp:b/x": NewFs: couldn't connect SSH: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none password], no supported methods remain`,
    ],
  ],
  [
    'an unknown S3 key',
    'REMOTE_AUTH_FAILED',
    [
      'error listing: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.\n\tstatus code: 403, request id: , host id: ',
      'Failed to lsf with 2 errors: last error was: error in ListJSON: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.',
    ],
  ],
  [
    'a wrong S3 secret',
    'REMOTE_AUTH_FAILED',
    [
      'error listing: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.\n\tstatus code: 403, request id: , host id: ',
    ],
  ],
  [
    'a drive nobody logged in to',
    'REMOTE_AUTH_FAILED',
    [
      `${createFailed} "drive:b/x": drive: failed when making oauth client: failed to create oauth client: empty token found - please run "rclone config reconnect drive:"`,
    ],
  ],
  [
    'a directory that may not be written',
    'REMOTE_AUTH_FAILED',
    [
      'a: Failed to copy: open /remote/a: permission denied',
      'Attempt 1/1 failed with 1 errors and: open /remote/a: permission denied',
    ],
  ],
  [
    'a full WebDAV server',
    'DISK_FULL',
    [
      'a: Failed to copy: Insufficient Storage: 507 Insufficient Storage',
      'Attempt 1/1 failed with 1 errors and: Insufficient Storage: 507 Insufficient Storage',
      'Failed to copy: Insufficient Storage: 507 Insufficient Storage',
    ],
  ],
  [
    'a full disk',
    'DISK_FULL',
    [
      'big: Failed to copy: preallocate: file too big for remaining disk space',
      'Local file system at /small: not deleting files as there were IO errors',
    ],
  ],
  [
    'a remote that is not in rclone.conf',
    'REMOTE_NOT_CONFIGURED',
    [`${createFailed} "nosec:b/x": didn't find section in config file`],
  ],
  [
    'a backend that rclone does not have',
    'REMOTE_NOT_CONFIGURED',
    [`${createFailed} "bad:b/x": didn't find backend called "nosuch"`],
  ],
  [
    'an encrypted rclone.conf without its password',
    'CONFIG_INVALID',
    [
      'Failed to load config file "/c.conf": unable to decrypt configuration and not allowed to ask for password - set RCLONE_CONFIG_PASS to your configuration password',
    ],
  ],
  [
    'an encrypted rclone.conf with a wrong password',
    'CONFIG_INVALID',
    [
      "Couldn't decrypt configuration, most likely wrong password.",
      'Failed to load config file "/c.conf": unable to decrypt configuration and not allowed to ask for password - set RCLONE_CONFIG_PASS to your configuration password',
    ],
  ],
  [
    'a torn rclone.conf',
    'CONFIG_INVALID',
    ['Failed to load config file "/c.conf": could not parse line: [broken'],
  ],
  [
    'certificates that rclone 1.60 can not use',
    'REMOTE_UNREACHABLE',
    [
      `${createFailed} "s3key:b": LoadCustomCABundleError: unable to load custom CA bundle, HTTPClient's transport unsupported type`,
      'caused by: unsupported transport, *fshttp.Transport',
    ],
  ],
  ['anything else', 'SYNC_FAILED', ['a: Failed to copy: mkdir /proc/nope: no such file or directory']],
  ['nothing at all', 'SYNC_FAILED', []],
];

describe('rcloneFailure', () => {
  it.each(observed)('knows %s as %s', (_, code, errors) => {
    const error = rcloneFailure(resultOf(errors), 'my-s3:bucket/backup', 'list the remote');
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('\n');
    expect(error.hint).toBeTruthy();
  });

  it('names the place and what rclone said first, and keeps its last lines as the cause', () => {
    const errors = ['a: corrupted on transfer', 'b: corrupted on transfer', 'Failed to sync: corrupted'];
    const error = rcloneFailure(resultOf(errors), 'r:p', 'transfer the files');
    expect(error.message).toBe('could not transfer the files at r:p: a: corrupted on transfer');
    expect(error.cause).toBe(errors.join('\n'));
  });

  it('tells the hint for AWS_CA_BUNDLE', () => {
    const error = rcloneFailure(resultOf(['x: LoadCustomCABundleError: y']), 'r:p', 'list');
    expect(error.hint).toContain('AWS_CA_BUNDLE');
  });

  it('calls a call that ran out of time unreachable', () => {
    const error = rcloneFailure({ ...resultOf([]), timedOut: true }, 'r:p', 'list');
    expect(error).toMatchObject({ code: 'REMOTE_UNREACHABLE', message: expect.stringContaining('in time') });
  });

  it('cuts what would flood a terminal', () => {
    expect(rcloneFailure(resultOf(['x'.repeat(5000)]), 'r:p', 'list').message.length).toBeLessThan(400);
  });

  it('knows a missing place by its exit code', () => {
    expect([3, 4, 1, 0].map((exitCode) => isNotFound(resultOf([], exitCode)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
