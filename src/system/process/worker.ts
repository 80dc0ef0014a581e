/** A child of ours that is given one piece of work on stdin, and tells by lines how it goes. */
import type { Socket } from 'node:net';
import { type Command, collect, endAfter, start } from './start.ts';

/** Whom a child works for. */
export interface Employer {
  readonly onStdoutLine: (line: string) => void;
  /** Tells the child to end, by SIGTERM. */
  readonly signal?: AbortSignal | undefined;
}

export interface Worker {
  /** From now on it works for somebody, and is waited for. */
  employ(employer: Employer): void;
  /** Given to its stdin as they are, without a copy. */
  write(bytes: Uint8Array | string): void;
  /** Closes its stdin, which tells one that waits for work that none comes; soon after that it is made to end. */
  dismiss(): void;
  /** Resolves when it has exited, with its exit status and the end of what it printed on stderr. */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly stderr: string }>;
}

/** Milliseconds between being told to end and being made to. */
const endTime = 20_000;
/** The same for one that was dismissed. */
const dismissTime = 2000;
/** Characters of its stderr that are kept. */
const keptErrors = 4096;

/**
 * Starts one, which keeps this process from its end only once it is employed. Its stdin stays open until it has exited:
 * when that ends before, this process is gone, or has no work for it.
 */
export function startWorker(command: Pick<Command, 'file' | 'args' | 'environment'>): Worker {
  const subprocess = start({ ...command, input: '', deadline: 0 }, 'pipe', 'pipe');
  const { stdin, stdout, stderr } = subprocess;
  const pipes = [stdin, stdout, stderr] as readonly (Socket | null)[];
  let employer: Employer | undefined;
  let errors = '';
  stdin?.on('error', () => {}); // it ended without reading: its exit tells why
  const printed = collect(stdout, (line) => employer?.onStdoutLine(line));
  collect(stderr, (line) => {
    errors = `${errors}${line}\n`.slice(-keptErrors);
  });
  const exited = new Promise<number | undefined>((resolve) => {
    subprocess.once('exit', (code) => resolve(code ?? undefined));
    subprocess.once('error', () => {
      if (subprocess.pid === undefined) resolve(undefined);
    });
  });
  let callOff = (): void => {};
  const end = (): void => {
    callOff = endAfter(subprocess, 0, endTime, () => {});
  };
  const ended = exited.then(async (exitCode) => {
    employer?.signal?.removeEventListener('abort', end);
    callOff();
    await printed.ended;
    for (const pipe of pipes) pipe?.destroy();
    return { exitCode, stderr: errors };
  });
  const waitFor = (how: 'ref' | 'unref'): void => {
    for (const handle of [subprocess, ...pipes]) handle?.[how]();
  };
  waitFor('unref');
  return {
    employ(one) {
      employer = one;
      waitFor('ref');
      one.signal?.addEventListener('abort', end, { once: true });
      if (one.signal?.aborted) end();
    },
    write: (bytes) => {
      stdin?.write(bytes);
    },
    dismiss() {
      waitFor('ref');
      stdin?.end();
      callOff = endAfter(subprocess, dismissTime, dismissTime, () => {});
    },
    ended,
  };
}
