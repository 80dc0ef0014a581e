/** Programs that talk to the operator themselves. */
import type { Command, Finished } from './process-start.ts';

/**
 * Runs a program on the operator's own terminal (an editor, rclone's dialogue) and waits for it.
 * @returns its exit status; 128 + n when signal n ended it is the shell's business, here it is undefined.
 */
export async function runOnTerminal(
  command: Pick<Command, 'file' | 'args' | 'environment'>,
): Promise<Pick<Finished, 'exitCode' | 'signal'>> {
  const { execa } = await import('execa');
  const result = await execa(command.file, [...command.args], {
    stdio: 'inherit',
    env: command.environment,
    extendEnv: false,
    reject: false,
  });
  return { exitCode: result.exitCode, signal: result.signal };
}
