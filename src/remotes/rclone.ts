/** Running rclone. */
import { requireTool } from '../system/dependencies.ts';
import { rcloneEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { endingWithUs } from '../system/parent-death.ts';
import { type Command, type Finished, run } from '../system/process.ts';
import { watchConnection } from './lost-connection.ts';
import { maskFor } from './masking.ts';
import { isUnreachable, type RcloneOutcome } from './rclone-failure.ts';
import { type LogRecord, parseLogLine, type TransferStats } from './rclone-log.ts';
import { type Answer, watchSilence } from './silence.ts';

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
  readonly askRemote?: (() => Promise<Answer>) | undefined;
  readonly onRecord?: ((record: LogRecord) => void) | undefined;
  /** Called for each line of stdout, which is then not kept. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
}

export interface RcloneResult extends RcloneOutcome {
  readonly stdout: string;
  readonly stats: TransferStats | undefined;
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
  const giveUp = (answer?: 'gone' | 'silent'): void => lost.abort(answer);
  const now = (): number => performance.now();
  const watch = watchConnection({ isUnreachable, giveUp, now });
  const file = requireTool('rclone', dependencies.environment);
  const listen = call.askRemote === undefined ? () => {} : watchSilence({ ask: call.askRemote, giveUp, now });
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
    timedOut: finished.timedOut || lost.signal.reason === 'silent',
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

function describe({ object, message }: LogRecord): string {
  return object === undefined || object === '' ? message : `${object}: ${message}`;
}
