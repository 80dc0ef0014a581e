/** A lock that another run holds, and a command that has found it taken. */
import { appendFileSync, chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Installation } from './installation.ts';
import { waitUntil } from './machine.ts';
import { type RunningCommand, startProgram } from './running-command.ts';

export interface HeldLock {
  release(): Promise<void>;
}

/** Holds a lock file with flock(1), as a run that is at work does. */
export async function holdLock(path: string, environment: NodeJS.ProcessEnv): Promise<HeldLock> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendFileSync(path, '', { mode: 0o600 });
  const held = `${path}.held`;
  const script = 'exec 9>>"$1"; flock -x 9 && touch "$1.held"; exec sleep 90';
  const holder = startProgram('/bin/sh', ['-c', script, 'holder', path], environment, { deadline: 100_000 });
  if (!(await waitUntil(() => existsSync(held), 20_000))) throw new Error(`${path} could not be locked`);
  return {
    async release() {
      holder.child.kill('SIGKILL');
      await holder.finished;
    },
  };
}

/**
 * Starts a command that will find a lock taken, and waits until it has, or has ended: its flock tells when it was
 * refused.
 */
export async function startUntilRefused(
  installation: Installation,
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningCommand> {
  const directory = installation.path('refused', name);
  mkdirSync(directory, { recursive: true });
  const told = join(directory, 'told');
  const wrapper = join(directory, 'flock');
  const { PATH = '' } = installation.environment;
  const script = `#!/bin/sh\nPATH='${PATH}' flock "$@"\ncode=$?\n[ $code = 75 ] && touch '${told}'\nexit $code\n`;
  writeFileSync(wrapper, script);
  chmodSync(wrapper, 0o755);
  const running = installation.start(args, { env: { PATH: `${directory}:${PATH}`, ...env } });
  await waitUntil(() => existsSync(told) || running.child.exitCode !== null, 60_000);
  return running;
}
