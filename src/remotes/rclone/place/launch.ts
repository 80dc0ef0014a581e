/** Starting `rclone rcd`: what it is given, where it listens, and whether it is still there. */
import { requireTool } from '../../../system/dependencies.ts';
import { rcloneEnvironment } from '../../../system/environment.ts';
import { CryptosyncError } from '../../../system/errors.ts';
import { endingWithUs } from '../../../system/process/parent-death.ts';
import { type Started, startServer } from '../../../system/process/server.ts';
import type { RcloneDependencies } from '../call.ts';
import { rcloneFailure } from '../failure.ts';
import { type LogRecord, parseLogLine } from '../log.ts';

export interface DaemonSettings {
  readonly configFile: string;
  /** Layers that are defined by environment. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Flags of the operator's, checked, each with its value in one word. */
  readonly flags?: readonly string[] | undefined;
  readonly bandwidthLimit?: string | undefined;
  readonly onRecord?: ((record: LogRecord) => void) | undefined;
}

/** Milliseconds for rclone to say where it listens. */
const startDeadline = 30_000;
export interface Running {
  readonly server: Started;
  readonly port: number;
  /** @throws SYNC_FAILED when it has ended by itself */
  readonly verifyAlive: () => void;
}

/** rclone's own variable; what stands in it is masked like every other secret. */
export const passwordVariable = 'RCLONE_RC_PASS';

/** What it says of a call that failed is told by the call's answer; only the rest is about its own end. */
function isOfOneCall({ message, object }: LogRecord): boolean {
  return object !== undefined || message.startsWith('rc: "');
}

/** @param mask takes secrets out of a text. @throws TOOL_MISSING, SYNC_FAILED */
export async function launch(
  { configFile, environment = {}, flags = [], bandwidthLimit, onRecord }: DaemonSettings,
  dependencies: RcloneDependencies,
  { user, password }: { readonly user: string; readonly password: string },
  mask: () => (text: string) => string,
): Promise<Running> {
  const said: string[] = [];
  const address = Promise.withResolvers<number>();
  const args = [
    'rcd',
    ...[
      '--rc-addr',
      '127.0.0.1:0',
      '--rc-serve',
      '--rc-server-read-timeout',
      '24h',
      '--rc-server-write-timeout',
      '24h',
    ],
    ...['--config', configFile, '--ask-password=false', '--use-json-log'],
    ...['--retries', '1', '--low-level-retries', '3', '--contimeout', '15s', '--timeout', '60s'],
    ...(bandwidthLimit === undefined ? [] : ['--bwlimit', bandwidthLimit]),
    ...flags,
  ];
  const server = await startServer({
    ...endingWithUs(
      { file: requireTool('rclone', dependencies.environment), args },
      dependencies.environment,
    ),
    environment: {
      ...rcloneEnvironment(dependencies.environment),
      ...environment,
      RCLONE_RC_USER: user,
      [passwordVariable]: password,
    },
    onStderrLine: (line) => {
      const record = parseLogLine(line);
      const port = /Serving remote control on http:\/\/127\.0\.0\.1:(\d+)/.exec(record.message)?.[1];
      if (port !== undefined) address.resolve(Number(port));
      else if (!isOfOneCall(record)) said.push(record.message);
      if (said.length > 20) said.shift();
      onRecord?.(record);
    },
  });
  const late = setTimeout(() => address.resolve(0), startDeadline);
  const port = await Promise.race([address.promise, server.exited.then(() => 0)]);
  clearTimeout(late);
  let hasEnded = false;
  void server.exited.then(() => {
    hasEnded = true;
  });
  const ended = (what: string, silent: string): CryptosyncError => {
    const errors = said.map(mask());
    // it says where it listens before it reads its configuration, and ends over one that is encrypted
    const known = rcloneFailure({ exitCode: undefined, errors, timedOut: false }, 'rclone', 'start');
    if (known.code !== 'SYNC_FAILED') return known;
    return new CryptosyncError('SYNC_FAILED', `${what}: ${errors.at(-1) ?? silent}`);
  };
  const verifyAlive = (): void => {
    if (hasEnded) throw ended('rclone ended in the midst of this run', 'it said nothing');
  };
  if (port !== 0) return { server, port, verifyAlive };
  await server.stop();
  throw ended('rclone could not be started for this run', 'it did not say where it listens');
}
