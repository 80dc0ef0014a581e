/** Making all that was written to a file system durable at once: one syncfs(2) instead of an fsync(2) for each file. */
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { run } from '../../system/process.ts';

/** Milliseconds: a slow disk with a full write cache. */
const deadline = 600_000;

/** Where there is no sync(1) of coreutils, the kernel writes it in its own time. */
export async function flushFileSystem(
  directory: string,
  {
    environment,
    signal,
  }: { readonly environment: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const sync = findExecutable('sync', environment);
  if (sync === undefined) return;
  const args = ['--file-system', '--', directory];
  await run({ file: sync, args, environment: minimalEnvironment(environment), deadline, signal });
}
