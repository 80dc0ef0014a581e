/**
 * The log file: one line for each command that changes something when it begins, and one for how it ended.
 * A log that can't be written is one warning, never a failure.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, toLogTime } from './clock.ts';

export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

export interface Log {
  write(level: LogLevel, message: string): void;
}

export const silentLog: Log = { write: () => {} };

/** Control characters in a message would let a file name forge a line of the log. */
function onOneLine(message: string): string {
  return message.replaceAll(/\p{Cc}/gu, (character) =>
    character === '\n' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/**
 * @param onUnwritable called once, with the reason, when the file can't be written.
 * @returns a log whose lines are `[YYYY-MM-DD HH:MM:SS] [LEVEL] message`.
 */
export function createFileLog(path: string, clock: Clock, onUnwritable: (reason: string) => void): Log {
  let usable = true;
  return {
    write(level, message) {
      if (!usable) return;
      const line = `[${toLogTime(clock.now())}] [${level}] ${onOneLine(message)}\n`;
      try {
        try {
          appendFileSync(path, line, { mode: 0o600 });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
          appendFileSync(path, line, { mode: 0o600 });
        }
      } catch (error) {
        usable = false;
        onUnwritable(`the log ${path} can't be written: ${(error as Error).message}`);
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
