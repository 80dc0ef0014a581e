/** A small program that is waited for on the spot, where what follows can't be made to wait in another way. */
import { spawnSync } from 'node:child_process';
import { minimalEnvironment } from '../environment.ts';

/**
 * Runs a program that ends soon, without output, in the C locale.
 * @param deadline milliseconds until it gets SIGTERM, at which it must end.
 * @param input for its stdin, which is empty without it.
 * @returns its exit status, and what kept it from being started; each undefined when there is none.
 */
export function runAndWait(
  file: string,
  args: readonly string[],
  deadline: number,
  input?: string,
): { readonly status: number | undefined; readonly startError: string | undefined } {
  const environment = { ...minimalEnvironment(process.env), LC_ALL: 'C' };
  const { status, error } = spawnSync(file, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'ignore'],
    input,
    env: environment,
    timeout: deadline,
    killSignal: 'SIGTERM',
  });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return { status: status ?? undefined, startError: code === 'ETIMEDOUT' ? undefined : code };
}
