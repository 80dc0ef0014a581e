/** What sync shows: progress while it runs, and one line a profile at its end. */
import { nameOf } from '../operations/recorded.ts';
import type { SyncRequest, SyncResult } from '../operations/sync.ts';
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
  results: readonly TargetResult<SyncResult>[],
  verbose: boolean,
  reporter: Reporter,
): object {
  const errors = results.map(({ result, error }) => error ?? result?.error);
  const rows = results.map(({ layout, result }, index) => ({
    client: layout.client,
    profile: layout.profile,
    ...result,
    ...(errors[index] === undefined ? {} : { error: errors[index].toReport() }),
  }));
  results.forEach(({ layout, result }, index) => {
    const error = errors[index];
    if (error !== undefined) reporter.tell(error, nameOf(layout));
    else if (result !== undefined)
      for (const line of describe(result, verbose)) reporter.say(`${nameOf(layout)}: ${line}`);
  });
  if (results.length === 0) reporter.say('There are no clients.');
  const error = overallError(errors);
  return reporter.finish(toDocument(rows, error), error);
}

/** More lines of a plan than this are left to --verbose and --json. */
const shownFiles = 50;

function describe(result: SyncResult, verbose: boolean): string[] {
  const place = printable(result.remote ?? '');
  if (result.plan !== undefined) return describePlan(result.plan, place, verbose);
  const torn =
    result.consistent === false
      ? ['the vault kept changing: the remote may hold a mixture. Sync again.']
      : [];
  if (result.outcome === 'unchanged')
    return [`${place} is up to date (generation ${result.generation})`, ...torn];
  const deleted = result.deleted === 0 ? '' : `, ${result.deleted} deleted`;
  return [
    `synced to ${place}: ${count(result.filesTransferred, 'file')}, ${formatBytes(result.bytesTransferred)}${deleted}, in ${formatSeconds(result.durationMs / 1000)} (generation ${result.generation})`,
    ...torn,
  ];
}

function describePlan(plan: NonNullable<SyncResult['plan']>, place: string, verbose: boolean): string[] {
  const lines = [
    ...plan.deletions.map(({ path }) => `would delete ${printable(path)}`),
    ...plan.uploads.map(({ path, size }) => `would upload ${printable(path)} (${formatBytes(size)})`),
  ];
  const shown = verbose ? lines : lines.slice(0, shownFiles);
  const rest = lines.length - shown.length;
  return [
    ...shown,
    ...(rest === 0 ? [] : [`… and ${rest} more (--verbose shows all)`]),
    `would upload ${count(plan.uploads.length, 'file')} and delete ${plan.deletions.length} at ${place}; nothing was changed`,
  ];
}
