/** What sync shows: progress while it runs, and one line a profile at its end. */

import type { ResultsDocument } from '../../operations/several/results.ts';
import type { SyncRequest } from '../../operations/sync/sync-request.ts';
import type { SyncRow } from '../../operations/sync/syncs-document.ts';
import type { TransferStats } from '../../remotes/transfer.ts';
import type { SyncResult } from '../../sync/result.ts';
import { inShort } from '../../system/names.ts';
import type { Manner, Reporter } from '../base-command.ts';
import type { Fleet } from './fleet.ts';
import { progressLines } from './progress/lines.ts';
import type { Work } from './progress/schema.ts';
import { describeProgress, drawn } from './progress/tasks.ts';
import { count, formatBytes, formatSeconds, printable } from './style.ts';

/** The parts of a request to transfer that draw its progress on a terminal, or tell programs of it. */
export function transferProgress(
  title: string,
  manner: Manner,
  about: Work,
): Pick<SyncRequest, 'around' | 'onProgress'> {
  if (manner.isForPrograms) return progressLines(about);
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

/** The same for one of several that are synced at a time. */
export function fleetProgress(
  name: string,
  fleet: Fleet,
  manner: Manner,
  about: Work,
): Pick<SyncRequest, 'around' | 'onProgress'> {
  if (manner.isForPrograms) return progressLines(about);
  return {
    around: (work) => work(),
    onProgress: (stats: TransferStats) => fleet.tell(name, describeProgress(stats)),
  };
}

export function showSyncs({ results }: ResultsDocument<SyncRow>, verbose: boolean, reporter: Reporter): void {
  for (const row of results) {
    const name = `${row.client}/${row.profile}`;
    if (row.error !== undefined) reporter.tell(row.error, name);
    else if ('outcome' in row) for (const line of describe(row, verbose)) reporter.say(`${name}: ${line}`);
  }
  if (results.length === 0) reporter.say('There are no clients.');
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
    // where something could not be read, a warning has told that
    ...(result.consistent === false && result.unreadable === undefined
      ? ['it kept changing: the remote may hold a mixture. Sync again.']
      : []),
    ...(result.behindOurBack ?? []).map(
      (what) => `somebody else wrote to ${remote}: ${what}; mended, and kept in its trash`,
    ),
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
    ...plan.renames.map(({ from, to }) => `would rename ${printable(from)} to ${printable(to)}`),
    ...plan.transfers.map(
      ({ path, size, side }) =>
        `would transfer ${printable(path)} (${formatBytes(size)})${side === undefined ? '' : ` to the ${side} side`}`,
    ),
    ...plan.metadata.map((path) => `would note the mode, owner or time of ${printable(path)}`),
    ...plan.notCarried.map(({ path, why }) => `can't carry ${inShort(printable(path))}: ${why}`),
  ];
  const shown = verbose ? lines : lines.slice(0, shownFiles);
  const rest = lines.length - shown.length;
  return [
    ...shown,
    ...(rest === 0 ? [] : [`… and ${rest} more (--verbose shows all)`]),
    `would transfer ${count(plan.transfers.length, 'file')} and delete ${plan.deletions.length} at ${place}; nothing was changed`,
  ];
}
