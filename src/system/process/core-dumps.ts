/**
 * No core dumps of a process that holds secrets, nor of the children that it gives them to. Node has no setrlimit(2):
 * prlimit(1) of util-linux sets the limit of this process, and children inherit it.
 */

import { findExecutable } from '../dependencies.ts';
import { minimalEnvironment } from '../environment.ts';
import { readTextIfPresent } from '../files.ts';
import { run } from '../process.ts';

/**
 * Bytes. Not 0: where the kernel hands dumps to a program (`|` in core_pattern, such as systemd-coredump) it passes
 * over every limit but this one (core(5), do_coredump). For a dump to a file it is too little for any.
 */
const limit = '1';

/** A process is started for it only where a dump could be made: on most machines the limit is 0 from the start. */
export async function forbidCoreDumps(environment: NodeJS.ProcessEnv): Promise<void> {
  if (!mayDump()) return;
  const file = findExecutable('prlimit', environment);
  if (file === undefined) return;
  await run({
    file,
    args: [`--core=${limit}:${limit}`, '--pid', String(process.pid)],
    environment: minimalEnvironment(environment),
    deadline: 10_000,
  });
}

function mayDump(): boolean {
  const limits = readTextIfPresent('/proc/self/limits') ?? '';
  const soft = /^Max core file size\s+(\S+)/m.exec(limits)?.[1];
  if (soft === limit) return false;
  const pattern = readTextIfPresent('/proc/sys/kernel/core_pattern') ?? '';
  return soft !== '0' || pattern.startsWith('|');
}
