/** What sync shows: progress while it runs, and one line a profile at its end. */
import { nameOf } from '../operations/recorded.ts';
import type { SyncRequest } from '../operations/sync/sync-request.ts';
import type { SyncResult } from '../operations/sync/sync-result.ts';
import type { TargetResult } from '../operations/targets.ts';
import type { TransferStats } from '../remotes/rclone-log.ts';
import type { Manner, Reporter } from './base-command.ts';
import { overallError, toDocument } from './results.ts';
import { count, formatBytes, formatSeconds, printable } from './style.ts';
import { describeProgress, drawn } from './tasks.ts';

/** The parts of a sync request that draw its progress on a terminal. */
export function syncProgress(title: string, manner: Manner): Pick<SyncRequest, 'around' | 'onProgress'> {
  let update: (progress: string) => void = () => {};
  return {
    around: async (work) =>
      await drawn(title, manner, async (show) => {
        update = show;
        return await work();
      }),
    onProgress: (stats: TransferStats) => update(describeProgress(stats)),
  };
}

export function reportSyncs(
  results: readonly TargetResult<SyncResult[]>[],
  verbose: boolean,
  reporter: Reporter,
): object {
  const rows = results.flatMap(({ layout, result, error }) => {
    const names = { client: layout.client, profile: layout.profile };
    const mappings: Partial<SyncResult>[] = error === undefined ? (result ?? []) : [{ error }];
    return mappings.map((mapping) => ({ layout, names, mapping, error: mapping.error }));
  });
  for (const { layout, mapping, error } of rows) {
    if (error !== undefined) reporter.tell(error, nameOf(layout));
    else
      for (const line of describe(mapping as SyncResult, verbose)) reporter.say(`${nameOf(layout)}: ${line}`);
  }
  if (results.length === 0) reporter.say('There are no clients.');
  const error = overallError(rows.map((row) => row.error));
  const documents = rows.map(({ names, mapping, error: own }) => ({
    ...names,
    ...mapping,
    ...(own === undefined ? {} : { error: own.toReport() }),
  }));
  return reporter.finish(toDocument(documents, error), error);
}

/** More lines of a plan than this are left to --verbose and --json. */
const shownFiles = 50;

function describe(result: SyncResult, verbose: boolean): string[] {
  const remote = printable(result.remote ?? '');
  const source = printable(result.source ?? '');
  const place = { upload: remote, download: source, bidirectional: `${source} and ${remote}` }[
    result.direction
  ];
  if (result.plan !== undefined) return describePlan(result.plan, place, verbose);
  const notes = [
    ...(result.consistent === false ? ['it kept changing: the remote may hold a mixture. Sync again.'] : []),
    ...(result.keptAt === undefined ? [] : [`what was there before is kept in ${printable(result.keptAt)}`]),
    ...(result.conflicts ?? []).map(
      ({ path, winner, trash }) =>
        `changed on both sides: ${printable(path)}; the ${winner} version is newer and kept its name, the other is in ${printable(trash)}`,
    ),
  ];
  const generation = result.generation === null ? '' : ` (generation ${result.generation})`;
  if (result.outcome === 'unchanged') return [`${place} is up to date${generation}`, ...notes];
  const deleted = result.deleted === 0 ? '' : `, ${result.deleted} deleted`;
  const verb = { upload: 'synced to', download: 'downloaded to', bidirectional: 'synced between' }[
    result.direction
  ];
  return [
    `${verb} ${place}: ${count(result.filesTransferred, 'file')}, ${formatBytes(result.bytesTransferred)}${deleted}, in ${formatSeconds(result.durationMs / 1000)}${generation}`,
    ...notes,
  ];
}

function describePlan(plan: NonNullable<SyncResult['plan']>, place: string, verbose: boolean): string[] {
  const lines = [
    ...plan.deletions.map(
      ({ path, side }) => `would delete ${printable(path)}${side === undefined ? '' : ` (${side})`}`,
    ),
    ...plan.uploads.map(
      ({ path, size, side }) =>
        `would transfer ${printable(path)} (${formatBytes(size)})${side === undefined ? '' : ` to the ${side} side`}`,
    ),
  ];
  const shown = verbose ? lines : lines.slice(0, shownFiles);
  const rest = lines.length - shown.length;
  return [
    ...shown,
    ...(rest === 0 ? [] : [`… and ${rest} more (--verbose shows all)`]),
    `would transfer ${count(plan.uploads.length, 'file')} and delete ${plan.deletions.length} at ${place}; nothing was changed`,
  ];
}
