/** Which log there is: the journal where it was asked for, else a file, else none. */
import type { Clock } from '../clock.ts';
import { createFileLog, type Log, logPath, silentLog } from '../log.ts';
import { createJournalLog } from './journal.ts';

export const logKinds = ['file', 'journal'] as const;
export type LogKind = (typeof logKinds)[number];

export interface LogChoice {
  readonly environment: NodeJS.ProcessEnv;
  readonly userId: number;
  readonly clock: Clock;
  readonly kind?: LogKind | undefined;
  /** Above the environment's and the user's. */
  readonly file?: string | undefined;
}

/** @param warn told once, when it can't be written */
export function openLog(
  { environment, userId, clock, kind, file }: LogChoice,
  warn: (reason: string) => void,
): Log {
  const path = logPath(environment, userId, file);
  const fileLog = path === undefined ? silentLog : createFileLog(path, clock, warn);
  return kind === 'journal' ? createJournalLog(environment, () => fileLog, warn) : fileLog;
}
