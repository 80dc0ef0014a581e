/** One mapping's run: its locks, its vault kept still, and the job that is made of it. */
import { bisyncDirectory, syncBaseFile, syncIndexFile } from '../../clients/layout.ts';
import { withLock } from '../../clients/lock.ts';
import type { Profile } from '../../clients/profile.ts';
import type { CryptKey } from '../../remotes/crypt.ts';
import { parseDeleteLimit } from '../../remotes/guard.ts';
import { parseDuration } from '../../system/clock.ts';
import type { Context } from '../context.ts';
import { rcloneLockRequest, vaultLockRequest } from '../locks.ts';
import { nameOf } from '../recorded.ts';
import { viewOf } from './crypt-layer.ts';
import type { Mapping } from './mapping.ts';
import { planJob, runJob } from './run-job.ts';
import { type Stillness, whileStill } from './still-vault.ts';
import { defaultKeepDeleted, type Job } from './sync-job.ts';
import type { SyncRequest } from './sync-request.ts';
import type { DirectionOutcome, DirectionPlan } from './sync-result.ts';

function jobOf(request: SyncRequest, profile: Profile, mapping: Mapping, key: CryptKey | undefined): Job {
  const limit = request.maxDelete ?? profile.maxDelete;
  const { layout } = request;
  const source = mapping.configuredSource;
  return {
    mapping,
    view: viewOf(mapping, key),
    request,
    profile,
    settings: {
      deleteLimit: limit === undefined ? undefined : parseDeleteLimit(limit),
      bandwidthLimit: request.bandwidthLimit ?? profile.bwlimit,
      flags: profile.rcloneFlags,
      include: mapping.include,
      keepDeleted: parseDuration(profile.keepDeleted ?? '') ?? defaultKeepDeleted,
    },
    indexFile: syncIndexFile(layout, source),
    baseFile: syncBaseFile(layout, source),
    bisyncDirectory: bisyncDirectory(layout, source),
  };
}

/** What a run would do. It changes nothing. */
export async function planMapping(
  context: Context,
  request: SyncRequest,
  profile: Profile,
  mapping: Mapping,
  key: CryptKey | undefined,
): Promise<DirectionPlan> {
  const job = jobOf(request, profile, mapping, key);
  return await locked(context, request, mapping, () => planJob(context, job));
}

/** Runs one mapping to its end. @throws what went wrong, after the last try */
export async function runMapping(
  context: Context,
  request: SyncRequest,
  profile: Profile,
  mapping: Mapping,
  { key, stillness }: { readonly key: CryptKey | undefined; readonly stillness: Stillness },
): Promise<DirectionOutcome> {
  const job = jobOf(request, profile, mapping, key);
  const run = (): Promise<DirectionOutcome> => runJob(context, nameOf(request.layout), job);
  return await locked(context, request, mapping, () =>
    whileStill(context, request, profile, mapping, stillness, run),
  );
}

/** The source's lock keeps others out; rclone.conf's is shared, so that profiles of a client can sync side by side. */
async function locked<Result>(
  context: Context,
  { layout, wait }: SyncRequest,
  { source }: Mapping,
  action: () => Promise<Result>,
): Promise<Result> {
  const name = nameOf(layout);
  const sourceRequest = {
    ...vaultLockRequest(layout, source.directory, 'sync', wait),
    subject: source.kind === 'vault' ? `the vault of ${name}` : `${source.directory} of ${name}`,
  };
  const confRequest = { ...rcloneLockRequest(layout, 'sync', wait), kind: 'shared' as const };
  return await withLock(sourceRequest, context, () => withLock(confRequest, context, action));
}
