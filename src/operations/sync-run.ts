/** One mapping's run: its locks, its vault kept still, its crypt layer checked, and another try where the network failed. */
import {
  bisyncDirectory,
  type ProfileLayout,
  rcloneLock,
  syncBaseFile,
  syncIndexFile,
  vaultLock,
} from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import type { Profile } from '../clients/profile.ts';
import { verifyBandwidthLimit } from '../remotes/bandwidth.ts';
import type { CryptKey } from '../remotes/crypt.ts';
import { parseDeleteLimit } from '../remotes/guard.ts';
import { parseDuration, pause } from '../system/clock.ts';
import { toCryptosyncError } from '../system/errors.ts';
import { syncBothWays } from './bidirectional.ts';
import type { Context } from './context.ts';
import { verifyLayer, viewOf } from './crypt-layer.ts';
import { executeDownload, planDownload } from './download.ts';
import type { Mapping } from './mapping.ts';
import { nameOf } from './recorded.ts';
import { type Stillness, whileStill } from './still-vault.ts';
import type { SyncRequest } from './sync.ts';
import type { DirectionOutcome, DirectionPlan } from './sync-result.ts';
import { executeUpload, planUpload } from './upload.ts';

const defaultKeepDeleted = 30 * 86_400_000;
/** Failures that may pass by themselves, and the pauses before the run is tried again, in milliseconds. */
const passing: ReadonlySet<string> = new Set(['REMOTE_UNREACHABLE', 'SYNC_FAILED']);
const retryPauses = [1000, 4000];

/** Everything that a run in any direction needs to know. */
export interface Job {
  readonly mapping: Mapping;
  /** The remote through its crypt layer, where there is one. */
  readonly view: Mapping['raw'];
  readonly request: SyncRequest;
  readonly profile: Profile;
  readonly settings: {
    readonly deleteLimit: ReturnType<typeof parseDeleteLimit> | undefined;
    readonly bandwidthLimit: string | undefined;
    readonly flags: readonly string[] | undefined;
    readonly include: readonly string[];
    /** Milliseconds that replaced and deleted files are kept; 0 keeps none. */
    readonly keepDeleted: number;
  };
  readonly indexFile: string;
  readonly baseFile: string;
  readonly bisyncDirectory: string;
}

function jobOf(request: SyncRequest, profile: Profile, mapping: Mapping, key: CryptKey | undefined): Job {
  const limit = request.maxDelete ?? profile.maxDelete;
  const bandwidth = request.bandwidthLimit ?? profile.bwlimit;
  const { layout } = request;
  const source = mapping.configuredSource;
  return {
    mapping,
    view: viewOf(mapping, key),
    request,
    profile,
    settings: {
      deleteLimit: limit === undefined ? undefined : parseDeleteLimit(limit),
      bandwidthLimit: bandwidth === undefined ? undefined : verifyBandwidthLimit(bandwidth),
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
  return await locked(context, request, mapping, async () => {
    await verifyLayer(context, mapping, job.view, false);
    if (mapping.direction === 'download') return await planDownload(context, job);
    const plan = await planUpload(context, job);
    return {
      uploads: [...plan.files.uploads, ...plan.edited.map(({ path, size }) => ({ path, size }))],
      deletions: plan.files.deletions,
      generation: plan.marker.kind === 'present' ? plan.marker.marker.generation : null,
    };
  });
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
  return await locked(context, request, mapping, () =>
    whileStill(context, request, profile, mapping, stillness, () => tryAgain(context, request.layout, job)),
  );
}

/** The guard looks again before every try: what failed may have been the source (TOOLS.md R6). */
async function tryAgain(context: Context, layout: ProfileLayout, job: Job): Promise<DirectionOutcome> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await verifyLayer(context, job.mapping, job.view, job.mapping.direction !== 'download');
      return await runOnce(context, job);
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      const wait = retryPauses[attempt];
      if (wait === undefined || !passing.has(error.code) || context.signal?.aborted) throw error;
      context.log.write('WARN', `${nameOf(layout)}: sync tries again after: ${error.message}`);
      await pause(wait, context.signal);
    }
  }
}

async function runOnce(context: Context, job: Job): Promise<DirectionOutcome> {
  switch (job.mapping.direction) {
    case 'upload':
      return await executeUpload(context, job, await planUpload(context, job));
    case 'download':
      return await executeDownload(context, job);
    case 'bidirectional':
      return await syncBothWays(context, job);
  }
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
    path: vaultLock(layout, source.directory),
    subject: source.kind === 'vault' ? `the vault of ${name}` : `${source.directory} of ${name}`,
    purpose: 'sync',
    wait,
  };
  const confRequest = {
    path: rcloneLock(layout),
    subject: `the rclone.conf of ${layout.client}`,
    purpose: 'sync',
    kind: 'shared' as const,
    wait,
  };
  return await withLock(sourceRequest, context, () => withLock(confRequest, context, action));
}
