/** Puts a long text before somebody who reads it. */
import { findExecutable } from '../../system/dependencies.ts';
import { operatorEnvironment } from '../../system/environment.ts';
import { runOnTerminal } from '../../system/process/terminal.ts';

/**
 * Shows a text that is longer than the terminal by a pager: PAGER, or less. Where stdout is no terminal, the text is short,
 * or there is no pager, nothing is shown.
 * @returns whether it was shown
 */
export async function showByPager(text: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const { isTTY, rows = 0 } = process.stdout;
  if (!isTTY || text.split('\n').length <= rows || environment['TERM'] === 'dumb') return false;
  const pager = environment['PAGER'] || (findExecutable('less', environment) && 'less -FRX');
  if (!pager || pager === 'cat') return false;
  const { exitCode } = await runOnTerminal({
    file: findExecutable('sh', environment) ?? '/bin/sh',
    args: ['-c', pager],
    environment: operatorEnvironment(environment),
    input: text,
  });
  // 127: no such pager; anything else is how the reader left it
  return exitCode !== 127;
}
