/**
 * Carrying an install out, step by step. Every step can be repeated: after an interruption the same command finds
 * what is done and does the rest. Nothing here removes or makes anew a vault that is there.
 */
import { nameOf } from '../../clients/layout.ts';
import { readRcloneConf, remoteType } from '../../remotes/configuration.ts';
import { recorded } from '../../runs/recorded.ts';
import type { Context } from '../context.ts';
import type { Installation, InstallInputs, RunnableStep } from './installation.ts';
import type { InstallPlan } from './plan.ts';
import type { InstallRequest } from './request.ts';
import { stepWork } from './steps.ts';
import { layOut } from './tree-step.ts';
import { needsPassword } from './vault-step.ts';

export type { InstallInputs } from './installation.ts';

export interface InstallResult {
  readonly client: string;
  readonly profile: string;
  readonly engine: string;
  readonly encryptedDir: string;
  readonly mountDir: string;
  readonly remote: { readonly name: string; readonly type: string | null; readonly path: string } | null;
  /** The paths that this run made or changed. */
  readonly created: readonly string[];
  readonly mounted: boolean;
  readonly synced: boolean;
  /** What an operator should know of an older tree that was taken over. */
  readonly notes: readonly string[];
}

/**
 * Carries a plan out.
 * @param password for a vault that is made or mounted, read before the first step; undefined where none is needed.
 */
export async function executeInstall(
  context: Context,
  request: InstallRequest,
  plan: InstallPlan,
  inputs: InstallInputs,
): Promise<InstallResult> {
  const installation: Installation = {
    context,
    request,
    plan,
    inputs,
    created: [],
    profile: plan.profile,
    provided: undefined,
    password: undefined,
    synced: false,
    mounted: false,
  };
  if (await needsPassword(plan, request))
    installation.password = await inputs.password(request.layout, plan.profile);
  const steps = plan.steps
    .filter(({ needed }) => needed)
    .map(({ id, title }) => ({
      title,
      work: () => inLog(context, request, title, () => stepWork[id](installation)),
    }));
  try {
    return await recorded(
      context,
      {
        layout: request.layout,
        operation: 'install',
        prepare: () => layOut(installation),
      },
      async () => {
        await (inputs.runSteps ?? runInOrder)(steps);
        return toResult(installation);
      },
      () => ({ outcome: 'installed', facts: { created: installation.created.length } }),
    );
  } finally {
    installation.password?.wipe();
  }
}

/** A step that fails ends the install, whose own last line says why. */
async function inLog(
  { log }: Context,
  { layout }: InstallRequest,
  title: string,
  work: () => Promise<void>,
): Promise<void> {
  log.write('INFO', `${nameOf(layout)}: install: ${title}`);
  await work();
}

async function runInOrder(steps: readonly RunnableStep[]): Promise<void> {
  for (const { work } of steps) await work();
}

function toResult({ request, plan, profile, created, mounted, synced }: Installation): InstallResult {
  const { remote } = profile;
  return {
    client: request.layout.client,
    profile: request.layout.profile,
    engine: profile.engine,
    encryptedDir: profile.encryptedDir,
    mountDir: profile.mountDir,
    remote:
      remote === undefined
        ? null
        : {
            name: remote.name,
            type:
              remoteType(
                readRcloneConf(request.layout.rcloneConfig, request.layout.directory),
                remote.name,
              ) ??
              plan.remote?.type ??
              null,
            path: remote.path,
          },
    created,
    mounted,
    synced,
    notes: plan.notes,
  };
}
