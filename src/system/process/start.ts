/** A child process as the runners of this folder start it, feed it, read it and end it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { keptOutput } from './output.ts';

/** What a `Secret` gives to the runner; written so that this folder needs no other. */
export interface Revealable {
  reveal(): Buffer;
}

export interface Command {
  /** Path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** The child's whole environment; see `system/environment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Written to stdin, which is closed afterwards, once it is there. A secret gets one line feed behind it. */
  readonly input?: Revealable | string | Promise<string> | undefined;
  /** Milliseconds after which the child is told to end. */
  readonly deadline: number;
  /** Milliseconds between SIGTERM and SIGKILL; `never` for a daemon that would lose data. Default 5000. */
  readonly killAfter?: number | 'never';
  readonly signal?: AbortSignal | undefined;
  /** True for a program of somebody else's, which is ended with everything that it has started. */
  readonly endsWithChildren?: boolean;
  /**
   * True for a program that leaves a daemon behind: its output goes to an unlinked file instead of a pipe, so that
   * the daemon neither holds the pipe nor dies of SIGPIPE when it writes to it later.
   */
  readonly daemonises?: boolean;
  /** True where stdout is bytes and no text: then each character of the result is one byte (`latin1`). */
  readonly printsBytes?: boolean;
  /** Called for each line of stdout or stderr as it comes; what is given here is not kept in the result. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
  readonly onStderrLine?: ((line: string) => void) | undefined;
  /** Further open descriptors for the child, from 3 upwards. */
  readonly descriptors?: readonly number[];
  readonly workingDirectory?: string;
}

export interface Finished {
  /** The exit status; undefined when a signal ended the child. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The deadline passed and the child was told to end. */
  readonly timedOut: boolean;
  /** The program could not be started at all: the errno name. */
  readonly startError?: string;
}

/** Where what a child prints goes: a descriptor, a pipe, nowhere. */
export type Output = number | 'pipe' | 'ignore';

/**
 * Starts a child by node's own spawn: execa takes 13 ms to load and two more for each child, and a mount starts
 * four.
 * @throws what keeps a child from being started, where node knows at once: E2BIG, ENOMEM, EMFILE
 */
export function start(command: Command, output: Output, errors: Output): ChildProcess {
  const subprocess = spawn(command.file, command.args, {
    stdio: [command.input === undefined ? 'ignore' : 'pipe', output, errors, ...(command.descriptors ?? [])],
    env: command.environment,
    // Its own process group: Ctrl-C reaches it by our decision only, after the operation has put things in order.
    detached: true,
    cwd: command.workingDirectory,
  });
  // where no descriptor is left node makes no streams, and tells that later than their absence would be met (N7)
  if (subprocess.stdin === undefined) {
    subprocess.on('error', () => {});
    throw Object.assign(new Error('no descriptor is left for a child'), { code: 'EMFILE' });
  }
  return subprocess;
}

export function feed(subprocess: ChildProcess, input: Command['input']): void {
  const stdin = subprocess.stdin;
  if (input === undefined || stdin === null) return;
  stdin.on('error', () => {}); // the child ended without reading: its exit code tells why
  if (typeof input === 'string') {
    stdin.end(input);
    return;
  }
  if (input instanceof Promise) {
    void input.then((text) => stdin.end(text));
    return;
  }
  stdin.write(input.reveal());
  stdin.end('\n');
}

/** Collects a stream, line by line where somebody listens, and tells when it ended. */
export function collect(
  stream: Readable | null,
  onLine: ((line: string) => void) | undefined,
  encoding: 'utf8' | 'latin1' = 'utf8',
) {
  let text = '';
  if (stream === null) return { text: () => text, ended: Promise.resolve() };
  stream.setEncoding(encoding);
  if (onLine === undefined) {
    stream.on('data', (chunk: string) => {
      if (text.length < keptOutput) text += chunk;
    });
  } else {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
  }
  const ended = new Promise<void>((resolve) => {
    stream.once('end', resolve).once('close', resolve).once('error', resolve);
  });
  return { text: () => text, ended };
}

/** A child and what it has started, as far as that did not make a group of its own. */
export function groupOf({ pid }: ChildProcess): Pick<ChildProcess, 'kill'> {
  return {
    kill(signal = 'SIGTERM') {
      try {
        return pid !== undefined && process.kill(-pid, signal);
      } catch {
        return false; // nobody is left in it
      }
    },
  };
}

/** Tells a child to end, and after a while forces it. Returns what calls that off. */
export function endAfter(
  subprocess: Pick<ChildProcess, 'kill'>,
  delay: number,
  killAfter: number | 'never',
  onEnd: () => void,
) {
  let kill: NodeJS.Timeout | undefined;
  const terminate = setTimeout(() => {
    onEnd();
    subprocess.kill('SIGTERM');
    if (killAfter !== 'never') kill = setTimeout(() => subprocess.kill('SIGKILL'), killAfter);
  }, delay);
  return (): void => {
    clearTimeout(terminate);
    clearTimeout(kill);
  };
}
