/**
 * The one place that starts processes. Every child gets a deadline, an environment made for it, its secret on
 * stdin (never in argv), and is over when it exits: a FUSE daemon keeps its pipes open for as long as it lives, so
 * Node's `close` may never come (TOOLS.md G12).
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { interruption } from './errors.ts';

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
  /** Written to stdin, which is closed afterwards. A secret gets one line feed behind it. */
  readonly input?: Revealable | string | undefined;
  /** Milliseconds after which the child is told to end. */
  readonly deadline: number;
  /** Milliseconds between SIGTERM and SIGKILL; `never` for a daemon that would lose data. Default 5000. */
  readonly killAfter?: number | 'never';
  readonly signal?: AbortSignal | undefined;
  /**
   * True for a program that leaves a daemon behind: its output goes to an unlinked file instead of a pipe, so that
   * the daemon neither holds the pipe nor dies of SIGPIPE when it writes to it later.
   */
  readonly daemonises?: boolean;
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

/** The most of a stream that is kept, in characters, so that a child that prints for ever can't fill the memory. */
const keptOutput = 16 * 1024 * 1024;
/** Milliseconds given to a pipe to deliver what the child wrote before it exited. */
const drainTime = 250;
/** Milliseconds after SIGKILL until a child that still does not end is left behind. */
const abandonTime = 5000;
/** The same for a child that is only asked to end, by SIGTERM. */
const neverKilledTime = 60_000;

type Subprocess = Awaited<ReturnType<typeof start>>['subprocess'];

/** execa takes 13 ms to load: only commands that start a process pay for it. */
async function start(command: Command, output: number | 'pipe', errors: number | 'pipe') {
  const { execa } = await import('execa');
  const subprocess = execa(command.file, [...command.args], {
    stdio: [
      command.input === undefined ? 'ignore' : 'pipe',
      output,
      errors,
      ...(command.descriptors ?? []),
    ] as ['pipe', 'pipe', 'pipe'],
    env: command.environment,
    extendEnv: false,
    buffer: false,
    forceKillAfterDelay: false,
    reject: false,
    // Its own process group: Ctrl-C reaches it by our decision only, after the operation has put things in order.
    detached: true,
    ...(command.workingDirectory === undefined ? {} : { cwd: command.workingDirectory }),
  });
  // wrapped, because awaiting execa's own promise would wait for the end
  return { subprocess };
}

function feed(subprocess: Subprocess, input: Command['input']): void {
  const stdin = subprocess.stdin;
  if (input === undefined || stdin === null) return;
  stdin.on('error', () => {}); // the child ended without reading: its exit code tells why
  if (typeof input === 'string') {
    stdin.end(input);
    return;
  }
  stdin.write(input.reveal());
  stdin.end('\n');
}

/** Collects a stream, line by line where somebody listens, and tells when it ended. */
function collect(stream: Readable | null, onLine: ((line: string) => void) | undefined) {
  let text = '';
  if (stream === null) return { text: () => text, ended: Promise.resolve() };
  stream.setEncoding('utf8');
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

/** Tells a child to end, and after a while forces it. Returns what calls that off. */
function endAfter(subprocess: Subprocess, delay: number, killAfter: number | 'never', onEnd: () => void) {
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

/** A file without a name for the output of a program that daemonises. */
function openUnlinkedFile(): number {
  const path = join(tmpdir(), `.cryptosync-output-${randomBytes(8).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return descriptor;
}

function readDescriptor(descriptor: number): string {
  const size = Math.min(fstatSync(descriptor).size, keptOutput);
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.toString('utf8', 0, filled);
}

/**
 * Runs a program to its end.
 * @returns how it ended, whatever that was: exit codes are for the caller, who knows the tool.
 * @throws INTERRUPTED when the signal aborts, after the child has ended.
 */
export async function run(command: Command): Promise<Finished> {
  command.signal?.throwIfAborted();
  if (!command.daemonises) return await runWith(command, 'pipe', 'pipe');
  const output = openUnlinkedFile();
  try {
    const errors = openUnlinkedFile();
    try {
      const finished = await runWith(command, output, errors);
      return { ...finished, stdout: readDescriptor(output), stderr: readDescriptor(errors) };
    } finally {
      closeSync(errors);
    }
  } finally {
    closeSync(output);
  }
}

async function runWith(
  command: Command,
  output: number | 'pipe',
  errors: number | 'pipe',
): Promise<Finished> {
  let timedOut = false;
  const { subprocess } = await start(command, output, errors);
  const stdout = collect(subprocess.stdout, command.onStdoutLine);
  const stderr = collect(subprocess.stderr, command.onStderrLine);
  const exited = new Promise<Pick<Finished, 'exitCode' | 'signal' | 'startError'>>((resolve) => {
    subprocess.nodeChildProcess.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
    subprocess.nodeChildProcess.once('error', (error: NodeJS.ErrnoException) => {
      if (subprocess.pid === undefined) {
        resolve({ exitCode: undefined, signal: undefined, startError: error.code ?? error.message });
      }
    });
  });
  subprocess.catch(() => {}); // with `reject: false` it never does; the outcome is taken from `exit`
  const killAfter = command.killAfter ?? 5000;
  // a child in an uninterruptible call (a hung FUSE mount) does not even die of SIGKILL: it is left behind
  const abandoned = Promise.withResolvers<Pick<Finished, 'exitCode' | 'signal'>>();
  const giveUp = (): void => {
    subprocess.nodeChildProcess.unref();
    timedOut = true;
    abandoned.resolve({ exitCode: undefined, signal: undefined });
  };
  const patience = (killAfter === 'never' ? neverKilledTime : killAfter) + abandonTime;
  let lastStraw = setTimeout(giveUp, command.deadline + patience);
  const callOff = endAfter(subprocess, command.deadline, killAfter, () => {
    timedOut = true;
  });
  let callOffAbort = (): void => {};
  const abort = (): void => {
    callOffAbort = endAfter(subprocess, 0, killAfter, () => {});
    clearTimeout(lastStraw);
    lastStraw = setTimeout(giveUp, patience);
  };
  command.signal?.addEventListener('abort', abort, { once: true });
  feed(subprocess, command.input);
  try {
    const end = await Promise.race([exited, abandoned.promise]);
    await Promise.race([
      Promise.all([stdout.ended, stderr.ended]),
      new Promise((resolve) => setTimeout(resolve, drainTime).unref()),
    ]);
    if (command.signal?.aborted) throw interruption(command.signal);
    return { ...end, stdout: stdout.text(), stderr: stderr.text(), timedOut };
  } finally {
    clearTimeout(lastStraw);
    callOff();
    callOffAbort();
    command.signal?.removeEventListener('abort', abort);
    for (const stream of [subprocess.stdout, subprocess.stderr]) stream?.destroy();
  }
}

export interface Started {
  readonly pid: number;
  /** Resolves when it has exited. */
  readonly exited: Promise<void>;
  /** Tells it to end with SIGTERM, after 2 s with SIGKILL, and resolves when it has. */
  stop(): Promise<void>;
}

/**
 * Becomes the server, after leaving a watcher behind that reads the pipe on stdin: it ends when this process does,
 * kill -9 included, and then the watcher ends the server.
 */
const endsWithStdin = 'exec 3<&0; (read -r _ <&3; kill $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

/** Starts a server that runs until `stop`, and reports its stderr by lines. It ends when this process does. */
export async function startServer(
  command: Omit<Command, 'deadline' | 'daemonises' | 'input'>,
): Promise<Started> {
  const args = ['-c', endsWithStdin, 'sh', command.file, ...command.args];
  const { subprocess } = await start(
    { ...command, file: '/bin/sh', args, input: '', deadline: 0 },
    'pipe',
    'pipe',
  );
  const exited = new Promise<void>((resolve) => {
    subprocess.nodeChildProcess.once('exit', () => resolve());
    subprocess.nodeChildProcess.once('error', () => resolve());
  });
  subprocess.catch(() => {});
  collect(subprocess.stdout, command.onStdoutLine ?? (() => {}));
  collect(subprocess.stderr, command.onStderrLine ?? (() => {}));
  return {
    pid: subprocess.pid ?? -1,
    exited,
    async stop() {
      const callOff = endAfter(subprocess, 0, 2000, () => {});
      await exited;
      callOff();
      for (const stream of [subprocess.stdin, subprocess.stdout, subprocess.stderr]) stream?.destroy();
    },
  };
}

/**
 * Runs a program on the operator's own terminal (an editor, rclone's dialogue) and waits for it.
 * @returns its exit status; 128 + n when signal n ended it is the shell's business, here it is undefined.
 */
export async function runOnTerminal(
  command: Pick<Command, 'file' | 'args' | 'environment'>,
): Promise<Pick<Finished, 'exitCode' | 'signal'>> {
  const { execa } = await import('execa');
  const result = await execa(command.file, [...command.args], {
    stdio: 'inherit',
    env: command.environment,
    extendEnv: false,
    reject: false,
  });
  return { exitCode: result.exitCode, signal: result.signal };
}

/** The last lines of what a child printed on stderr, for the cause of an error; blank lines are left out. */
export function lastLines(text: string, count = 5): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .join('\n');
}
