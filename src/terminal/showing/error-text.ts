/** What people see of an error on stderr: what happened, the next step, and with --verbose what lies behind it. */
import type { CryptosyncError } from '../../system/errors.ts';
import { adviceFor } from '../advice/index.ts';
import { columnsOf, paint, printable, wrapped } from './style.ts';

export interface Telling {
  /** Whom it is about, unless the message names it. */
  readonly subject?: string | undefined;
  readonly verbose: boolean;
}

/** The lines of an error for a stream. No text of a child or of a remote can drive the terminal. */
export function errorLines(
  error: CryptosyncError,
  { subject, verbose }: Telling,
  stream: NodeJS.WriteStream,
): string[] {
  const columns = columnsOf(stream);
  const labelled = (label: string, format: Parameters<typeof paint>[0], text: string): string =>
    `${paint(format, label.trimEnd(), stream)}${' '.repeat(label.length - label.trimEnd().length)}${wrapped(printable(text), columns, label.length)}`;
  const advice = adviceFor(error);
  return [
    labelled('error: ', ['red', 'bold'], `${withSubject(error.message, subject)} [${error.code}]`),
    ...(advice === undefined ? [] : [labelled('next:  ', 'cyan', advice)]),
    ...(verbose && error.cause !== undefined ? causeLines(error) : []),
  ];
}

/** A bug's stack is a line a call; other causes are what a program said. */
function causeLines({ cause, exit }: CryptosyncError): string[] {
  const told = cause instanceof Error ? (exit === 1 && cause.stack) || cause.message : String(cause);
  return `cause: ${told}`.split('\n').map(printable);
}

/** `client1/default: the message`, unless the message names it already. */
function withSubject(message: string, subject: string | undefined): string {
  return subject === undefined || message.includes(subject) ? message : `${subject}: ${message}`;
}
