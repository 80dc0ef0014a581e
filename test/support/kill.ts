/** Killing the command at a moment that time or the machine's state decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { CommandOptions, RunningCommand } from './running-command.ts';

/**
 * Starts a command and kills it with all its might after a while.
 * @returns false when it had ended before.
 */
export async function killAfter(
  installation: Installation,
  args: readonly string[],
  milliseconds: number,
  options: CommandOptions = {},
): Promise<boolean> {
  return await kill(installation.start(args, options), sleep(milliseconds));
}

/** Starts a command and kills it as soon as something is true. @returns false when it had ended before. */
export async function killWhen(
  installation: Installation,
  args: readonly string[],
  condition: () => boolean,
): Promise<boolean> {
  const becomesTrue = async (): Promise<void> => {
    for (const until = Date.now() + 30_000; !condition() && Date.now() < until; ) await sleep(1);
  };
  return await kill(installation.start(args), becomesTrue());
}

async function kill(running: RunningCommand, moment: Promise<void>): Promise<boolean> {
  await Promise.race([moment, running.finished]);
  running.child.kill('SIGKILL');
  return (await running.finished).signal === 'SIGKILL';
}
