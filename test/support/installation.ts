/**
 * A temporary place with everything of its own (root of clients, home, log, temporary directory), in which a test runs
 * the built command, and which is taken away again whatever happened in it: mounts, daemons, immutable directories.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { mountsBelow, processesNaming, unmountAllBelow, waitUntil } from './machine.ts';
import {
  type CommandOptions,
  type CommandResult,
  program,
  type RunningCommand,
  startProgram,
} from './running-command.ts';

/** Of every vault that a test makes, unless it says otherwise. */
export const vaultPassword = 'correct horse battery staple';

export interface Installation {
  /** Everything lies below it. */
  readonly directory: string;
  /** The root of the clients. */
  readonly root: string;
  readonly logFile: string;
  /** For links: `--bin-dir`. */
  readonly binDirectory: string;
  /** What the command gets, and nothing of the test's own environment but PATH. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** A path below `directory`. */
  path(...parts: string[]): string;
  /** A path of a client: `client('a', 'vault', 'encrypted')`. */
  client(id: string, ...parts: string[]): string;
  /** Runs the command to its end. The vault's password stands in the environment. */
  cryptosync(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Starts the command, to be watched, signalled or killed. */
  start(args: readonly string[], options?: CommandOptions): RunningCommand;
  /** Runs another program, such as a script of the installation, with the given environment and no more. */
  runProgram(
    file: string,
    args: readonly string[],
    options: Omit<CommandOptions, 'env'> & { readonly environment: NodeJS.ProcessEnv },
  ): Promise<CommandResult>;
  /** Does something, such as stopping a server, before all else is taken away. */
  atCleanUp(action: () => unknown): void;
  cleanUp(): Promise<void>;
}

/** Makes a place; the caller cleans it up in `afterEach` or `afterAll`. @param base the directory to make it in. */
export function createInstallation(base: string = tmpdir()): Installation {
  const directory = realpathSync(mkdtempSync(join(base, 'cryptosync-test-')));
  chmodSync(directory, 0o755);
  const path = (...parts: string[]): string => join(directory, ...parts);
  const root = path('root');
  const temporary = path('tmp');
  for (const name of ['home', 'bin', 'log']) mkdirSync(path(name));
  mkdirSync(temporary);
  chmodSync(temporary, 0o1777);
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: path('home'),
    XDG_CONFIG_HOME: path('home', '.config'),
    XDG_STATE_HOME: path('home', '.local', 'state'),
    XDG_CACHE_HOME: path('home', '.cache'),
    TMPDIR: temporary,
    CRYPTOSYNC_ROOT: root,
    CRYPTOSYNC_CONFIG: path('settings.json'),
    CRYPTOSYNC_LOG: path('log', 'cryptosync.log'),
    CRYPTOSYNC_PASSWORD: vaultPassword,
  };
  const started: RunningCommand[] = [];
  const actions: (() => unknown)[] = [];
  const start = (args: readonly string[], { env, ...options }: CommandOptions = {}): RunningCommand => {
    const running = startProgram(process.execPath, [program, ...args], { ...environment, ...env }, options);
    started.push(running);
    return running;
  };
  return {
    directory,
    root,
    logFile: path('log', 'cryptosync.log'),
    binDirectory: path('bin'),
    environment,
    path,
    client: (id, ...parts) => join(root, id, ...parts),
    cryptosync: (args, options) => start(args, options).finished,
    start,
    runProgram(file, args, { environment: whole, ...options }) {
      const running = startProgram(file, args, whole, options);
      started.push(running);
      return running.finished;
    },
    atCleanUp: (action) => void actions.push(action),
    async cleanUp() {
      for (const action of actions.reverse()) await action();
      for (const { child } of started) {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      }
      await cleanUpDirectory(directory);
    },
  };
}

/** Takes a directory away with its mounts, the processes that were started on it, and its immutable entries. */
export async function cleanUpDirectory(directory: string): Promise<void> {
  for (const { pid } of processesNaming(directory)) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // it has ended
    }
  }
  await waitUntil(() => processesNaming(directory).length === 0, 3000);
  unmountAllBelow(directory);
  for (const { pid } of processesNaming(directory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
  const left = mountsBelow(directory);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
  if (process.getuid?.() === 0) {
    // its exit code also speaks of entries that can't be immutable, such as links
    spawnSync('chattr', ['-R', '-f', '-i', directory], { stdio: 'ignore' });
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** `it` with a place of its own for each test that asks for `installation`; taken away when the test has ended. */
export const it = test.extend<{ installation: Installation }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are wanted
  installation: async ({}, use) => {
    const installation = createInstallation();
    try {
      await use(installation);
    } finally {
      await installation.cleanUp();
    }
  },
});
