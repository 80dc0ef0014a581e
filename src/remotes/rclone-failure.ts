/** What rclone's failures mean (exit codes and strings: TOOLS.md). */
import { CryptosyncError } from '../system/errors.ts';

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
  readonly timedOut: boolean;
  /** It was ended because the remote had gone. */
  readonly isLost?: boolean;
}

interface FailureKind {
  readonly code: ConstructorParameters<typeof CryptosyncError>[0];
  readonly pattern: RegExp;
  readonly says: (remote: string) => string;
  readonly hint?: string;
}

/** In this order: an address that can't be reached can also be called a failed listing. */
const failureKinds: readonly FailureKind[] = [
  {
    code: 'REMOTE_UNREACHABLE',
    pattern: /LoadCustomCABundleError/,
    says: (remote) => `${remote}: rclone can't use the certificates that AWS_CA_BUNDLE names`,
    hint: 'Unset AWS_CA_BUNDLE for this command: rclone 1.60 fails on it.',
  },
  {
    code: 'REMOTE_NOT_CONFIGURED',
    pattern: /didn't find section in config file|didn't find backend called/,
    says: (remote) => `${remote} is not in this client's rclone.conf`,
    hint: 'Set it up with install --remote-name … --remote-type …, or with rclone-config.',
  },
  {
    code: 'CONFIG_INVALID',
    pattern: /unable to decrypt configuration|couldn't decrypt configuration|password required/i,
    says: () => 'rclone.conf is encrypted and could not be opened',
    hint: 'Give its password in RCLONE_CONFIG_PASS.',
  },
  {
    code: 'CONFIG_INVALID',
    pattern: /Failed to load config file/,
    says: () => "rclone can't read this client's rclone.conf",
    hint: 'Mend it in an editor, or move it away and set the remotes up again.',
  },
  {
    code: 'DISK_FULL',
    pattern:
      /no space left on device|file too big for remaining disk space|disk quota exceeded|insufficient storage|storage ?quota ?exceeded|507 /i,
    says: (remote) => `${remote} is full`,
  },
  {
    code: 'REMOTE_AUTH_FAILED',
    pattern:
      /\b401\b|\b403\b|unauthorized|forbidden|access ?denied|InvalidAccessKeyId|SignatureDoesNotMatch|unable to authenticate|invalid_grant|token.*expired|empty token found|couldn't fetch token|permission denied/i,
    says: (remote) => `${remote} refused the credentials or the access`,
    hint: "Check the credentials in this client's rclone.conf, and what they may do there.",
  },
  {
    code: 'REMOTE_UNREACHABLE',
    pattern:
      /connection refused|connection reset|no such host|network is unreachable|no route to host|i\/o timeout|timeout awaiting|timed out|dial tcp|TLS handshake|broken pipe|server misbehaving|use of closed network connection|context deadline exceeded|unexpected EOF|connection lost|handshake failed|\b50[234]\b|\bEOF\b/i,
    says: (remote) => `${remote} can't be reached, or the connection broke`,
  },
];

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
  const kind = failureKinds.find(({ pattern }) => pattern.test(said));
  const first = result.errors.find((line) => !line.startsWith('Failed to')) ?? result.errors[0];
  const detail = first === undefined ? `rclone exit ${result.exitCode ?? 'by a signal'}` : oneLine(first);
  if (kind !== undefined) {
    return new CryptosyncError(kind.code, `${kind.says(place)} (${detail})`, { hint: kind.hint, cause });
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

/** True for a message of a remote that can't be reached. */
export function isUnreachable(message: string): boolean {
  return failureKinds.find(({ pattern }) => pattern.test(message))?.code === 'REMOTE_UNREACHABLE';
}
