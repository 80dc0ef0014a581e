/** What a platform does when a session begins and before it ends: a function of the program, or a program of the workload. */
import * as v from 'valibot';
import { operatorEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { runOwnProgram } from '../system/process/own-program.ts';
import type { Workload } from './workload/workload.ts';

/** What a hook is told. Nothing of the key. */
export interface HookFacts {
  readonly tenantId: string;
  readonly workloadId: string;
  readonly directory: string;
  readonly containerId: string | null;
  readonly claimedAt: string;
}

export interface Claimed {
  readonly containerId?: string | undefined;
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
}

export interface SessionHooks {
  /** Starts what runs the tenant; its directory is filled. Rejecting fails the claim. */
  claim?(facts: HookFacts, signal?: AbortSignal): Promise<Claimed | undefined>;
  /** Makes what runs the tenant stop writing. Rejecting keeps the session. */
  release?(facts: HookFacts, signal?: AbortSignal): Promise<unknown>;
}

/** Milliseconds that a hook may take. */
const deadline = 120_000;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const answerSchema = v.looseObject({
  containerId: v.optional(text),
  endpoints: v.optional(v.record(v.pipe(text, v.notValue('directory')), text)),
});

/** The hooks of a workload: each gets its facts as JSON on stdin, and `claim` may answer in JSON on stdout. */
export function hooksOf({ hooks = {} }: Workload, environment: NodeJS.ProcessEnv): SessionHooks {
  const { claim, release } = hooks;
  return {
    ...(claim !== undefined && {
      claim: async (facts: HookFacts, signal?: AbortSignal) =>
        answerOf(await runHook('claim', claim, { facts, environment, signal })),
    }),
    ...(release !== undefined && {
      release: (facts: HookFacts, signal?: AbortSignal) =>
        runHook('release', release, { facts, environment, signal }),
    }),
  };
}

interface HookRun {
  readonly facts: HookFacts;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
}

/** @returns what it printed. @throws HOOK_FAILED; CONFIG_INVALID for a program that others could change */
async function runHook(
  name: 'claim' | 'release',
  program: readonly string[],
  { facts, environment, signal }: HookRun,
): Promise<string> {
  const input = `${JSON.stringify({ hook: name, ...facts })}\n`;
  const { stdout, failure } = await runOwnProgram(program, {
    environment: operatorEnvironment(environment),
    input,
    deadline,
    signal,
  });
  if (failure === undefined) return stdout;
  throw hookFailed(facts, name, failure);
}

/** @throws HOOK_FAILED for what is printed and is no such JSON */
function answerOf(printed: string): Claimed {
  if (printed.trim() === '') return {};
  try {
    const { containerId, endpoints } = v.parse(answerSchema, JSON.parse(printed));
    return { containerId, endpoints };
  } catch {
    throw new CryptosyncError(
      'HOOK_FAILED',
      'the hook claim printed something else than JSON with containerId and endpoints',
    );
  }
}

/** The error for a hook that failed, whoever gave it. */
export function hookFailed(
  { tenantId }: Pick<HookFacts, 'tenantId'>,
  name: 'claim' | 'release',
  why: string,
): CryptosyncError {
  return new CryptosyncError('HOOK_FAILED', `the hook ${name} of ${tenantId} failed: ${why}`);
}
