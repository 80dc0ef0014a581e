/** Children through which more passes than is kept: their bytes are read or given as they come. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { interruption } from '../errors.ts';
import { type Command, collect, endAfter, type Finished, start } from './start.ts';

type StreamedCommand = Omit<Command, 'daemonises' | 'input' | 'onStdoutLine' | 'printsBytes'>;
/** How a child ended; its stdout went where it was wanted. */
export type StreamedEnd = Pick<Finished, 'exitCode' | 'signal' | 'stderr' | 'startError'>;

/**
 * Runs a program and gives its stdout, chunk by chunk, to whoever iterates; the last value is how it ended. Whoever
 * stops early ends it.
 * @throws INTERRUPTED when the signal aborts
 */
export async function* outputOf(command: StreamedCommand): AsyncGenerator<Buffer, StreamedEnd> {
  const child = begin(command, '');
  try {
    for await (const chunk of child.subprocess.stdout as Readable) yield chunk as Buffer;
    return await child.end();
  } finally {
    child.leave();
  }
}

/**
 * Runs a program that reads `input` from its stdin, as fast as it takes it. It stops reading `input` when the program
 * ends before.
 * @returns how it ended, and whether `input` was read to its end
 * @throws INTERRUPTED when the signal aborts; what `input` throws, after the program has ended
 */
export async function feedTo(
  command: StreamedCommand,
  input: AsyncIterable<Uint8Array>,
): Promise<StreamedEnd & { readonly isRead: boolean }> {
  const child = begin(command, undefined);
  const stdin = child.subprocess.stdin;
  child.subprocess.stdout?.resume();
  let isOver = false;
  let isRead = true;
  stdin?.once('close', () => {
    isOver = true;
  });
  // it ended without reading all: its exit code tells why
  stdin?.on('error', () => {});
  try {
    for await (const chunk of input) {
      isRead = !isOver && stdin !== null;
      if (!isRead || stdin === null) break;
      if (!stdin.write(chunk)) await untilWritable(stdin);
    }
    stdin?.end();
    return { ...(await child.end()), isRead };
  } finally {
    child.leave();
  }
}

/** Resolves when a stream takes more, or takes nothing any more. */
async function untilWritable(stream: Writable): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle).off('close', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle);
  });
}

interface Child {
  readonly subprocess: ChildProcess;
  end(): Promise<StreamedEnd>;
  /** Ends it where it still runs. */
  leave(): void;
}

/** @param input '' closes its stdin at once, undefined leaves it open. */
function begin(command: StreamedCommand, input: '' | undefined): Child {
  if (command.signal?.aborted) throw interruption(command.signal);
  // a stdin that stays open is asked for by an input, which is written by the caller
  const subprocess = start({ ...command, input: '' }, 'pipe', 'pipe');
  if (input === '') subprocess.stdin?.end();
  const stderr = collect(subprocess.stderr, command.onStderrLine);
  let startError: string | undefined;
  const ended = new Promise<void>((resolve) => {
    subprocess.once('exit', () => resolve());
    subprocess.once('error', (error: NodeJS.ErrnoException) => {
      startError = error.code ?? error.message;
      if (subprocess.pid === undefined) resolve();
    });
  });
  const callOff = endAfter(subprocess, command.deadline, 5000, () => {});
  const abort = (): void => void endAfter(subprocess, 0, 5000, () => {});
  command.signal?.addEventListener('abort', abort, { once: true });
  return {
    subprocess,
    async end() {
      await ended;
      await stderr.ended;
      if (command.signal?.aborted) throw interruption(command.signal);
      return {
        exitCode: subprocess.exitCode ?? undefined,
        signal: subprocess.signalCode ?? undefined,
        stderr: stderr.text(),
        ...(startError === undefined ? {} : { startError }),
      };
    },
    leave() {
      callOff();
      command.signal?.removeEventListener('abort', abort);
      if (subprocess.exitCode === null && subprocess.signalCode === null) subprocess.kill('SIGTERM');
      for (const stream of [subprocess.stdin, subprocess.stdout, subprocess.stderr]) stream?.destroy();
    },
  };
}
