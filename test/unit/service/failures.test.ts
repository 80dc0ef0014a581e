import { describe, expect, it } from 'vitest';
import { failureOf, RequestFailure } from '../../../src/service/failures.ts';
import { type ErrorCode, exitOf } from '../../../src/system/error-codes.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';

describe('a failure over HTTP', () => {
  it.each([
    ['INVALID_ENCRYPTION_KEY', 400, 'Encryption key must be 32 bytes encoded as base64'],
    ['INVALID_TENANT_ID', 400, 'said'],
    ['TENANT_NOT_CLAIMED', 404, 'said'],
    ['WORKLOAD_NOT_FOUND', 404, 'said'],
    ['ALREADY_CLAIMED', 409, 'said'],
    ['LOCKED', 409, 'said'],
    ['REMOTE_AHEAD', 409, 'said'],
    ['REMOTE_BEHIND', 409, 'said'],
    ['DECRYPTION_FAILED', 422, 'Failed to decrypt data. Please verify your encryption key.'],
    ['KEY_REQUIRED', 422, 'said'],
    ['REMOTE_AUTH_FAILED', 502, 'said'],
    ['NOT_READY', 503, 'said'],
  ] as const)('%s is %i', (code, status, message) => {
    expect(failureOf(new CryptosyncError(code, 'said'))).toEqual({ status, body: { error: code, message } });
  });

  it('is told by the word that HTTP has for it', () => {
    const { status, body } = failureOf(new CryptosyncError('USAGE', 'said'));
    expect([status, body]).toEqual([400, { error: 'INVALID_REQUEST', message: 'said' }]);
    expect(failureOf(new CryptosyncError('INVALID_CLIENT_ID', '')).body.error).toBe('INVALID_TENANT_ID');
  });

  it('tells a salt from a key, and a silent sink from one that refuses', () => {
    const salt = new CryptosyncError('INVALID_ENCRYPTION_KEY', '', { advice: { to: 'make-salt' } });
    expect(failureOf(salt).body.message).toBe('Encryption salt must be 32 bytes encoded as base64');
    const silent = new CryptosyncError('REMOTE_UNREACHABLE', '', { details: { timedOut: true } });
    expect(failureOf(silent).status).toBe(504);
    expect(failureOf(new CryptosyncError('REMOTE_UNREACHABLE', '')).status).toBe(502);
  });

  it('is an error of a client or a server, whatever its code', () => {
    for (const code of Object.keys(exitOf) as ErrorCode[]) {
      expect(failureOf(new CryptosyncError(code, '')).status).toBeGreaterThanOrEqual(400);
    }
  });

  it.each([
    new Error('holds a secret'),
    'a secret',
    undefined,
    Object.assign(new Error('a secret in a path'), { code: 'FST_ERR_BAD_URL' }),
    Object.assign(new Error('a secret in a field'), { validation: [{}], validationContext: 'body' }),
    Object.assign(new Error('a secret as a tenant'), { validation: [{}], validationContext: 'params' }),
  ])('tells nothing of what only the program’s insides say (%o)', (thrown) => {
    expect(failureOf(thrown).body.message).not.toContain('secret');
  });

  it('of a request has its own word', () => {
    expect(failureOf(new RequestFailure('TOO_LARGE', 'too much'))).toEqual({
      status: 413,
      body: { error: 'TOO_LARGE', message: 'too much' },
    });
  });
});
