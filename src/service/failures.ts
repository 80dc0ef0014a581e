/**
 * What a failure is over HTTP: its status, its word, and a message that holds nothing of what was sent. Failures of the
 * floors below have codes of the catalogue; what can only go wrong with a request has one of its own here.
 */
import type { FastifyError } from 'fastify';
import type { ErrorCode } from '../system/error-codes.ts';
import { CryptosyncError } from '../system/errors.ts';

/** Statuses of what is wrong with a request before anybody is asked. */
const requestStatus = {
  INVALID_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  DRAINING: 503,
} as const satisfies Record<string, number>;

export type RequestCode = keyof typeof requestStatus;

/** Codes that HTTP knows by another word. */
type ToldOtherwise = 'USAGE' | 'INVALID_CLIENT_ID';

/** Statuses of the codes that operations end with; what only a vault's commands can meet is a fault of this server. */
const statusOf: Readonly<Record<Exclude<ErrorCode, ToldOtherwise>, number>> = {
  UNEXPECTED: 500,
  INVALID_TENANT_ID: 400,
  INVALID_PASSWORD: 400,
  INVALID_ENCRYPTION_KEY: 400,
  CLIENT_NOT_FOUND: 404,
  PROFILE_NOT_FOUND: 404,
  WORKLOAD_NOT_FOUND: 404,
  TENANT_NOT_CLAIMED: 404,
  ALREADY_CLAIMED: 409,
  ALREADY_INSTALLED: 409,
  BISYNC_NEEDS_RESYNC: 409,
  DELETE_LIMIT: 409,
  LOCAL_CHANGES: 409,
  LOCKED: 409,
  MOUNT_BUSY: 409,
  MOUNT_DIR_NOT_EMPTY: 409,
  PLAN_CHANGED: 409,
  REMOTE_AHEAD: 409,
  REMOTE_BEHIND: 409,
  REMOTE_EMPTY: 409,
  REMOTE_NOT_EMPTY: 409,
  VAULT_EMPTY: 409,
  VAULT_FOREIGN: 409,
  VAULT_MISMATCH: 409,
  VAULT_MISSING: 409,
  VAULT_MOUNTED: 409,
  NOT_VERIFIED: 409,
  VERIFY_FAILED: 409,
  DECRYPTION_FAILED: 422,
  KEY_REQUIRED: 422,
  PASSWORD_REQUIRED: 422,
  WRONG_PASSWORD: 422,
  CONFIG_INVALID: 500,
  FUSE_UNAVAILABLE: 500,
  MOUNT_FAILED: 500,
  PARTIAL: 500,
  REMOTE_NOT_CONFIGURED: 500,
  REMOTE_TYPE_UNKNOWN: 500,
  TOOL_MISSING: 500,
  TOOL_TOO_OLD: 500,
  HOOK_FAILED: 500,
  OVERDUE: 500,
  DISK_FULL: 507,
  REMOTE_AUTH_FAILED: 502,
  REMOTE_UNREACHABLE: 502,
  SYNC_FAILED: 502,
  INTERRUPTED: 503,
  NOT_READY: 503,
  SKIPPED: 503,
};

/** Messages that clients were promised to the letter. */
const words: Partial<Readonly<Record<ErrorCode, string>>> = {
  DECRYPTION_FAILED: 'Failed to decrypt data. Please verify your encryption key.',
  UNEXPECTED: 'Something went wrong that is a fault of this program; its log tells more.',
};

const invalidKeyMessage = {
  key: 'Encryption key must be 32 bytes encoded as base64',
  salt: 'Encryption salt must be 32 bytes encoded as base64',
} as const;

const invalidTenant =
  'A tenant is named by at most 64 letters, digits, dots, underscores and hyphens, a letter or digit first.';

/** A request that is refused before an operation is asked. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly code: RequestCode;

  constructor(code: RequestCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What every failure is answered with. */
export interface FailureBody {
  readonly error: string;
  readonly message: string;
}

export interface Failure {
  readonly status: number;
  readonly body: FailureBody;
}

/** Every word that stands in `error`, for the description of the API. */
export const failureWords: readonly string[] = [
  ...Object.keys(requestStatus),
  ...Object.keys(statusOf),
].sort();

/** Every status that an error can have. */
export const failureStatuses: readonly number[] = [
  ...new Set([...Object.values(requestStatus), ...Object.values(statusOf), 504]),
].sort((one, other) => one - other);

/** The answer to a request that ended with this. Codes that HTTP knows by another word are told by that one. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof RequestFailure) {
    return { status: requestStatus[thrown.code], body: { error: thrown.code, message: thrown.message } };
  }
  const known = ofFastify(thrown);
  if (known !== undefined) return failureOf(known);
  if (!(thrown instanceof CryptosyncError)) return failureOf(new CryptosyncError('UNEXPECTED', ''));
  const { code, details } = thrown;
  if (code === 'INVALID_CLIENT_ID') return failureOf(new CryptosyncError('INVALID_TENANT_ID', invalidTenant));
  if (code === 'USAGE') return failureOf(new RequestFailure('INVALID_REQUEST', thrown.message));
  const isSilent = code === 'REMOTE_UNREACHABLE' && details?.['timedOut'] === true;
  return { status: isSilent ? 504 : statusOf[code], body: { error: code, message: wordsOf(thrown) } };
}

function wordsOf({ code, message, advice }: CryptosyncError): string {
  if (code === 'INVALID_ENCRYPTION_KEY')
    return invalidKeyMessage[advice?.to === 'make-salt' ? 'salt' : 'key'];
  return words[code] ?? message;
}

/** What Fastify itself refuses. Its messages may repeat what was sent, so they are not passed on. */
function ofFastify(thrown: unknown): RequestFailure | CryptosyncError | undefined {
  const { code, validation, validationContext } = (thrown ?? {}) as Partial<FastifyError>;
  if (validationContext === 'params') return new CryptosyncError('INVALID_TENANT_ID', invalidTenant);
  if (validation !== undefined)
    return new RequestFailure('INVALID_REQUEST', 'The request does not fit its description.');
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RequestFailure('INVALID_REQUEST', 'A body is sent as application/json.');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RequestFailure('TOO_LARGE', 'The body is too large.');
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new RequestFailure('INVALID_REQUEST', 'The request is not usable.');
    default:
      return undefined;
  }
}
