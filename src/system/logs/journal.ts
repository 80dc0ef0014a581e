/**
 * The log in systemd's journal, with fields of its own. Node can't send to the journal's socket, which takes datagrams;
 * logger of util-linux can, and is there wherever flock is. It is asked only where the socket is: without one it would
 * say nothing and succeed.
 */
import { lstatSync } from 'node:fs';
import { findExecutable } from '../dependencies.ts';
import { type Log, type LogFields, type LogLevel, onOneLine } from '../log.ts';
import { runAndWait } from '../process/blocking.ts';

/** Where sd_journal_send goes; there is no way to tell it another place. */
const socket = '/run/systemd/journal/socket';
/** Milliseconds for one line. */
const deadline = 5000;

const priorities: Readonly<Record<LogLevel, number>> = { INFO: 6, WARN: 4, ERROR: 3 };

/**
 * @param instead takes the lines, from the first that the journal does not take
 * @param warn told once, when that is so
 */
export function createJournalLog(
  environment: NodeJS.ProcessEnv,
  instead: () => Log,
  warn: (reason: string) => void,
): Log {
  let other: Log | undefined;
  const giveUp = (why: string): Log => {
    warn(`the journal can't be written, so the log goes to its file: ${why}`);
    return instead();
  };
  const told = new WeakSet<Error>();
  return {
    hasTold: (error) => told.has(error),
    write(level, message, about, fields) {
      if (about !== undefined) told.add(about);
      if (other === undefined) {
        const failure = send(environment, entryOf(level, message, fields));
        if (failure === undefined) return;
        other = giveUp(failure);
      }
      other.write(level, message, about, fields);
    },
  };
}

/** @returns why it was not taken. */
function send(environment: NodeJS.ProcessEnv, entry: string): string | undefined {
  if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket() !== true) return `there is no ${socket}`;
  const logger = findExecutable('logger', environment);
  if (logger === undefined) return 'there is no logger of util-linux on PATH';
  const { status } = runAndWait(logger, ['--journald'], deadline, entry);
  return status === 0 ? undefined : `logger ended with ${status ?? 'a signal'}`;
}

/** A field a line: nothing in it may begin another. */
function entryOf(level: LogLevel, message: string, fields: LogFields = {}): string {
  const own = Object.entries(fields).map(([name, value]) => [`CRYPTOSYNC_${name}`, value] as const);
  const all = [
    ['MESSAGE', message],
    ['PRIORITY', priorities[level]],
    ['SYSLOG_IDENTIFIER', 'cryptosync'],
    ['SYSLOG_PID', process.pid],
    // logger has ended before the journal looks whose it was; root's word is taken for this process and its unit
    ['OBJECT_PID', process.pid],
    ...own,
  ] as const;
  return all.map(([name, value]) => `${name}=${onOneLine(String(value))}\n`).join('');
}
