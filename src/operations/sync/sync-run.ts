/** One mapping's run: its locks, its vault kept still, and the job that is made of it. */
import {
  bothWaysDirectory,
  localTrashDirectory,
  nameOf,
  type ProfileLayout,
  recordFile,
  syncBaseFile,
  syncIndexFile,
} from '../../clients/layout.ts';
import type { LockRequest } from '../../clients/lock.ts';
import { machineId } from '../../clients/machine.ts';
import type { Profile } from '../../clients/profile.ts';
import type { CryptKey } from '../../remotes/crypt.ts';
import { placeOf } from '../../remotes/remote.ts';
import { parseDeleteLimit } from '../../remotes/tuning.ts';
import {
  defaultFullEvery,
  defaultKeepDeleted,
  defaultKeepGenerations,
  type Job,
  type JobRequest,
} from '../../sync/job.ts';
import { viewOf } from '../../sync/layer.ts';
import type { DirectionOutcome, DirectionPlan } from '../../sync/result.ts';
import { planJob, runJob, verifyJob } from '../../sync/run.ts';
import { parseDuration } from '../../system/clock.ts';
import { readSealKey } from '../../vaults/seal-key.ts';
import type { Context } from '../context.ts';
import { rcloneLockRequest, sourceLockRequest, vaultLockRequest } from '../locks.ts';
import { settleVault } from '../settle.ts';
import type { Mapping } from './mapping.ts';
import { verifyPlacesApart } from './neighbour-places.ts';
import { type Stillness, whileStill } from './still-vault.ts';
import type { SyncRequest } from './sync-request.ts';

/** What of a request a job is made of. */
type JobSettings = JobRequest & Pick<SyncRequest, 'layout' | 'maxDelete' | 'bandwidthLimit'>;

export function jobOf(
  request: JobSettings,
  profile: Profile,
  mapping: Mapping,
  key: CryptKey | undefined,
): Job {
  const { layout } = request;
  const source = mapping.configuredSource;
  return {
    mapping,
    view: viewOf(mapping, key),
    request,
    profile,
    settings: jobSettingsOf(request, profile, mapping),
    verifyPlace: () => verifyPlacesApart(layout, [mapping.raw]),
    recordFile: recordFile(layout, placeOf(mapping.raw), source),
    machine: machineId(layout.stateDirectory),
    sealKey: sealKeyOf(layout.stateDirectory, mapping.vault),
    localTrash: localTrashDirectory(layout, source),
    indexFile: syncIndexFile(layout, source),
    baseFile: syncBaseFile(layout, source),
    bothWaysDirectory: bothWaysDirectory(layout, source),
  };
}

/** @param request what is asked for one run goes before the profile's */
export function jobSettingsOf(
  request: Pick<JobSettings, 'maxDelete' | 'bandwidthLimit'>,
  profile: Profile,
  { include }: Pick<Mapping, 'include'>,
): Job['settings'] {
  const limit = request.maxDelete ?? profile.maxDelete;
  return {
    deleteLimit: limit === undefined ? undefined : parseDeleteLimit(limit),
    bandwidthLimit: request.bandwidthLimit ?? profile.bwlimit,
    flags: profile.rcloneFlags,
    include,
    keepDeleted: parseDuration(profile.keepDeleted ?? '') ?? defaultKeepDeleted,
    keepGenerations: profile.keepGenerations ?? defaultKeepGenerations,
    fullEvery: parseDuration(profile.fullEvery ?? '') ?? defaultFullEvery,
  };
}

/** What the vault seals with; undefined until it was opened by this version. */
function sealKeyOf(records: string, { vaultId }: Mapping['vault']): Buffer | undefined {
  return vaultId === undefined ? undefined : readSealKey(records, vaultId)?.reveal();
}

/** What a run would do. It changes nothing; the caller holds the mapping's locks. */
export async function planMapping(
  context: Context,
  request: SyncRequest,
  { profile, mapping }: MappingOfProfile,
  key: CryptKey | undefined,
): Promise<DirectionPlan> {
  return await planJob(context, jobOf(request, profile, mapping, key));
}

/** A mapping and the profile that it was read from. */
export interface MappingOfProfile {
  readonly profile: Profile;
  readonly mapping: Mapping;
}

/** Runs one mapping to its end; the caller holds its locks. @throws what went wrong, after the last try */
export async function runMapping(
  context: Context,
  request: SyncRequest,
  { profile, mapping }: MappingOfProfile,
  { key, stillness }: { readonly key: CryptKey | undefined; readonly stillness: Stillness },
): Promise<DirectionOutcome> {
  const job = jobOf(request, profile, mapping, key);
  const run = (): Promise<DirectionOutcome> => runJob(context, nameOf(request.layout), job);
  if (mapping.source.kind === 'vault') await settleVault(context, request.layout, profile, mapping.vault);
  return await whileStill(context, request, { profile, mapping, stillness }, run);
}

/** Reads back what a mapping's upload has sent; the caller holds its locks. @throws VERIFY_FAILED */
export async function verifyMapping(
  context: Context,
  request: SyncRequest,
  { profile, mapping }: MappingOfProfile,
  key: CryptKey | undefined,
): Promise<void> {
  await verifyJob(context, jobOf(request, profile, mapping, key));
}

/** The source's lock keeps others out; rclone.conf's is shared, so that profiles of a client can sync side by side. */
export function mappingLocks(layout: ProfileLayout, { source }: Mapping): LockRequest[] {
  const lockOf = source.kind === 'vault' ? vaultLockRequest : sourceLockRequest;
  return [lockOf(layout, source.directory, 'sync'), { ...rcloneLockRequest(layout, 'sync'), kind: 'shared' }];
}
