/** What an upload would do: looked at on both sides, and decided, before anything changes. */
import { controlFiles } from '../../remotes/control-files.ts';
import { type RemoteFeatures, readFeatures } from '../../remotes/features.ts';
import {
  isWithinLimit,
  verifyDeletions,
  verifyNotEmptied,
  verifySource,
  verifyUntorn,
} from '../../remotes/guard.ts';
import { type MarkerReading, readMarker } from '../../remotes/marker.ts';
import { placeOf, rclonePath } from '../../remotes/remote.ts';
import { type SourceScan, scanSource } from '../../remotes/source-scan.ts';
import { changedSince, readSyncIndex } from '../../remotes/sync-index.ts';
import {
  type PlannedFile,
  planTransfer,
  type TransferPlan,
  type TransferRequest,
} from '../../remotes/transfer.ts';
import { countRemoteFiles, listIncluded } from '../../remotes/transfer-listing.ts';
import { trashFor } from '../../remotes/trash.ts';
import type { TransferContext } from '../context.ts';
import type { Job } from './sync-job.ts';
import { verifyApart, verifyRemote } from './upload-guard.ts';

/** The parts of a job that an upload looks at. */
export type UploadRequest = Pick<Job, 'mapping' | 'view' | 'settings' | 'indexFile' | 'baseFile' | 'request'>;

/** What an upload would do. */
export interface UploadPlan {
  readonly files: TransferPlan;
  /** Files that a remote which knows only sizes is sent again, because the index says that they were edited. */
  readonly edited: readonly PlannedFile[];
  readonly marker: MarkerReading;
  readonly scan: SourceScan;
  readonly features: RemoteFeatures;
}

/** Looks at both sides and decides. It changes nothing. @throws what the guard refuses */
export async function planUpload(context: TransferContext, request: UploadRequest): Promise<UploadPlan> {
  const { view: remote, settings } = request;
  const { source, mode, raw } = request.mapping;
  const { deleteLimit } = settings;
  verifyApart(source, raw);
  verifySource({ kind: source.kind, directory: source.directory, state: source.inspect() });
  verifyUntorn(source.directory, source.findTornFiles());
  const files = controlFiles(remote, context);
  const marker = await readMarker(files);
  const isEmpty = await verifyRemote(source, remote, marker, files);
  const scan = scanSource(source.directory);
  const features = await readFeatures(remote, context);
  const transfer = transferRequest(request, context.clock.now(), features);
  const isWhole = settings.include.length === 0;
  const plan = isEmpty && isWhole ? everything(scan) : await planTransfer(transfer, context);
  if (mode === 'sync')
    verifyNotEmptied(placeOf(remote), scan.files.length, plan.deletions.length, deleteLimit, source.kind);
  if (mode === 'sync' && !isWithinLimit(plan.deletions.length, deleteLimit)) {
    const remoteFiles = await countRemoteFiles(remote, context);
    verifyDeletions(placeOf(remote), plan.deletions.length, remoteFiles, deleteLimit);
  }
  const candidates = seesEdits(features) || isEmpty ? [] : editedFiles(request, marker, scan, plan);
  const included = isWhole || candidates.length === 0 ? undefined : await listIncluded(transfer, context);
  const edited = candidates.filter(({ path }) => included?.has(path) ?? true);
  return { files: plan, edited, marker, scan, features };
}

export function seesEdits({ timePrecision }: RemoteFeatures): boolean {
  return timePrecision !== undefined;
}

function everything(scan: SourceScan): TransferPlan {
  return {
    uploads: scan.files.map(({ path, size }) => ({ path, size })),
    deletions: [],
    bytes: scan.bytes,
    movedBytes: 0,
    replaced: 0,
  };
}

function editedFiles(
  { view: remote, indexFile }: UploadRequest,
  marker: MarkerReading,
  scan: SourceScan,
  plan: TransferPlan,
): PlannedFile[] {
  const index = readSyncIndex(indexFile);
  const isCurrent =
    marker.kind === 'present' &&
    index?.remote === rclonePath(remote) &&
    index.generation === marker.marker.generation;
  const uploaded = new Set(plan.uploads.map(({ path }) => path));
  return changedSince(isCurrent ? index : undefined, scan).filter(({ path }) => !uploaded.has(path));
}

export function transferRequest(
  request: UploadRequest,
  start: Date,
  { movesFiles }: RemoteFeatures,
): TransferRequest {
  return {
    source: request.mapping.source.directory,
    remote: request.view,
    mode: request.mapping.mode,
    include: request.settings.include,
    trash: request.settings.keepDeleted === 0 ? undefined : trashFor(start),
    bandwidthLimit: request.settings.bandwidthLimit,
    mayMove: true,
    movesFiles,
    flags: request.settings.flags,
  };
}
