/** Programs that talk to the operator themselves. */
import type { Command, Finished } from './start.ts';

/**
 * Runs a program on the operator's own terminal (an editor, rclone's dialogue, a pager) and waits for it.
 * @param command with an `input`, that is its stdin: a pager reads keys from the terminal itself.
 * @returns its exit status; 128 + n when signal n ended it is the shell's business, here it is undefined.
 */
export async function runOnTerminal(
  command: Pick<Command, 'file' | 'args' | 'environment'> & { readonly input?: string },
): Promise<Pick<Finished, 'exitCode' | 'signal'>> {
  const { execa } = await import('execa');
  const result = await execa(command.file, [...command.args], {
    ...(command.input === undefined ? { stdin: 'inherit' as const } : { input: command.input }),
    stdout: 'inherit',
    stderr: 'inherit',
    env: command.environment,
    extendEnv: false,
    reject: false,
  });
  return { exitCode: result.exitCode, signal: result.signal };
}
