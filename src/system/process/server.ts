/** Servers that run beside this process, and end with it. */
import type { ChildProcess } from 'node:child_process';
import { type Command, collect, endAfter, start } from './start.ts';

export interface Started {
  readonly pid: number;
  /** Resolves when it has exited. */
  readonly exited: Promise<void>;
  /** Tells it to end with SIGTERM, after 2 s with SIGKILL, and resolves when it has. */
  stop(): Promise<void>;
}

/**
 * Reads the pipe on stdin, which ends when this process does, kill -9 included, and then ends the server. A process of
 * its own with nothing in its environment: the server's may hold keys.
 */
const endsServer = 'read -r _; kill "$1"';

/** Starts a server that runs until `stop`, and reports its stderr by lines. It ends when this process does. */
export async function startServer(
  command: Omit<Command, 'deadline' | 'daemonises' | 'input'>,
): Promise<Started> {
  const subprocess = start({ ...command, deadline: 0 }, 'pipe', 'pipe');
  const watcher = watch(subprocess.pid);
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      // before its pipe ends: the number may be another process's by then
      watcher?.kill('SIGKILL');
      resolve();
    };
    subprocess.once('exit', end);
    subprocess.once('error', end);
  });
  collect(subprocess.stdout, command.onStdoutLine ?? (() => {}));
  collect(subprocess.stderr, command.onStderrLine ?? (() => {}));
  return {
    pid: subprocess.pid ?? -1,
    exited,
    async stop() {
      const callOff = endAfter(subprocess, 0, 2000, () => {});
      await exited;
      callOff();
      for (const stream of [subprocess.stdout, subprocess.stderr, watcher?.stdin]) stream?.destroy();
    },
  };
}

function watch(pid: number | undefined): ChildProcess | undefined {
  if (pid === undefined) return undefined;
  const args = ['-c', endsServer, 'sh', String(pid)];
  const watcher = start(
    { file: '/bin/sh', args, environment: {}, input: '', deadline: 0 },
    'ignore',
    'ignore',
  );
  watcher.on('error', () => {}); // then the kernel's own signal is all there is
  watcher.stdin?.on('error', () => {});
  watcher.unref();
  return watcher;
}
