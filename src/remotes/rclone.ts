/** Running rclone, and what its failures mean (exit codes and strings: TOOLS.md). */
import { requireTool } from '../system/dependencies.ts';
import { rcloneEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { endingWithUs } from '../system/parent-death.ts';
import { type Command, type Finished, run } from '../system/process.ts';
import { watchConnection } from './lost-connection.ts';
import { maskFor } from './masking.ts';
import { type LogRecord, parseLogLine, type TransferStats } from './rclone-log.ts';
import { watchSilence } from './silence.ts';

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

export interface RcloneDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export interface RcloneCall {
  readonly args: readonly string[];
  readonly configFile: string;
  /** Remotes that are defined by environment, such as a crypt layer. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly input?: string | undefined;
  /** Milliseconds. */
  readonly deadline: number;
  /** How often rclone itself tries one small request again. */
  readonly lowLevelRetries?: number;
  /** Asked when nothing has moved for a while; without an answer the call is ended. It needs `--stats`. */
  readonly isReachable?: (() => Promise<boolean>) | undefined;
  readonly onRecord?: ((record: LogRecord) => void) | undefined;
  /** Called for each line of stdout, which is then not kept. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
}

export interface RcloneResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** What it said at level error, and its last plain lines. */
  readonly errors: readonly string[];
  readonly stats: TransferStats | undefined;
  readonly timedOut: boolean;
  /** It was ended because the remote had gone. */
  readonly isLost?: boolean;
}

/** Milliseconds for one small question to a remote: connecting twice, and an answer. */
export const questionDeadline = 60_000;

/** The most error lines that are kept: the first tell the cause. */
const keptErrors = 50;

/**
 * Arguments of every call. `--ask-password=false`: an encrypted rclone.conf without a terminal would wait for ever
 * (R18). `--retries 1`: a second attempt of rclone's own can turn a vanished source into an empty one (R6).
 */
function commonArguments(call: RcloneCall): string[] {
  return [
    '--config',
    call.configFile,
    '--ask-password=false',
    '--use-json-log',
    '--retries',
    '1',
    '--low-level-retries',
    String(call.lowLevelRetries ?? 2),
    '--contimeout',
    '15s',
    '--timeout',
    '60s',
  ];
}

/** Runs rclone to its end. @throws TOOL_MISSING, INTERRUPTED */
export async function rclone(call: RcloneCall, dependencies: RcloneDependencies): Promise<RcloneResult> {
  const errors: string[] = [];
  let stats: TransferStats | undefined;
  const lost = new AbortController();
  const giveUp = (): void => lost.abort();
  const now = (): number => performance.now();
  const watch = watchConnection({ isUnreachable, giveUp, now });
  const { isReachable } = call;
  const file = requireTool('rclone', dependencies.environment);
  const listen = isReachable === undefined ? () => {} : watchSilence({ isReachable, giveUp, now });
  const finished = await runUnless(lost.signal, dependencies.signal, {
    // one that went on would write among the files of the next run
    ...endingWithUs({ file, args: [...call.args, ...commonArguments(call)] }, dependencies.environment),
    environment: { ...rcloneEnvironment(dependencies.environment), ...call.environment },
    input: call.input,
    deadline: call.deadline,
    onStdoutLine: call.onStdoutLine,
    onStderrLine: (line) => {
      const record = parseLogLine(line);
      if (record.stats !== undefined) stats = record.stats;
      // why a file was given up is a warning
      const isError =
        record.level === 'error' || (record.level === 'warning' && isUnreachable(record.message));
      if (isError && errors.length < keptErrors) errors.push(describe(record));
      watch(record);
      listen(record);
      call.onRecord?.(record);
    },
  });
  if (finished.startError !== undefined) {
    throw new CryptosyncError('TOOL_MISSING', `rclone could not be started: ${finished.startError}`);
  }
  return {
    exitCode: finished.exitCode,
    stdout: finished.stdout,
    errors: errors.length === 0 ? errors : errors.map(maskFor(call)),
    stats,
    timedOut: finished.timedOut,
    isLost: lost.signal.aborted,
  };
}

/** Runs a command that is also ended when the connection is lost, which is a failure like any other. */
async function runUnless(
  lost: AbortSignal,
  signal: AbortSignal | undefined,
  command: Command,
): Promise<Finished> {
  try {
    return await run({ ...command, signal: signal === undefined ? lost : AbortSignal.any([signal, lost]) });
  } catch (error) {
    if (!lost.aborted || signal?.aborted) throw error;
    return { exitCode: undefined, signal: 'SIGTERM', stdout: '', stderr: '', timedOut: false };
  }
}

function isUnreachable(message: string): boolean {
  return failureKinds.find(({ pattern }) => pattern.test(message))?.code === 'REMOTE_UNREACHABLE';
}

function describe({ object, message }: LogRecord): string {
  return object === undefined || object === '' ? message : `${object}: ${message}`;
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
export function rcloneFailure(result: RcloneResult, place: string, action: string): CryptosyncError {
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
export function isNotFound(result: RcloneResult): boolean {
  return result.exitCode === exitCodes.directoryNotFound || result.exitCode === exitCodes.fileNotFound;
}
