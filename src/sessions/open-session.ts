/** From a claim to a session: the tenant's lock, and what its syncs stand on. Nothing of its files is touched yet. */

import { verifyClientReachable } from '../clients/home/reachable.ts';
import { type ClientLayout, clientLayout, directoryMode, sessionLock } from '../clients/layout.ts';
import { acquireLock, type Lock } from '../clients/lock.ts';
import type { ClientId } from '../clients/names.ts';
import { syncApart } from '../executor/apart.ts';
import { RcloneSyncExecutor } from '../executor/executor.ts';
import type { HeldEncryption } from '../executor/options.ts';
import type { Spare } from '../executor/spare.ts';
import { systemClock, toIsoSeconds } from '../system/clock.ts';
import { ensureDirectory } from '../system/files.ts';
import { hooksOf } from './hooks.ts';
import { readJournal } from './journal.ts';
import { LiveSession } from './live-session.ts';
import type { ClaimRequest, CoordinatorSettings } from './settings.ts';
import type { Ground } from './syncing/ground.ts';
import type { Workload } from './workload/workload.ts';

export interface Claiming {
  readonly tenant: ClientId;
  readonly workload: Workload;
  /** The session's own copy. */
  readonly encryption: HeldEncryption | undefined;
  readonly request: ClaimRequest;
}

/** @param signal ends what is under way for the session. @throws LOCKED when another process has it, VAULT_MISSING */
export async function openSession(
  settings: CoordinatorSettings & { readonly spare?: Spare | undefined },
  { tenant, workload, encryption, request }: Claiming,
  signal: AbortSignal,
): Promise<LiveSession> {
  const { root, environment = process.env, clock = systemClock, onWarning = () => {}, spare } = settings;
  const layout = clientLayout(root, tenant);
  verifyClientReachable(layout);
  ensureDirectory(layout.directory, directoryMode, root);
  const lock = await lockOf(layout, { environment, clock, signal });
  const apart = { stateDirectory: layout.sessionStateDirectory, environment, onWarning, spare };
  const executor = new RcloneSyncExecutor(apart);
  const ground: Ground = {
    root,
    layout,
    workload,
    encryption,
    run: (options) =>
      syncApart(apart, { ...options, signal, onProgress: (stats) => live.tellProgress(stats) }),
    vacate: (place, how) => executor.vacate({ ...place, signal }, how),
  };
  const live = new LiveSession({
    session: {
      tenantId: tenant,
      containerId: null,
      workloadId: request.workloadId,
      claimedAt: toIsoSeconds(clock.now()),
      ...(encryption !== undefined && { encryption }),
    },
    ground,
    hooks: settings.hooks ?? hooksOf(workload, environment),
    lock,
    clock,
    before: readJournal(layout),
  });
  return live;
}

async function lockOf(layout: ClientLayout, dependencies: Parameters<typeof acquireLock>[1]): Promise<Lock> {
  const subject = `the session of ${layout.client}`;
  const request = { path: sessionLock(layout), base: layout.directory, subject, purpose: 'session' };
  return await acquireLock(request, dependencies);
}
