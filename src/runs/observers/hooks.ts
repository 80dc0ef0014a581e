/**
 * Programs around a run: `before` may put it off (exit 75) or fail it; what comes afterwards changes nothing. They get
 * what is known of the run in `CRYPTOSYNC_*` variables, and of this process's own environment only what holds no secret.
 */
import type { HooksConfig } from '../../clients/watching/schema.ts';
import type { Warn } from '../../system/advice/index.ts';
import { parseDuration } from '../../system/clock.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { type ProgramEnd, runOwnProgram } from '../../system/process/own-program.ts';
import { knownOf } from '../known-of.ts';
import { hookVariable, type Run, type RunEnd, type RunObserver, type Watching } from '../observer.ts';

type HookName = 'before' | 'after' | 'onFailure' | 'onRecovered';

export interface Surroundings {
  readonly watching: Watching;
  readonly warn: Warn;
}

/** Milliseconds that a hook may take, unless its configuration says otherwise. */
const usualDeadline = 600_000;
/** The same when somebody has interrupted the run, and waits. */
const interruptedDeadline = 10_000;
/** `before` asks for another time by it. */
const tryLater = 75;

/** @param configs those of all clients first; afterwards they are run the other way round */
export function hooksObserver(configs: readonly HooksConfig[], surroundings: Surroundings): RunObserver {
  const passed: HooksConfig[] = [];
  const inward = [...configs];
  const outward = [...configs].reverse();
  const tell = async (name: HookName, config: HooksConfig, run: Run, end: RunEnd): Promise<void> => {
    const program = config[name];
    if (program === undefined) return;
    const isHurried = end.result === 'interrupted';
    const failure = await failureOf(program, {
      environment: variablesFor(name, surroundings, run, end),
      deadline: isHurried ? interruptedDeadline : deadlineOf(config),
      ...(isHurried && { killAfter: 1000 }),
    });
    if (failure !== undefined) surroundings.warn(`the hook ${name} of ${run.subject} failed: ${failure}`);
  };
  return {
    async began(run) {
      for (const config of inward) {
        await runBefore(config, run, surroundings);
        passed.push(config);
      }
    },
    async ended(run, end) {
      for (const config of outward) if (passed.includes(config)) await tell('after', config, run, end);
      if (end.result === 'ok' || end.result === 'skipped') return;
      for (const config of outward) await tell('onFailure', config, run, end);
    },
    async recovered(run, end) {
      for (const config of outward) await tell('onRecovered', config, run, end);
    },
  };
}

function deadlineOf({ deadline }: HooksConfig): number {
  return (deadline === undefined ? undefined : parseDuration(deadline)) ?? usualDeadline;
}

/** @throws SKIPPED, HOOK_FAILED, INTERRUPTED; CONFIG_INVALID for a program that others could change */
async function runBefore(config: HooksConfig, run: Run, surroundings: Surroundings): Promise<void> {
  const { before } = config;
  if (before === undefined) return;
  const { signal } = surroundings.watching;
  const environment = variablesFor('before', surroundings, run);
  const { exitCode, failure } = await runOwnProgram(before, {
    environment,
    deadline: deadlineOf(config),
    signal,
  });
  if (failure === undefined) return;
  if (exitCode === tryLater) {
    throw new CryptosyncError(
      'SKIPPED',
      `${run.operation} was put off by the hook before${reasonIn(failure)}`,
    );
  }
  throw new CryptosyncError('HOOK_FAILED', `the hook before of ${run.subject} failed: ${failure}`);
}

function reasonIn(failure: ProgramEnd['failure']): string {
  return failure === `exit ${tryLater}` ? '' : `: ${failure}`;
}

/** @returns why it failed, whatever that was. */
async function failureOf(
  program: readonly string[],
  terms: Parameters<typeof runOwnProgram>[1],
): Promise<string | undefined> {
  try {
    return (await runOwnProgram(program, terms)).failure;
  } catch (error) {
    return toCryptosyncError(error).message;
  }
}

function variablesFor(
  name: HookName,
  { watching }: Surroundings,
  run: Run,
  end?: RunEnd,
): Record<string, string> {
  const { environment, root } = watching;
  const { error } = end ?? {};
  const known = { ...knownOf(run, end), ROOT: root, ...(error && { MESSAGE: error.message }) };
  const variables = Object.entries(known).map(([variable, value]) => [
    `CRYPTOSYNC_${variable}`,
    value.replaceAll('\0', ''),
  ]);
  return { ...minimalEnvironment(environment), ...Object.fromEntries(variables), [hookVariable]: name };
}
