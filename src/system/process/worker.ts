/** A child of ours that is given one piece of work on stdin, and tells by lines how it goes. */
import { type Command, collect, endAfter, start } from './start.ts';

export interface Worker {
  /** Given to its stdin as they are, without a copy. */
  write(bytes: Uint8Array | string): void;
  /** Resolves when it has exited, with its exit status and the end of what it printed on stderr. */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly stderr: string }>;
}

/** Milliseconds between being told to end and being made to. */
const endTime = 20_000;
/** Characters of its stderr that are kept. */
const keptErrors = 4096;

/**
 * Starts one. Its stdin stays open until it has exited: when that ends before, this process is gone.
 * @param command its signal tells the child to end, by SIGTERM
 */
export function startWorker(
  command: Pick<Command, 'file' | 'args' | 'environment' | 'signal'> & {
    readonly onStdoutLine: (line: string) => void;
  },
): Worker {
  const subprocess = start({ ...command, input: '', deadline: 0 }, 'pipe', 'pipe');
  const { stdin, stdout, stderr } = subprocess;
  let errors = '';
  stdin?.on('error', () => {}); // it ended without reading: its exit tells why
  const printed = collect(stdout, command.onStdoutLine);
  collect(stderr, (line) => {
    errors = `${errors}${line}\n`.slice(-keptErrors);
  });
  let callOff = (): void => {};
  const end = (): void => {
    callOff = endAfter(subprocess, 0, endTime, () => {});
  };
  command.signal?.addEventListener('abort', end, { once: true });
  if (command.signal?.aborted) end();
  const exited = new Promise<number | undefined>((resolve) => {
    subprocess.once('exit', (code) => resolve(code ?? undefined));
    subprocess.once('error', () => {
      if (subprocess.pid === undefined) resolve(undefined);
    });
  });
  const ended = exited.then(async (exitCode) => {
    command.signal?.removeEventListener('abort', end);
    callOff();
    await printed.ended;
    for (const stream of [stdin, stdout, stderr]) stream?.destroy();
    return { exitCode, stderr: errors };
  });
  return {
    write: (bytes) => {
      stdin?.write(bytes);
    },
    ended,
  };
}
