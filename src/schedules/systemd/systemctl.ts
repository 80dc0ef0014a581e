/** What systemd is told of the units: to read them, to turn them on and off. */
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { type Finished, lastLines, run } from '../../system/process.ts';

/** Which systemd: the machine's, or this user's own. */
export interface Manager {
  readonly environment: NodeJS.ProcessEnv;
  readonly isUsers: boolean;
}

/** Milliseconds. A timer's start returns at once; the machine may be busy. */
const deadline = 30_000;

/** Words in which systemd says that it runs; where it does not, it says `offline`, or nothing. */
const runningStates = new Set(['initializing', 'starting', 'running', 'degraded', 'maintenance', 'stopping']);

/** Whether units can be started now. Where not, they can still be turned on for the next boot. */
export async function isRunning(manager: Manager): Promise<boolean> {
  return runningStates.has((await ask(manager, 'is-system-running'))?.stdout.trim() ?? '');
}

/** Undefined where it does not say. */
export async function versionOf(manager: Manager): Promise<number | undefined> {
  const version = /^systemd (\d+)/.exec((await ask(manager, '--version'))?.stdout ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}

/** `enabled`, `disabled`, …; undefined where there is no systemctl. */
export async function enabledState(manager: Manager, unit: string): Promise<string | undefined> {
  return (await ask(manager, 'is-enabled', unit))?.stdout.trim();
}

/** `active`, `inactive`, `failed`, … */
export async function activeState(manager: Manager, unit: string): Promise<string | undefined> {
  return (await ask(manager, 'is-active', unit))?.stdout.trim();
}

/** @throws TOOL_MISSING, CONFIG_INVALID with what systemctl said */
export async function systemctl(manager: Manager, ...args: string[]): Promise<void> {
  const finished = await ask(manager, ...args);
  const what = ['systemctl', ...(manager.isUsers ? ['--user'] : []), ...args].join(' ');
  if (finished === undefined)
    throw new CryptosyncError('TOOL_MISSING', `not found on PATH: systemctl, for: ${what}`);
  if (finished.exitCode === 0) return;
  throw new CryptosyncError('CONFIG_INVALID', `${what} failed: ${lastLines(finished.stderr)}`, {
    advice: { to: 'look-at-systemd' },
  });
}

async function ask({ environment, isUsers }: Manager, ...args: string[]): Promise<Finished | undefined> {
  const file = findExecutable('systemctl', environment);
  if (file === undefined) return undefined;
  const { XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS, XDG_CONFIG_HOME } = environment;
  const own = Object.entries({ XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS, XDG_CONFIG_HOME }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return await run({
    file,
    args: [...(isUsers ? ['--user'] : []), '--no-pager', '--no-ask-password', ...args],
    environment: {
      ...minimalEnvironment(environment),
      ...(isUsers ? Object.fromEntries(own) : {}),
      LC_ALL: 'C',
    },
    deadline,
  });
}
