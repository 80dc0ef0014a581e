/**
 * The log file: one line for each command that changes something when it begins, and one for how it ended.
 * A log that can't be written is one warning, never a failure.
 */
import { appendFileSync, closeSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, toLogTime } from './clock.ts';
import { errnoOf } from './errors.ts';
import { ensureDirectory, openForAppending } from './files.ts';
import { whySick } from './stores/stores.ts';

export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/** Facts beside a message, by names in capitals such as `CLIENT`, for logs that keep them apart. */
export type LogFields = Readonly<Record<string, string>>;

export interface Log {
  /** The file, where it is one. */
  readonly path?: string;
  /** @param about the error that the line tells; who would tell it once more can ask `hasTold`. */
  write(level: LogLevel, message: string, about?: Error, fields?: LogFields): void;
  hasTold(error: Error): boolean;
}

export const silentLog: Log = { write: () => {}, hasTold: () => true };

/** Control characters in a message would let a file name forge a line of the log. */
export function onOneLine(message: string): string {
  return message.replaceAll(/\p{Cc}/gu, (character) =>
    character === '\n' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** A stream that whoever started this process has given it, as containers have it. */
const ownStream = /^\/dev\/(stdout|stderr|fd\/\d+)$/;

function append(path: string, line: string): void {
  if (ownStream.test(path)) {
    appendFileSync(path, line);
    return;
  }
  const descriptor = openOrMakeLog(path);
  try {
    writeSync(descriptor, line);
  } finally {
    closeSync(descriptor);
  }
}

function openOrMakeLog(path: string): number {
  try {
    return openForAppending(path, 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    ensureDirectory(dirname(path), 0o750);
    return openForAppending(path, 0o600);
  }
}

/**
 * @param onUnwritable called once, with the reason, when the file can't be written.
 * @returns a log whose lines are `[YYYY-MM-DD HH:MM:SS] [LEVEL] message`.
 */
export function createFileLog(path: string, clock: Clock, onUnwritable: (reason: string) => void): Log {
  let state: 'unknown' | 'usable' | 'given up' = 'unknown';
  const giveUp = (reason: string): void => {
    state = 'given up';
    onUnwritable(`the log ${path} can't be written: ${reason}`);
  };
  const isUsable = (): boolean => {
    const sick = state === 'unknown' ? whySick(path) : undefined;
    if (sick !== undefined) giveUp(sick);
    else if (state === 'unknown') state = 'usable';
    return state === 'usable';
  };
  const told = new WeakSet<Error>();
  return {
    path,
    hasTold: (error) => told.has(error),
    write(level, message, about) {
      if (about !== undefined) told.add(about);
      if (!isUsable()) return;
      const line = `[${toLogTime(clock.now())}] [${level}] ${onOneLine(message)}\n`;
      try {
        append(path, line);
      } catch (error) {
        giveUp((error as Error).message);
      }
    },
  };
}

/**
 * Where the log goes: `--log-file`, else `CRYPTOSYNC_LOG`, else the system's log directory for root and the user's
 * state directory for everyone else. Undefined when a user has neither XDG_STATE_HOME nor HOME.
 */
export function logPath(
  environment: NodeJS.ProcessEnv,
  userId: number,
  flag: string | undefined,
): string | undefined {
  const chosen = flag ?? environment['CRYPTOSYNC_LOG'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (userId === 0) return '/var/log/agency_stack/components/cryptosync.log';
  const state =
    environment['XDG_STATE_HOME'] ||
    (environment['HOME'] ? `${environment['HOME']}/.local/state` : undefined);
  return state === undefined ? undefined : `${state}/cryptosync/cryptosync.log`;
}
