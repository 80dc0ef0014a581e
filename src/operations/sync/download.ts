/**
 * Downloading a mapping: into a fresh directory beside the old one, which is swapped in when it is complete. Nothing
 * is ever written through a symbolic link: links arrive as small files and are made at the very end (TOOLS.md R19).
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { controlFiles } from '../../remotes/control-files.ts';
import {
  completeLinks,
  downloadFiles,
  holdsLinks,
  keepLocalOnly,
  planDownloadFiles,
} from '../../remotes/download-files.ts';
import { type Marker, readMarker } from '../../remotes/marker.ts';
import { controlDirectory, placeOf } from '../../remotes/remote.ts';
import { type SourceScan, scanSource } from '../../remotes/source-scan.ts';
import { isUnchangedSince, readSyncBase, writeSyncBase } from '../../remotes/sync-base.ts';
import { nothingTransferred } from '../../remotes/transfer.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, kindOf } from '../../system/files.ts';
import type { TransferContext } from '../context.ts';
import { incomingFor, recoverSwap, swapIn } from './swap.ts';
import type { Job } from './sync-job.ts';
import type { DirectionOutcome, DirectionPlan } from './sync-result.ts';

interface Verdict {
  readonly marker: Marker | undefined;
  /** What is there now; undefined when there is nothing. */
  readonly local: SourceScan | undefined;
  /** What is there is what the last run left. */
  readonly isLocalKnown: boolean;
}

/** Looks at both sides. @throws what the guard refuses; nothing has changed then */
async function verifyDownload(context: TransferContext, job: Job): Promise<Verdict> {
  const { source, raw } = job.mapping;
  const place = placeOf(raw);
  recoverSwap(source.directory, context.clock.now());
  const marker = await verifyOrigin(context, job, place);
  if (source.inspect() !== 'filled') return { marker, local: undefined, isLocalKnown: true };
  const local = scanSource(source.directory);
  const isLocalKnown = isUnchangedSince(readSyncBase(job.baseFile), place, local);
  if (!isLocalKnown && job.request.force !== true) {
    throw new CryptosyncError('LOCAL_CHANGES', `${source.directory} has changed since its last sync`, {
      hint: 'Upload it first. To take the state of the remote all the same: --force, which keeps the old directory aside.',
    });
  }
  return { marker, local, isLocalKnown };
}

/** What lies on the remote must be this mapping's, and complete. @throws VAULT_FOREIGN, VAULT_EMPTY, VAULT_MISMATCH */
async function verifyOrigin(context: TransferContext, job: Job, place: string): Promise<Marker | undefined> {
  const { source } = job.mapping;
  const files = controlFiles(job.view, context);
  const reading = await readMarker(files);
  if (reading.kind !== 'present') {
    const names = await files.list('');
    if (names.every((name) => name === `${controlDirectory}/`)) {
      throw new CryptosyncError('VAULT_EMPTY', `there is nothing in ${place}`, {
        hint: 'Check the path of the remote. The directory on this machine was left as it is.',
      });
    }
    if (source.configFile !== undefined && names.includes(source.configFile)) return undefined;
    throw new CryptosyncError(
      'VAULT_FOREIGN',
      `${place} holds files that are not known to be of this profile`,
      {
        hint: 'Check the path of the remote. Files that were not sent by cryptosync can be copied with rclone.',
      },
    );
  }
  const { marker } = reading;
  if (marker.vaultId !== source.identity) {
    throw new CryptosyncError('VAULT_FOREIGN', `${place} holds another vault than this profile's`, {
      hint: 'Check the path of the remote. The directory on this machine was left as it is.',
      details: { expected: source.identity, found: marker.vaultId },
    });
  }
  if (marker.state !== 'committed' && job.request.force !== true) {
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      `the last upload to ${place} did not end: it may be a mixture of two states`,
      {
        hint: 'Finish it from the machine that began it. To take it as it is: --force',
      },
    );
  }
  return marker;
}

export async function planDownload(context: TransferContext, job: Job): Promise<DirectionPlan> {
  const { marker } = await verifyDownload(context, job);
  const { source } = job.mapping;
  const plan = await planDownloadFiles(job.view, source.directory, job.settings, context);
  const deletions = job.mapping.mode === 'sync' ? plan.deletions : [];
  return { uploads: plan.uploads, deletions, generation: marker?.generation ?? null };
}

export async function executeDownload(context: TransferContext, job: Job): Promise<DirectionOutcome> {
  const { source, raw, mode } = job.mapping;
  const { directory } = source;
  const place = placeOf(raw);
  const { marker, local, isLocalKnown } = await verifyDownload(context, job);
  const generation = marker?.generation ?? null;
  const base = readSyncBase(job.baseFile);
  if (local !== undefined && isLocalKnown && generation !== null && base?.generation === generation) {
    return { changed: false, transferred: nothingTransferred, consistent: true, generation };
  }
  const fresh = incomingFor(directory);
  ensureDirectory(dirname(directory), 0o700);
  if (kindOf(fresh) !== 'none' && holdsLinks(fresh)) rmSync(fresh, { recursive: true });
  ensureDirectory(fresh, 0o700);
  const transferred = await downloadFiles(job.view, fresh, job.settings, context, job.request.onProgress);
  verifyComplete(job, fresh, place);
  completeLinks(fresh, place);
  if (mode === 'copy' && local !== undefined) keepLocalOnly(directory, fresh);
  const keptAt = swapIn(fresh, directory, !isLocalKnown, context.clock.now());
  if (generation !== null) writeSyncBase(job.baseFile, place, generation, scanSource(directory));
  return {
    changed: true,
    transferred,
    consistent: true,
    generation,
    ...(keptAt === undefined ? {} : { keptAt }),
  };
}

/** @throws VAULT_MISMATCH when what came is no vault */
function verifyComplete({ mapping: { source } }: Job, fresh: string, place: string): void {
  if (source.configFile === undefined || kindOf(join(fresh, source.configFile)) === 'file') return;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `${place} has no ${source.configFile}: without it nothing decrypts`,
    {
      hint: 'Look for it in the trash of the remote (.cryptosync/trash) or in another backup.',
    },
  );
}
