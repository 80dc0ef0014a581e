/** Servers that run beside this process, and end with it. */
import { type Command, collect, endAfter, start } from './process-start.ts';

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
