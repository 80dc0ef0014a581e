/** What rclone's failures mean (exit codes and strings: docs/hazards.md). */
import type { Advice } from '../../system/advice/index.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { httpStatusesIn } from './http-status.ts';

/**
 * rclone's exit codes. 1 and 2 changed places in 1.69, so both are "failed": the strings tell more. 5, 6 and 8 to 10
 * say how bad it was, which the strings tell as well.
 */
export const exitCodes = {
  success: 0,
  directoryNotFound: 3,
  fileNotFound: 4,
  temporary: 5,
  fatal: 7,
} as const;

/** How a call ended, as far as its failure is concerned. */
export interface RcloneOutcome {
  readonly exitCode: number | undefined;
  /** What it said at level error, and its last plain lines. */
  readonly errors: readonly string[];
  /** The same without the objects that they are about, whose names may hold anything; where they are told apart. */
  readonly reasons?: readonly string[];
  readonly timedOut: boolean;
  /** It was ended because the remote had gone. */
  readonly isLost?: boolean;
}

interface FailureKind {
  readonly code: ConstructorParameters<typeof CryptosyncError>[0];
  readonly words: RegExp;
  /** HTTP statuses that mean the same. */
  readonly statuses?: readonly number[];
  /** @param action what was tried */
  readonly says: (remote: string, action: string) => string;
  readonly advice?: Advice;
}

/** In this order: an address that can't be reached can also be called a failed listing. */
const failureKinds: readonly FailureKind[] = [
  {
    code: 'REMOTE_UNREACHABLE',
    words: /LoadCustomCABundleError/,
    says: (remote) => `${remote}: rclone can't use the certificates that AWS_CA_BUNDLE names`,
    advice: { to: 'unset-certificates' },
  },
  {
    code: 'REMOTE_NOT_CONFIGURED',
    words: /didn't find section in config file/,
    says: (remote) => `${remote} is not in this client's rclone.conf`,
    advice: { to: 'set-up-missing-remote' },
  },
  {
    // an rclone of another version, or of a distribution that leaves some out (R52)
    code: 'REMOTE_TYPE_UNKNOWN',
    words: /didn't find backend called/,
    says: (remote) => `this machine's rclone has no backend for ${remote}`,
    advice: { to: 'find-rclone-with-backend' },
  },
  {
    code: 'CONFIG_INVALID',
    words: /unable to decrypt configuration|couldn't decrypt configuration|password required/i,
    says: () => 'rclone.conf is encrypted and could not be opened',
    advice: { to: 'give-conf-password' },
  },
  {
    code: 'CONFIG_INVALID',
    words: /Failed to load config file/,
    says: () => "rclone can't read this client's rclone.conf",
    advice: { to: 'mend-conf' },
  },
  {
    // the store's own words; the system's words about a path of this machine follow
    code: 'DISK_FULL',
    words:
      /insufficient ?storage|storage ?quota ?exceeded|disk quota exceeded|(?<!<path>: )no space left on device/i,
    statuses: [507],
    says: (remote) => `${remote} is full`,
  },
  {
    code: 'DISK_FULL',
    words: /no space left on device|file too big for remaining disk space/i,
    says: (remote) => `a disk of this machine is full, seen in the work with ${remote}`,
  },
  {
    // Google's stores say so with a 403
    code: 'SYNC_FAILED',
    words: /rate ?limit ?exceeded|daily ?limit ?exceeded|too many requests/i,
    statuses: [429],
    says: (remote) => `${remote} takes no more requests for now`,
  },
  {
    code: 'REMOTE_AUTH_FAILED',
    words:
      /\bunauthorized\b|(?:^|: )forbidden\b|access ?denied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|AuthenticationFailed|unable to authenticate|invalid_grant|token (?:has )?(?:been )?(?:expired|revoked)|empty token found|couldn't fetch token|permission denied|SSH_FX_PERMISSION_DENIED|530 Login/im,
    statuses: [401, 403],
    says: (remote, action) => `${remote} refused the credentials or the access, asked to ${action}`,
    advice: { to: 'check-credentials' },
  },
  {
    code: 'REMOTE_UNREACHABLE',
    words:
      /connection refused|connection reset|no such host|network is unreachable|no route to host|i\/o timeout|timeout awaiting|timed out|dial tcp|TLS handshake|broken pipe|server misbehaving|use of closed network connection|context deadline exceeded|unexpected EOF|connection lost|handshake failed|\bEOF\b/i,
    statuses: [502, 503, 504],
    says: (remote) => `${remote} can't be reached, or the connection broke`,
  },
  {
    // write-once and locked stores, and servers that don't know a method
    code: 'SYNC_FAILED',
    words: /\bMethodNotAllowed\b|\bNotImplemented\b|\bPreconditionFailed\b|\bInvalidObjectState\b/,
    statuses: [405, 409, 412, 423, 501],
    says: (remote, action) => `${remote} refused to ${action}`,
    advice: { to: 'allow-changes' },
  },
];

/** What a failure means, by all that was said of it. */
function kindOf(said: string): FailureKind | undefined {
  const judged = withoutNames(said);
  const statuses = httpStatusesIn(judged);
  return failureKinds.find(
    ({ words, statuses: own = [] }) => words.test(judged) || own.some((status) => statuses.has(status)),
  );
}

const systemCalls =
  'chmod|chown|chtimes|copy_file_range|create|fdopendir|fsync|link|lstat|mkdir|open|openat|read|readdirent|readlink|remove|rename|rmdir|stat|statfs|symlink|truncate|unlink|unlinkat|write';
const pathOfCall = new RegExp(`\\b(${systemCalls}) /.*: `, 'g');

/**
 * What was said without names, which may be called anything: what stands in quotes (addresses, remotes) and the paths
 * of system calls, as Go prints them, what went wrong last: `open /disk/401 Unauthorized: no space left on device`.
 */
function withoutNames(said: string): string {
  return (
    said
      // what an SFTP server says of itself, whose paths are none of this machine's
      .replaceAll(/\bsftp: "(?:[^"]*: )?([^"]*)" \((SSH_FX_\w+)\)/g, 'sftp: $1 ($2)')
      .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
      .replaceAll(pathOfCall, '$1 <path>: ')
  );
}

/**
 * The error for a call that failed.
 * @param action what was tried, for the message of an unknown failure: `list the remote`.
 */
export function rcloneFailure(result: RcloneOutcome, place: string, action: string): CryptosyncError {
  const said = result.errors.join('\n');
  const cause = said === '' ? undefined : result.errors.slice(-5).join('\n');
  if (result.timedOut) {
    return new CryptosyncError('REMOTE_UNREACHABLE', `${place} gave no answer in time`, {
      details: { timedOut: true },
      cause,
    });
  }
  if (result.isLost && said === '') {
    return new CryptosyncError('REMOTE_UNREACHABLE', `${place} can't be reached any more`);
  }
  const kind = kindOf((result.reasons ?? result.errors).join('\n'));
  const first = result.errors.find((line) => !line.startsWith('Failed to')) ?? result.errors[0];
  const detail = first === undefined ? `rclone exit ${result.exitCode ?? 'by a signal'}` : oneLine(first);
  if (kind !== undefined) {
    return new CryptosyncError(kind.code, `${kind.says(place, action)} (${detail})`, {
      advice: kind.advice,
      cause,
    });
  }
  return new CryptosyncError('SYNC_FAILED', `could not ${action} at ${place}: ${detail}`, { cause });
}

/** Long enough for any cause, short enough for a line in a log. */
const shownDetail = 300;

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length > shownDetail ? `${flat.slice(0, shownDetail)}…` : flat;
}

/** True when the place does not exist: for a remote without directories that is an empty place. */
export function isNotFound({ exitCode }: Pick<RcloneOutcome, 'exitCode'>): boolean {
  return exitCode === exitCodes.directoryNotFound || exitCode === exitCodes.fileNotFound;
}

/** True for a message of a remote that could do what it was asked, and does not. */
export function isRefusal(message: string): boolean {
  const kind = kindOf(message);
  return kind?.code === 'REMOTE_AUTH_FAILED' || kind?.advice?.to === 'allow-changes';
}

/** True for a message of a remote that can't be reached. */
export function isUnreachable(message: string): boolean {
  return kindOf(message)?.code === 'REMOTE_UNREACHABLE';
}
