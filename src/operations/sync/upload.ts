/**
 * One upload of a vault's ciphertext: guard → plan → transfer → settle → commit (DESIGN section 6). The caller holds
 * the locks and records the run. Whatever stops it, the remote is either as before, or marked as in progress.
 */
import { type ControlFiles, controlFiles } from '../../remotes/control-files.ts';
import { stoppedMidway } from '../../remotes/guard.ts';
import { type Marker, type MarkerReading, writeMarker } from '../../remotes/marker.ts';
import { isLink, uploadFiles, uploadRestless } from '../../remotes/named-upload.ts';
import { placeOf, rclonePath } from '../../remotes/remote.ts';
import { type SourceScan, scanSource } from '../../remotes/source-scan.ts';
import { writeSyncBase } from '../../remotes/sync-base.ts';
import { writeSyncIndex } from '../../remotes/sync-index.ts';
import {
  addResults,
  addUploads,
  executeTransfer,
  nothingTransferred,
  nothingUploaded,
  type PlannedFile,
  type TransferRequest,
  type TransferResult,
  type UploadResult,
} from '../../remotes/transfer.ts';
import { pruneTrash } from '../../remotes/trash.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { TransferContext } from '../context.ts';
import type { SyncSource } from './sync-source.ts';
import {
  planUpload,
  seesEdits,
  transferRequest,
  type UploadPlan,
  type UploadRequest,
} from './upload-plan.ts';

export interface UploadOutcome {
  readonly changed: boolean;
  readonly transferred: TransferResult;
  /** Whether the remote equals one moment of the source. */
  readonly consistent: boolean;
  readonly generation: number;
}

/** How often a source that moves is transferred again before it is called inconsistent. */
const settlePasses = 3;
/** Milliseconds between the starts of two passes, at the least, as they are written down. */
const passTime = 1000;

/** Carries a plan out. @throws SYNC_FAILED, REMOTE_UNREACHABLE, DISK_FULL, INTERRUPTED, … */
export async function executeUpload(
  context: TransferContext,
  request: UploadRequest,
  plan: UploadPlan,
): Promise<UploadOutcome> {
  const { marker, scan } = plan;
  const generation = marker.kind === 'present' ? marker.marker.generation : 0;
  if (isNothing(plan) && marker.kind === 'present' && marker.marker.state === 'committed') {
    const consistent = scanSource(request.mapping.source.directory).digest === scan.digest;
    return { changed: false, transferred: nothingTransferred, consistent, generation };
  }
  const files = controlFiles(request.view, context);
  const start = startOf(marker, context.clock.now());
  await writeMarker(files, markerOf(request.mapping.source, generation, 'in-progress', start));
  const settled = await transferUntilSettled(context, request, plan, start);
  const end = later(settled.lastPass, context.clock.now());
  const committed = markerOf(request.mapping.source, generation + 1, 'committed', end);
  await writeMarker(files, settled.consistent ? committed : { ...committed, consistent: false });
  if (settled.consistent)
    writeSyncBase(request.baseFile, placeOf(request.mapping.raw), generation + 1, settled.scan);
  if (!seesEdits(plan.features)) {
    writeSyncIndex(request.indexFile, rclonePath(request.view), generation + 1, settled.scan);
  }
  if (marker.kind === 'present' && request.settings.keepDeleted > 0)
    await prune(context, files, request.settings.keepDeleted);
  return {
    changed: true,
    transferred: settled.transferred,
    consistent: settled.consistent,
    generation: generation + 1,
  };
}

/**
 * When a run begins, after the last pass of the one before it: each pass has a trash of its own, named by the second,
 * or it would replace what an earlier one kept there. A clock that was put back counts as it now is.
 */
function startOf(marker: MarkerReading, now: Date): Date {
  if (marker.kind !== 'present') return now;
  const passes = marker.marker.state === 'committed' ? 1 : settlePasses;
  const next = passStart(new Date(marker.marker.at), passes);
  return next.getTime() - now.getTime() > settlePasses * passTime ? now : later(now, next);
}

function passStart(start: Date, passesBefore: number): Date {
  return new Date(start.getTime() + passesBefore * passTime);
}

function later(a: Date, b: Date): Date {
  return a.getTime() >= b.getTime() ? a : b;
}

function isNothing({ files, edited }: Pick<UploadPlan, 'files' | 'edited'>): boolean {
  return files.uploads.length === 0 && files.deletions.length === 0 && edited.length === 0;
}

export function markerOf(
  { identity, engine }: SyncSource,
  generation: number,
  state: Marker['state'],
  at: Date,
): Marker {
  return { version: 1, vaultId: identity, engine, generation, state, at: toIsoSeconds(at) };
}

interface Settled {
  readonly transferred: TransferResult;
  readonly consistent: boolean;
  /** What the source looked like before the last pass. */
  readonly scan: SourceScan;
  /** When the last pass began. */
  readonly lastPass: Date;
}

/** Transfers, looks at the source again, and goes on while it moves (TOOLS.md G15). */
async function transferUntilSettled(
  context: TransferContext,
  request: UploadRequest,
  first: UploadPlan,
  start: Date,
): Promise<Settled> {
  let lastPass = start;
  let transfer = transferRequest(request, lastPass, first.features);
  let { scan } = first;
  let last = await transferOnce(context, request, transfer, first);
  let transferred: TransferResult = last;
  for (let pass = 1; ; pass += 1) {
    const after = scanSource(request.mapping.source.directory);
    if (after.digest === scan.digest) {
      // what rclone took for a change of the source happened on the way
      if (last.restless !== undefined) throw last.restless.failure;
      return { transferred, consistent: true, scan, lastPass };
    }
    if (pass >= settlePasses) {
      const restless = after.files.filter(({ path }) => last.restless?.files.includes(path));
      const torn = await uploadRestless(transfer, restless, context, request.request.onProgress);
      return { transferred: addResults(transferred, torn), consistent: false, scan, lastPass };
    }
    const next = await planAgain(context, request);
    const edited = seesEdits(first.features) ? [] : movedFiles(scan, next.scan);
    scan = next.scan;
    lastPass = later(passStart(lastPass, 1), context.clock.now());
    transfer = transferRequest(request, lastPass, first.features);
    last = await transferOnce(context, request, transfer, { ...next, edited });
    transferred = addResults(transferred, last);
  }
}

async function planAgain(context: TransferContext, request: UploadRequest): Promise<UploadPlan> {
  try {
    return await planUpload(context, request);
  } catch (error) {
    throw stoppedMidway(toCryptosyncError(error));
  }
}

function movedFiles(before: SourceScan, after: SourceScan): PlannedFile[] {
  const known = new Map(before.files.map(({ path, size, stamp }) => [path, `${size} ${stamp}`]));
  return after.files.filter(({ path, size, stamp }) => known.get(path) !== `${size} ${stamp}`);
}

async function transferOnce(
  context: TransferContext,
  { request: { onProgress } }: UploadRequest,
  transfer: TransferRequest,
  { files, edited }: Pick<UploadPlan, 'files' | 'edited'>,
): Promise<UploadResult> {
  const links = files.uploads.filter(({ path }) => isLink(path));
  const linked = await uploadFiles(transfer, links, context, onProgress);
  const whole = isNothing({ files, edited: [] })
    ? nothingUploaded
    : await executeTransfer(transfer, files, context, onProgress);
  const again = await uploadFiles(transfer, edited, context, onProgress);
  return [whole, again].reduce(addUploads, linked);
}

/** Old trash that can't be removed is no reason to call a finished upload failed. */
export async function prune(context: TransferContext, files: ControlFiles, keep: number): Promise<void> {
  try {
    await pruneTrash(files, keep, context.clock.now());
  } catch (error) {
    context.warn(`old trash on the remote could not be removed: ${(error as Error).message}`);
  }
}
