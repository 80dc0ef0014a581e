/** The built command as an operator runs it: a process of its own, whose end, output and JSON a test reads. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built command line. */
export const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface CommandOptions {
  /** Above the installation's own environment; undefined takes a variable away. */
  readonly env?: NodeJS.ProcessEnv;
  /** All that stdin gives; without it stdin is empty. */
  readonly input?: string | Uint8Array;
  /** The test itself writes to stdin and ends it. */
  readonly keepStdinOpen?: boolean;
  /** Another user than the test's. */
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  /** Milliseconds after which the command is killed, so that a hang fails one test and no more. */
  readonly deadline?: number;
}

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Stdout as the one JSON document that it must be; reading it throws when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the document that it asked for
  readonly json: any;
  readonly durationMs: number;
}

export interface RunningCommand {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it printed on stderr so far. */
  said(): string;
  readonly finished: Promise<CommandResult>;
}

const defaultDeadline = 90_000;
/** Milliseconds after its end in which all is read that a program has said, unless a daemon keeps its pipes open. */
const forTheRest = 1000;

/** Starts any program with collected output. */
export function startProgram(
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  options: Omit<CommandOptions, 'env'> = {},
): RunningCommand {
  const { input, keepStdinOpen = false, deadline = defaultDeadline, ...user } = options;
  const begun = Date.now();
  const child = spawn(file, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'], ...user });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => {}); // it ended without reading
  if (!keepStdinOpen) child.stdin.end(input);
  const killer = setTimeout(() => child.kill('SIGKILL'), deadline);
  const said = Promise.all([child.stdout, child.stderr].map((stream) => once(stream, 'close')));
  const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');
  const finish = async (): Promise<CommandResult> => {
    try {
      const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      await within(forTheRest, said);
      const stdout = text(output);
      return {
        exitCode,
        signal,
        stdout,
        stderr: text(errors),
        get json() {
          return JSON.parse(stdout);
        },
        durationMs: Date.now() - begun,
      };
    } finally {
      clearTimeout(killer);
    }
  };
  return { pid: child.pid ?? -1, child, said: () => text(errors), finished: finish() };
}

async function within(milliseconds: number, happening: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([happening, late]).finally(() => clearTimeout(timer));
}
