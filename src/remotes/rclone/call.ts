/** Running rclone. */
import { requireTool } from '../../system/dependencies.ts';
import { rcloneEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { endingWithUs } from '../../system/process/parent-death.ts';
import { type Command, type Finished, run } from '../../system/process.ts';
import { eitherSignal } from '../../system/turns.ts';
import { isUnreachable, type RcloneOutcome } from './failure.ts';
import { type LogRecord, parseLogLine } from './log.ts';
import { watchConnection } from './lost-connection.ts';
import { maskFor } from './masking.ts';

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
  /** Called for each line of stdout, which is then not kept. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
}

export interface RcloneResult extends RcloneOutcome {
  readonly stdout: string;
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
  // of two rclone takes the last, and an operator's own comes first
  const isGiven = (flag: string): boolean => call.args.some((word) => word.startsWith(`${flag}=`));
  return [
    '--config',
    call.configFile,
    '--ask-password=false',
    '--use-json-log',
    '--retries',
    '1',
    ...(isGiven('--low-level-retries') ? [] : ['--low-level-retries', String(call.lowLevelRetries ?? 2)]),
    '--contimeout',
    '15s',
    '--timeout',
    '60s',
  ];
}

/** Runs rclone to its end. @throws TOOL_MISSING, INTERRUPTED */
export async function rclone(call: RcloneCall, dependencies: RcloneDependencies): Promise<RcloneResult> {
  const errors: string[] = [];
  const reasons: string[] = [];
  const lost = new AbortController();
  const giveUp = (): void => lost.abort();
  const now = (): number => performance.now();
  const watch = watchConnection({ isUnreachable, giveUp, now });
  const file = requireTool('rclone', dependencies.environment);
  const finished = await runUnless(lost.signal, dependencies.signal, {
    // one that went on would write among the files of the next run
    ...endingWithUs({ file, args: [...call.args, ...commonArguments(call)] }, dependencies.environment),
    environment: { ...rcloneEnvironment(dependencies.environment), ...call.environment },
    input: call.input,
    deadline: call.deadline,
    onStdoutLine: call.onStdoutLine,
    onStderrLine: (line) => {
      const record = parseLogLine(line);
      // why a file was given up is a warning
      const isError =
        record.level === 'error' || (record.level === 'warning' && isUnreachable(record.message));
      if (isError && errors.length < keptErrors) {
        errors.push(describe(record));
        reasons.push(record.message);
      }
      watch(record);
    },
  });
  if (finished.startError !== undefined) {
    throw new CryptosyncError('TOOL_MISSING', `rclone could not be started: ${finished.startError}`);
  }
  return {
    exitCode: finished.exitCode,
    stdout: finished.stdout,
    errors: errors.length === 0 ? errors : errors.map(maskFor(call)),
    reasons,
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
    return await run({ ...command, signal: eitherSignal(signal, lost) });
  } catch (error) {
    if (!lost.aborted || signal?.aborted) throw error;
    return { exitCode: undefined, signal: 'SIGTERM', stdout: '', stderr: '', timedOut: false };
  }
}

function describe({ object, message }: LogRecord): string {
  return object === undefined || object === '' ? message : `${object}: ${message}`;
}
