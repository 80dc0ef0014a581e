/**
 * The one place that starts processes. Every child gets a deadline, an environment made for it, its secret on
 * stdin (never in argv), and is over when it exits: a FUSE daemon keeps its pipes open for as long as it lives, so
 * Node's `close` may never come (hazards.md G12).
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { errnoOf, interruption, verifyAmple } from './errors.ts';
import { openUnlinkedFile, readDescriptor } from './process/output.ts';
import {
  type Command,
  collect,
  endAfter,
  type Finished,
  feed,
  groupOf,
  type Output,
  start,
} from './process/start.ts';

export { lastLines } from './process/output.ts';
export type { Command, Finished } from './process/start.ts';

/** Milliseconds given to a pipe to deliver what the child wrote before it exited. */
const drainTime = 250;
/** Milliseconds between SIGTERM and SIGKILL. */
const killTime = 5000;
/** Milliseconds after SIGKILL until a child that still does not end is left behind. */
const abandonTime = 5000;
/** The same for a child that is only asked to end, by SIGTERM. */
const neverKilledTime = 60_000;

/**
 * Runs a program to its end.
 * @returns how it ended, whatever that was: exit codes are for the caller, who knows the tool.
 * @throws INTERRUPTED when the signal aborts, after the child has ended; LOCKED when the machine has no room for a child
 */
export async function run(command: Command): Promise<Finished> {
  if (command.signal?.aborted) throw interruption(command.signal);
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

/**
 * Runs a program that mostly ends well and says nothing: unheard at first, because the first pipe of a process costs node
 * 2 ms. Where it ends otherwise it is run once more, and heard: so it must be one that may be.
 * @param expected exit codes that need no words
 */
export async function runUnheard(
  command: Omit<Command, 'input' | 'daemonises'>,
  expected: readonly number[] = [0],
): Promise<Finished> {
  if (command.signal?.aborted) throw interruption(command.signal);
  const finished = await runWith(command, 'ignore', 'ignore');
  const { exitCode, timedOut, startError } = finished;
  const isKnown = exitCode !== undefined && expected.includes(exitCode);
  return isKnown || timedOut || startError !== undefined ? finished : await run(command);
}

type End = Pick<Finished, 'exitCode' | 'signal' | 'startError'>;

const notStarted = 'no child could be started';

async function runWith(command: Command, output: Output, errors: Output): Promise<Finished> {
  let subprocess: ChildProcess;
  try {
    subprocess = start(command, output, errors);
  } catch (thrown) {
    verifyAmple(errnoOf(thrown), notStarted);
    return neverStarted(thrown);
  }
  const stdout = collect(subprocess.stdout, command.onStdoutLine, command.printsBytes ? 'latin1' : 'utf8');
  const stderr = collect(subprocess.stderr, command.onStderrLine);
  const limits = limit(subprocess, command);
  feed(subprocess, command.input);
  try {
    const end = await Promise.race([endOf(subprocess), limits.abandoned]);
    await Promise.race([
      Promise.all([stdout.ended, stderr.ended]),
      new Promise((resolve) => setTimeout(resolve, drainTime).unref()),
    ]);
    if (command.signal?.aborted) throw interruption(command.signal);
    // what the machine has no more of keeps any program from being started: that is no failure of this one
    verifyAmple(end.startError, notStarted);
    return { ...end, stdout: stdout.text(), stderr: stderr.text(), timedOut: limits.timedOut() };
  } finally {
    limits.lift();
    for (const stream of [subprocess.stdout, subprocess.stderr]) stream?.destroy();
  }
}

/** Node tells some reasons (ENOENT, EACCES) by the child's `error` event, and throws others (E2BIG, ENOMEM). */
function neverStarted(thrown: unknown): Finished {
  const errno = errnoOf(thrown);
  if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) throw thrown;
  return {
    exitCode: undefined,
    signal: undefined,
    stdout: '',
    stderr: '',
    timedOut: false,
    startError: errno,
  };
}

/** How a child ended: by its `exit`, or because it could not be started. */
function endOf(subprocess: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    subprocess.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
    subprocess.once('error', (error: NodeJS.ErrnoException) => {
      if (subprocess.pid === undefined) {
        resolve({ exitCode: undefined, signal: undefined, startError: error.code ?? error.message });
      }
    });
  });
}

interface Limits {
  /** Resolves when the child is left behind. */
  readonly abandoned: Promise<End>;
  timedOut(): boolean;
  /** Takes the deadline and the signal off again. */
  lift(): void;
}

/** Ends a child at its deadline or when the signal aborts. */
function limit(
  subprocess: ChildProcess,
  { deadline, signal, killAfter = killTime, endsWithChildren = false }: Command,
): Limits {
  let late = false;
  const told = endsWithChildren ? groupOf(subprocess) : subprocess;
  const abandoned = Promise.withResolvers<End>();
  // a child in an uninterruptible call (a hung FUSE mount) does not even die of SIGKILL
  const giveUp = (): void => {
    late = true;
    subprocess.unref();
    abandoned.resolve({ exitCode: undefined, signal: undefined });
  };
  const patience = (killAfter === 'never' ? neverKilledTime : killAfter) + abandonTime;
  let lastStraw = setTimeout(giveUp, deadline + patience);
  const callOff = endAfter(told, deadline, killAfter, () => {
    late = true;
  });
  let callOffAbort = (): void => {};
  const abort = (): void => {
    callOffAbort = endAfter(told, 0, killAfter, () => {});
    clearTimeout(lastStraw);
    lastStraw = setTimeout(giveUp, patience);
  };
  signal?.addEventListener('abort', abort, { once: true });
  // it may have been aborted while the child was started
  if (signal?.aborted) abort();
  return {
    abandoned: abandoned.promise,
    timedOut: () => late,
    lift() {
      clearTimeout(lastStraw);
      callOff();
      callOffAbort();
      signal?.removeEventListener('abort', abort);
      // who was told to end may have left others that did not listen
      if (endsWithChildren && (late || signal?.aborted === true)) told.kill('SIGKILL');
    },
  };
}
