import { describe, expect, it } from 'vitest';
import type { RcloneResult } from '../../../../src/remotes/rclone/call.ts';
import { isNotFound, isUnreachable, rcloneFailure } from '../../../../src/remotes/rclone/failure.ts';
import { hintOf } from '../../../support/refusal.ts';

function resultOf(errors: readonly string[], exitCode = 1): RcloneResult {
  return { exitCode, stdout: '', errors, timedOut: false };
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
    'REMOTE_TYPE_UNKNOWN',
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
  ['a full SFTP server', 'DISK_FULL', ['sftp: "write /srv/a b: no space left on device" (SSH_FX_FAILURE)']],
  [
    'a file that SFTP may not write',
    'REMOTE_AUTH_FAILED',
    ['sftp: "Permission denied" (SSH_FX_PERMISSION_DENIED)'],
  ],
  ['an SFTP connection that broke', 'REMOTE_UNREACHABLE', ['Update Create failed: connection lost']],
  [
    'an SSH server that is gone',
    'REMOTE_UNREACHABLE',
    ["NewFs: couldn't connect SSH: dial tcp 127.0.0.1:1: connect: connection refused"],
  ],
  [
    'a wrong S3 key by the newer library',
    'REMOTE_AUTH_FAILED',
    [
      'operation error S3: ListObjectsV2, https response error StatusCode: 403, RequestID: 1, HostID: 2, api error InvalidAccessKeyId: no',
    ],
  ],
  [
    'an S3 server that is overloaded',
    'REMOTE_UNREACHABLE',
    ['SlowDown: Please reduce your request rate.\n\tstatus code: 503, request id: 1, host id: 2'],
  ],
  [
    'a wrong B2 key',
    'REMOTE_AUTH_FAILED',
    ['failed to authorize account: failed to authenticate: Invalid applicationKeyId (401 unauthorized)'],
  ],
  [
    'a wrong Azure key',
    'REMOTE_AUTH_FAILED',
    ['RESPONSE 403: 403 Server failed to authenticate the request.\nERROR CODE: AuthenticationFailed'],
  ],
  ['a refusal by lib/rest', 'REMOTE_AUTH_FAILED', ['HTTP error 403 (403 Forbidden) returned body: "no"']],
  [
    'a refusal by Google',
    'REMOTE_AUTH_FAILED',
    ['googleapi: Error 403: Insufficient Permission, insufficientPermissions'],
  ],
  [
    "too many requests of Google's",
    'SYNC_FAILED',
    [
      'googleapi: Error 403: User Rate Limit Exceeded. Rate of requests for user exceed configured project quota, userRateLimitExceeded',
    ],
  ],
  [
    'a full Drive',
    'DISK_FULL',
    ["googleapi: Error 403: The user's Drive storage quota has been exceeded., storageQuotaExceeded"],
  ],
  ['too many requests of WebDAV', 'SYNC_FAILED', ['busy: 429 Too Many Requests']],
  ['a gateway', 'REMOTE_UNREACHABLE', ['Bad Gateway: 502 Bad Gateway']],
  ['a server that is at its end', 'SYNC_FAILED', ['Internal Server Error: 500 Internal Server Error']],
  ['anything else', 'SYNC_FAILED', ['a: Failed to copy: mkdir /proc/nope: no such file or directory']],
  ['nothing at all', 'SYNC_FAILED', []],
];

// numbers and words that mean nothing where they stand
const innocent: readonly string[] = [
  'corrupted on transfer: sizes differ 403 vs 401',
  "can't copy - source file is being updated (size changed from 403 to 507)",
  'Put "http://h.example:4010/403 Forbidden/401": some trouble',
  'Propfind "http://127.0.0.1:5033/507 Insufficient Storage/x": some trouble',
  'open /disk/401 Unauthorized: permission denied.txt: file exists',
  'mkdir /disk/no space left on device: not a directory',
  'rename /disk/connection refused: EOF /disk/403: file exists',
  'HTTP status 200: 403 bytes',
  'object 507 of 5030: some trouble',
  'after 401 of 403 files',
  'a length of 503 bytes',
  'read 507 bytes, 403 missing',
  'status code: 400, request id: 403, host id: 507',
  'request 401-403-507',
  'name contains a forbidden character',
];

const objects = [
  '403 Forbidden',
  '507 Insufficient Storage',
  'connection refused',
  'a: permission denied',
  'EOF',
];

describe('rcloneFailure', () => {
  it.each(innocent)('reads nothing into %s', (message) => {
    expect(rcloneFailure(resultOf([message]), 'r:p', 'list').code).toBe('SYNC_FAILED');
  });

  it.each(objects)('reads nothing into a file that is called %s', (object) => {
    const result = { ...resultOf([`${object}: some trouble`]), reasons: ['some trouble'] };
    expect(rcloneFailure(result, 'r:p', 'list')).toMatchObject({
      code: 'SYNC_FAILED',
      message: `could not list at r:p: ${object}: some trouble`,
    });
    expect(isUnreachable(`Put "http://h/${object}": some trouble`)).toBe(false);
  });

  it('tells a full disk of this machine from a full remote', () => {
    const told = (said: string): string => rcloneFailure(resultOf([said]), 'dav:p', 'put').message;
    for (const said of [
      'write /tmp/spool: no space left on device',
      'preallocate: file too big for remaining disk space',
    ])
      expect(told(said)).toMatch(/^a disk of this machine is full/);
    for (const said of [
      'Insufficient Storage: 507 Insufficient Storage',
      'sftp: "write /srv/a: no space left on device" (SSH_FX_FAILURE)',
    ])
      expect(told(said)).toMatch(/^dav:p is full/);
  });

  it.each(observed)('knows %s as %s', (_, code, errors) => {
    const error = rcloneFailure(resultOf(errors), 'my-s3:bucket/backup', 'list the remote');
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('\n');
    expect(hintOf(error)).toBeTruthy();
  });

  it('names the place and what rclone said first, and keeps its last lines as the cause', () => {
    const errors = ['a: corrupted on transfer', 'b: corrupted on transfer', 'Failed to sync: corrupted'];
    const error = rcloneFailure(resultOf(errors), 'r:p', 'transfer the files');
    expect(error.message).toBe('could not transfer the files at r:p: a: corrupted on transfer');
    expect(error.cause).toBe(errors.join('\n'));
  });

  it('tells the hint for AWS_CA_BUNDLE', () => {
    const error = rcloneFailure(resultOf(['x: LoadCustomCABundleError: y']), 'r:p', 'list');
    expect(hintOf(error)).toContain('AWS_CA_BUNDLE');
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
