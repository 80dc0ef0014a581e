/** Running a job in its direction: its place opened, its crypt layer checked, and another try where the network failed. */
import { openPlace } from '../remotes/open-place.ts';
import type { Place } from '../remotes/place.ts';
import { localDirectory } from '../remotes/remote.ts';
import { pause } from '../system/clock.ts';
import { toCryptosyncError } from '../system/errors.ts';
import { shownPath } from '../system/names.ts';
import { readMountTable } from '../system/stores/mount-table.ts';
import { roles, verifyReachable } from '../system/stores/stores.ts';
import { planBothWays, syncBothWays } from './both-ways/both-ways.ts';
import { verifyNothingHalfCome } from './both-ways/guard.ts';
import { verifyContent } from './content-check.ts';
import type { TransferContext } from './context.ts';
import { executeDownload } from './download/download.ts';
import { lookBeforeDownload } from './download/outlook.ts';
import { stoppedMidway } from './guard.ts';
import type { Job } from './job.ts';
import { establishLayer, verifyLayer } from './layer.ts';
import type { DirectionOutcome, DirectionPlan } from './result.ts';
import { lookAhead } from './upload/outlook.ts';
import type { UploadPlan } from './upload/plan.ts';
import type { Move } from './upload/renames.ts';
import { executeUpload } from './upload/upload.ts';

/** Failures that may pass by themselves, and the pauses before the run is tried again, in milliseconds. */
const passing: ReadonlySet<string> = new Set(['REMOTE_UNREACHABLE', 'SYNC_FAILED']);
const retryPauses = [1000, 4000];

/** What a run would do. It changes nothing. */
export async function planJob(context: TransferContext, job: Job): Promise<DirectionPlan> {
  return await withPlace(context, job, async (place) => {
    switch (job.mapping.direction) {
      case 'download': {
        const { plan, lineage } = await lookBeforeDownload(context, job, place);
        const links = plan.makes.filter(({ kind }) => kind === 'link');
        return {
          transfers: [...plan.gets, ...links].map(({ path, size }) => ({ path, size })),
          deletions: plan.trash.filter(({ why, kind }) => why === 'deleted' && kind !== 'directory'),
          renames: [],
          metadata: plan.changes.map(({ path }) => shownPath(path)),
          notCarried: [],
          generation: lineage.marker?.generation ?? null,
        };
      }
      case 'bidirectional':
        return await planBothWays(context, job, place);
      case 'upload': {
        const { plan, lineage } = await lookAhead(context, job, place);
        return {
          transfers: [...plan.puts, ...plan.links].map(({ path, size }) => ({ path, size })),
          deletions: plan.trash
            .filter(({ why }) => why !== 'replaced')
            .map(({ path, size }) => ({ path, size })),
          renames: [...plan.directoryRenames, ...plan.renames].map(shownMove),
          metadata: metadataIn(plan),
          notCarried: plan.notCarried,
          generation: lineage.marker?.generation ?? null,
        };
      }
    }
  });
}

function shownMove({ from, to }: Move): Move {
  return { from: shownPath(from), to: shownPath(to) };
}

/** What an upload only writes into its manifest. */
function metadataIn({ entries, puts, links, renames, directoryRenames }: UploadPlan): string[] {
  const moved = new Set([...puts, ...links].map(({ path }) => path));
  const to = new Set(renames.map((move) => move.to));
  const isMoved = (path: string): boolean =>
    moved.has(path) || to.has(path) || directoryRenames.some((move) => `${path}/`.startsWith(`${move.to}/`));
  return [...entries].flatMap(([path, entry]) =>
    entry === null || path === '' || isMoved(path) ? [] : [shownPath(path)],
  );
}

/**
 * Runs a job to its end. The guard looks again before every try: what failed may have been the source (hazards.md R6).
 * @param name what the job is called in the log.
 * @throws what went wrong, after the last try
 */
export async function runJob(context: TransferContext, name: string, job: Job): Promise<DirectionOutcome> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await withPlace(context, job, (place) => runOnce(context, job, place));
    } catch (thrown) {
      const caught = toCryptosyncError(thrown);
      const error = attempt === 0 ? caught : stoppedMidway(caught);
      const wait = retryPauses[attempt];
      // a remote that was silent for a minute is not asked again at once
      const isFinal = error.details?.['refusal'] !== undefined || error.details?.['timedOut'] === true;
      const mayPass = passing.has(error.code) && !isFinal;
      if (wait === undefined || !mayPass || context.signal?.aborted) throw error;
      context.log.write('WARN', `${name}: sync tries again after: ${error.message}`);
      await pause(wait, context.signal);
    }
  }
}

/** Neither side is touched while its file system is dead or silent. @throws VAULT_MISSING, REMOTE_UNREACHABLE */
function verifyPlaces({ mapping: { source, raw } }: Job): void {
  const table = readMountTable();
  verifyReachable(source.directory, source.kind === 'vault' ? roles.ciphertext : roles.source, table);
  const remote = localDirectory(raw);
  if (remote !== undefined) verifyReachable(remote, roles.remote, table);
}

/** Opens a job's place for what only looks at it; its crypt key is checked first. @throws DECRYPTION_FAILED, VAULT_MISSING */
export async function withPlace<Result>(
  context: TransferContext,
  job: Job,
  action: (place: Place) => Promise<Result>,
): Promise<Result> {
  verifyPlaces(job);
  const { flags, bandwidthLimit } = job.settings;
  const place = openPlace(
    job.view,
    { flags, bandwidthLimit, now: () => context.clock.now().getTime() },
    context,
  );
  try {
    await verifyLayer(context, job.mapping, { view: job.view, place });
    return await action(place);
  } finally {
    await place.close();
  }
}

async function runOnce(context: TransferContext, job: Job, place: Place): Promise<DirectionOutcome> {
  const establish = (): Promise<void> => establishLayer(context, job.mapping, { view: job.view, place });
  switch (job.mapping.direction) {
    case 'upload': {
      verifyNothingHalfCome(job);
      const outlook = await lookAhead(context, job, place);
      // the key check object is the first thing that is written to an empty place, and only once the guard has passed
      if (outlook.lineage.marker === undefined) await establish();
      return await executeUpload(context, job, place, outlook);
    }
    case 'download':
      return await executeDownload(context, job, place, await lookBeforeDownload(context, job, place));
    case 'bidirectional':
      return await syncBothWays(context, job, place, establish);
  }
}

/** Reads back what a job has sent, and compares it. @throws VERIFY_FAILED */
export async function verifyJob(context: TransferContext, job: Job): Promise<void> {
  await withPlace(context, job, (place) => verifyContent(job, place, context.signal));
}
