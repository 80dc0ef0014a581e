/** Taking away what a bidirectional sync replaces or deletes, and keeping it: on each side in that side's trash. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BothSides, Look, Side } from '../../remotes/bisync-look.ts';
import {
  ancestorsOf,
  type BothWaysPlan,
  type PlannedConflict,
  pathsAfter,
} from '../../remotes/bisync-plan.ts';
import {
  deleteRemotely,
  keepLocally,
  keepRemotely,
  localPath,
  removeEmptyDirectories,
} from '../../remotes/bisync-trash.ts';
import { questionDeadline, rclone } from '../../remotes/rclone.ts';
import { linkSuffix, localDirectory, placeOf, rclonePath } from '../../remotes/remote.ts';
import { trashFor, trashName } from '../../remotes/trash.ts';
import type { TransferContext } from '../context.ts';
import type { Outlook } from './bidirectional-outlook.ts';
import type { Job } from './sync-job.ts';
import type { SyncConflict } from './sync-result.ts';

/** The directory on this machine in which runs keep files: beside the state, which may be thrown away. */
export function localTrashOf({ bisyncDirectory }: Job): string {
  return join(dirname(bisyncDirectory), 'trash', basename(bisyncDirectory));
}

/** Where a run that began at `start` keeps them. */
export function localTrashFor(job: Job, start: Date): string {
  return join(localTrashOf(job), trashName(start));
}

/** @returns how both sides look afterwards */
export async function keepAside(
  context: TransferContext,
  job: Job,
  { now, plan, situation: { torn } }: Pick<Outlook, 'now' | 'plan' | 'situation'>,
  start: Date,
): Promise<BothSides<Look>> {
  const isKept = mustKeep(job, plan, torn);
  const after = { local: new Map(now.local), remote: new Map(now.remote) };
  keepLocalFiles(job, plan, isKept, start);
  for (const path of await keepRemoteFiles(context, job, plan, isKept, start)) after.remote.delete(path);
  for (const { path, on } of plan.deletions) after[on].delete(path);
  const alive = new Set([...pathsAfter(now, plan)].flatMap(ancestorsOf));
  for (const side of ['local', 'remote'] as const) {
    const left = plan.deletions.filter(({ on }) => on === side).flatMap(({ path }) => ancestorsOf(path));
    await removeDirectories(context, job, side, new Set(left.filter((directory) => !alive.has(directory))));
  }
  return after;
}

/** Whether a path is kept where nothing else is: nobody meant a conflict's loser to go, nor what may be half a file. */
function mustKeep(
  { settings }: Job,
  { conflicts }: BothWaysPlan,
  torn: BothSides<ReadonlySet<string>>,
): (path: string) => boolean {
  const lost = new Set(conflicts.map(({ path }) => path));
  return (path) =>
    settings.keepDeleted > 0 || lost.has(path) || torn.local.has(path) || torn.remote.has(path);
}

type Keeping = ReturnType<typeof mustKeep>;

function keepLocalFiles(job: Job, plan: BothWaysPlan, isKept: Keeping, start: Date): void {
  const { directory } = job.mapping.source;
  const trash = localTrashFor(job, start);
  for (const { path, to, replaces } of plan.copies) {
    if (to === 'local' && replaces && isKept(path)) keepLocally(directory, path, trash, 'copy');
  }
  for (const { path, on } of plan.deletions) {
    if (on !== 'local') continue;
    if (isKept(path)) keepLocally(directory, path, trash, 'move');
    else unlinkSync(localPath(directory, path));
  }
}

/** @returns what is replaced and was taken away for it */
async function keepRemoteFiles(
  context: TransferContext,
  job: Job,
  plan: BothWaysPlan,
  isKept: Keeping,
  start: Date,
): Promise<string[]> {
  const deleted = plan.deletions.filter(({ on }) => on === 'remote').map(({ path }) => path);
  const replaced = plan.copies
    .filter(({ to, replaces, path }) => to === 'remote' && replaces && isKept(path))
    .map(({ path }) => path);
  await keepRemotely(job.view, [...replaced, ...deleted.filter(isKept)], trashFor(start), context);
  await deleteRemotely(
    job.view,
    deleted.filter((path) => !isKept(path)),
    context,
  );
  return replaced;
}

/** An encrypted directory without its files would stay in a vault as one that can't be opened. */
async function removeDirectories(
  context: TransferContext,
  { mapping, view }: Job,
  side: Side,
  emptied: ReadonlySet<string>,
): Promise<void> {
  const here = side === 'local' ? mapping.source.directory : localDirectory(view);
  if (here !== undefined) return removeEmptyDirectories(here, emptied);
  const topmost = [...emptied].filter((path) => !ancestorsOf(path).some((above) => emptied.has(above)));
  for (const path of topmost) {
    const { configFile, environment } = view;
    // a store that has no directories says that there is none: it holds no data, so that is well
    await rclone(
      { args: ['rmdirs', rclonePath(view, path)], configFile, environment, deadline: questionDeadline },
      context,
    );
  }
}

/** Lets bisync write over local files that are read-only, as engines make some, and gives them their modes back. */
export async function whileWritable<Result>(
  directory: string,
  { copies }: BothWaysPlan,
  action: () => Promise<Result>,
): Promise<Result> {
  const modes = copies
    .filter(({ to, replaces }) => to === 'local' && replaces)
    .map(({ path }) => ({ file: localPath(directory, path), stats: lstatSync(localPath(directory, path)) }))
    .filter(({ stats }) => stats.isFile() && (stats.mode & 0o200) === 0);
  for (const { file, stats } of modes) chmodSync(file, (stats.mode & 0o7777) | 0o200);
  try {
    return await action();
  } finally {
    for (const { file, stats } of modes) chmodSync(file, stats.mode & 0o7777);
  }
}

/** A conflict as it is reported: with the place of the version that lost. */
export function describeConflict(job: Job, { path, winner }: PlannedConflict, start: Date): SyncConflict {
  const { crypt, raw } = job.mapping;
  const file = path.endsWith(linkSuffix) ? path.slice(0, -linkSuffix.length) : path;
  if (winner === 'remote') return { path: file, winner, trash: join(localTrashFor(job, start), file) };
  const kept = `${trashFor(start)}/${path}`;
  return {
    path: file,
    winner,
    trash: crypt === undefined ? rclonePath(raw, kept) : `${placeOf(job.view)}: ${kept}`,
  };
}
