/** Syncing a profile: locks, a vault that must be still, another try where the network failed, and the record. */
import { type ProfileLayout, rcloneLock, syncIndexFile, vaultLock } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import { parseDeleteLimit } from '../remotes/guard.ts';
import type { TransferStats } from '../remotes/rclone-log.ts';
import { rclonePath } from '../remotes/remote.ts';
import type { PlannedFile, TransferMode } from '../remotes/transfer.ts';
import { parseDuration, pause } from '../system/clock.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import type { Around, Context, PasswordProvider } from './context.ts';
import { nameOf, recorded } from './recorded.ts';
import { planStillness, type Stillness, whileStill } from './still-vault.ts';
import {
  executeUpload,
  planUpload,
  type UploadOutcome,
  type UploadPlan,
  type UploadRequest,
} from './upload.ts';
import { remoteOf, vaultOf } from './vault-of.ts';

export interface SyncRequest {
  readonly layout: ProfileLayout;
  /** A path on the remote instead of the profile's. */
  readonly remotePath?: string | undefined;
  readonly mode: TransferMode;
  readonly dryRun: boolean;
  /** `25` or `10%`. */
  readonly maxDelete?: string | undefined;
  readonly bandwidthLimit?: string | undefined;
  /** Unmounts a vault that must be still for the while. */
  readonly remount: boolean;
  readonly password: PasswordProvider;
  readonly wait: number;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
  readonly around?: Around | undefined;
}

export interface SyncResult {
  readonly remote: string | null;
  readonly direction: 'upload';
  readonly mode: TransferMode;
  /** `planned` is the outcome of a dry run. `refused`: the guard said no, and nothing changed. */
  readonly outcome: 'synced' | 'unchanged' | 'planned' | 'refused' | 'failed';
  readonly strategy: 'full';
  readonly filesTransferred: number;
  readonly bytesTransferred: number;
  readonly deleted: number;
  /** Whether the remote equals one moment of the source; null when nothing was looked at. */
  readonly consistent: boolean | null;
  /** The number of completed transfers to this remote; null when it is not known. */
  readonly generation: number | null;
  readonly durationMs: number;
  /** Of a dry run. */
  readonly plan?: { readonly uploads: readonly PlannedFile[]; readonly deletions: readonly PlannedFile[] };
  readonly error?: CryptosyncError;
}

const defaultKeepDeleted = 30 * 86_400_000;
/** Failures that may pass by themselves, and the pauses before the run is tried again, in milliseconds. */
const passing: ReadonlySet<string> = new Set(['REMOTE_UNREACHABLE', 'SYNC_FAILED']);
const retryPauses = [1000, 4000];

/** Syncs a profile. A failure is a result too: its counts and its error are told together. */
export async function syncProfile(context: Context, request: SyncRequest): Promise<SyncResult> {
  const start = context.clock.now().getTime();
  let place: string | null = null;
  const run = async (): Promise<SyncResult> => {
    try {
      const profile = readProfile(request.layout);
      const upload = uploadRequestOf(request, profile);
      place = rclonePath(upload.remote);
      const stillness = await planStillness(request, profile, upload.vault);
      const work = () =>
        locked(context, request, upload, () => syncOnce(context, request, profile, upload, stillness));
      const done = await (request.around === undefined ? work() : request.around(work));
      return { ...toResult(request, place, done), durationMs: context.clock.now().getTime() - start };
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      const durationMs = context.clock.now().getTime() - start;
      return { ...unsuccessful(request, place, error), durationMs };
    }
  };
  // the ledger of a client that is not there would make its directories
  if (request.dryRun || kindOf(request.layout.profileFile) === 'none') return await run();
  return await recorded(context, request.layout, 'sync', run, (result) => ({
    outcome: result.error?.code === 'INTERRUPTED' ? 'interrupted' : result.outcome,
    facts: {
      remote: result.remote,
      mode: result.mode,
      filesTransferred: result.filesTransferred,
      bytesTransferred: result.bytesTransferred,
      deleted: result.deleted,
      consistent: result.consistent,
      generation: result.generation,
      durationMs: result.durationMs,
    },
    error: result.error,
  }));
}

function uploadRequestOf(request: SyncRequest, profile: Profile): UploadRequest {
  const { layout } = request;
  const vault = vaultOf(layout, profile);
  if (vault.vaultId === undefined) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the vault of ${nameOf(layout)} has no id yet, so its remote could not be told from another's`,
      {
        hint: `Mount it once, which gives it one: cryptosync mount --client ${layout.client} --profile ${layout.profile}`,
      },
    );
  }
  const limit = request.maxDelete ?? profile.maxDelete;
  return {
    vault,
    remote: remoteOf(layout, profile, request.remotePath),
    mode: request.mode,
    deleteLimit: limit === undefined ? undefined : parseDeleteLimit(limit),
    bandwidthLimit: request.bandwidthLimit ?? profile.bwlimit,
    flags: profile.rcloneFlags,
    keepDeleted:
      profile.keepDeleted === undefined
        ? defaultKeepDeleted
        : (parseDuration(profile.keepDeleted) ?? defaultKeepDeleted),
    indexFile: syncIndexFile(layout),
    onProgress: request.onProgress,
  };
}

/** The vault's lock keeps others out; rclone.conf's is shared, so that profiles of a client can sync side by side. */
async function locked<Result>(
  context: Context,
  { layout, wait }: SyncRequest,
  { vault }: UploadRequest,
  action: () => Promise<Result>,
): Promise<Result> {
  const name = nameOf(layout);
  const vaultRequest = {
    path: vaultLock(layout, vault.encryptedDir),
    subject: `the vault of ${name}`,
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
  return await withLock(vaultRequest, context, () => withLock(confRequest, context, action));
}

type Done = { readonly plan: UploadPlan; readonly outcome?: UploadOutcome };

async function syncOnce(
  context: Context,
  request: SyncRequest,
  profile: Profile,
  upload: UploadRequest,
  stillness: Stillness,
): Promise<Done> {
  if (request.dryRun) return { plan: await planUpload(context, upload) };
  return await whileStill(context, request, profile, upload.vault, stillness, async () => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const plan = await planUpload(context, upload);
        return { plan, outcome: await executeUpload(context, upload, plan) };
      } catch (thrown) {
        const error = toCryptosyncError(thrown);
        const wait = retryPauses[attempt];
        if (wait === undefined || !passing.has(error.code) || context.signal?.aborted) throw error;
        context.log.write('WARN', `${nameOf(request.layout)}: sync tries again after: ${error.message}`);
        await pause(wait, context.signal);
      }
    }
  });
}

function toResult(
  request: SyncRequest,
  place: string,
  { plan, outcome }: Done,
): Omit<SyncResult, 'durationMs'> {
  const base = { remote: place, direction: 'upload', mode: request.mode, strategy: 'full' } as const;
  if (outcome === undefined) {
    const uploads = [...plan.files.uploads, ...plan.edited.map(({ path, size }) => ({ path, size }))];
    return {
      ...base,
      outcome: 'planned',
      filesTransferred: 0,
      bytesTransferred: 0,
      deleted: 0,
      consistent: null,
      generation: plan.marker.kind === 'present' ? plan.marker.marker.generation : null,
      plan: { uploads, deletions: plan.files.deletions },
    };
  }
  return {
    ...base,
    outcome: outcome.changed ? 'synced' : 'unchanged',
    filesTransferred: outcome.transferred.files,
    bytesTransferred: outcome.transferred.bytes,
    deleted: outcome.transferred.deleted,
    consistent: outcome.consistent,
    generation: outcome.generation,
  };
}

/** Refusals change nothing on either side; everything else has failed. */
const refusals: ReadonlySet<number> = new Set([15, 75]);

function unsuccessful(
  { mode }: SyncRequest,
  place: string | null,
  error: CryptosyncError,
): Omit<SyncResult, 'durationMs'> {
  return {
    remote: place,
    direction: 'upload',
    mode,
    outcome: refusals.has(error.exit) ? 'refused' : 'failed',
    strategy: 'full',
    filesTransferred: 0,
    bytesTransferred: 0,
    deleted: 0,
    consistent: null,
    generation: null,
    error,
  };
}
