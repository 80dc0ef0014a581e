/**
 * Programs that an operator's configuration names, run without a shell: hooks of runs and of sessions. What is run
 * belongs to the user who runs it, or to root, and is ended with all that it has started.
 */
import { isDirectory, kindOf } from '../files.ts';
import { verifyTrustedTarget } from '../paths/trust.ts';
import { lastLines, run } from '../process.ts';
import type { Command } from './start.ts';

export interface ProgramEnd {
  readonly stdout: string;
  /** Undefined when it could not be started, or a signal ended it. */
  readonly exitCode: number | undefined;
  /** Why it did not end with 0, in words: the last lines that it printed on stderr, or how it ended. */
  readonly failure: string | undefined;
}

/**
 * @param program its absolute path, and its arguments
 * @throws CONFIG_INVALID when others could change it, or a file that its arguments name; INTERRUPTED
 */
export async function runOwnProgram(
  [file = '', ...args]: readonly string[],
  terms: Pick<Command, 'environment' | 'input' | 'deadline' | 'killAfter' | 'signal'>,
): Promise<ProgramEnd> {
  if (kindOf(file) === 'none') return { stdout: '', exitCode: undefined, failure: `there is no ${file}` };
  verifyTrustedWords([file, ...args]);
  const finished = await run({ file, args, endsWithChildren: true, ...terms });
  const { stdout, stderr, exitCode, signal, startError, timedOut } = finished;
  if (exitCode === 0 && !timedOut) return { stdout, exitCode, failure: undefined };
  const how = exitCode === undefined ? (signal ?? 'it did not end') : `exit ${exitCode}`;
  const said = lastLines(stderr, 2);
  const why = timedOut ? 'it did not end in time' : (startError ?? (said || how));
  return { stdout, exitCode: timedOut ? undefined : exitCode, failure: why };
}

/**
 * The words of a call: its program, and the files that it names, are nobody else's. A device or a pipe is what it is.
 * @throws CONFIG_INVALID
 */
export function verifyTrustedWords(words: readonly string[]): void {
  for (const path of new Set(words.filter((word) => word.startsWith('/')))) {
    const kind = kindOf(path);
    if (kind !== 'none' && kind !== 'other' && !isDirectory(path)) verifyTrustedTarget(path);
  }
}
