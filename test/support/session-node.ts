/** A node of a platform in a process of its own (`session-host.ts`), to be asked, killed and searched. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Workload } from '../../src/index.ts';
import type { Installation } from './installation.ts';
import { startProgram } from './running-command.ts';
import { cleanEnvironment } from './serve.ts';

// biome-ignore lint/suspicious/noExplicitAny: each test knows the answer that it asked for
type Answer = any;

export interface SessionNode {
  readonly pid: number;
  readonly root: string;
  /** Where a tenant's files are. */
  directory(tenant: string): string;
  /** Asks for something. @returns the document, or the code of the refusal */
  ask(what: string, tenant: string, more?: object): Promise<Answer>;
  /** With all its might. */
  kill(): Promise<void>;
  /** As a service manager ends it. */
  end(): Promise<void>;
  /** When it has ended by itself, or was killed. */
  readonly ended: Promise<unknown>;
}

const host = fileURLToPath(new URL('./session-host.ts', import.meta.url));

/** @param preload loaded by node before anything else @param name of the node: each has a root of its own, and one that is started again has the one of before */
export function startNode(
  installation: Installation,
  name: string,
  workload: Workload,
  { preload = [], env = {} }: { preload?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): SessionNode {
  const [root, workloads] = [installation.path(name), installation.path('workloads')];
  for (const path of [root, workloads]) mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(workloads, 'files.json'), JSON.stringify(workload), { mode: 0o600 });
  const environment = { ...cleanEnvironment, TMPDIR: installation.path('tmp'), ...env };
  const words = [...preload.flatMap((file) => ['--import', file]), host, root, workloads];
  const { child, finished } = startProgram(process.execPath, words, environment, { keepStdinOpen: true });
  const waiting = new Map<string, (answer: Answer) => void>();
  if (child.stdout === null || child.stdin === null) throw new Error('the host has no pipes');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { tenant, done, error } = JSON.parse(line);
    waiting.get(tenant)?.(error === undefined ? done : error.code);
  });
  const stop = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await finished;
  };
  installation.atCleanUp(() => stop('SIGKILL'));
  return {
    pid: child.pid ?? -1,
    root,
    directory: (tenant) => join(root, tenant, 'session'),
    ask: (what, tenant, more = {}) =>
      new Promise((resolve) => {
        waiting.set(tenant, resolve);
        child.stdin?.write(`${JSON.stringify({ do: what, tenant, ...more })}\n`);
      }),
    kill: () => stop('SIGKILL'),
    end: () => stop('SIGTERM'),
    ended: finished,
  };
}
