/**
 * A file that changes on both sides between the plan and bisync's own look becomes two: `name..path1` and
 * `name..path2`, from rclone 1.66 on `name.conflict1` and `name.conflict2`. No engine can decrypt such names, so the
 * newer of the two gets the name back and the older goes to the trash. From rclone 1.63 on files come under a partial
 * name, which a killed rclone leaves behind.
 */
import { mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJournal, writeJournal } from '../../remotes/bisync-base.ts';
import { type BothSides, type Look, type Side, sides } from '../../remotes/bisync-look.ts';
import { deleteRemotely, keepLocally, keepRemotely } from '../../remotes/bisync-trash.ts';
import { questionDeadline, rclone } from '../../remotes/rclone.ts';
import { rcloneFailure } from '../../remotes/rclone-failure.ts';
import { placeOf, rclonePath } from '../../remotes/remote.ts';
import { trashFor } from '../../remotes/trash.ts';
import { kindOf } from '../../system/files.ts';
import type { TransferContext } from '../context.ts';
import type { Outlook } from './bidirectional-outlook.ts';
import { describeConflict, localTrashFor } from './bidirectional-trash.ts';
import type { Job } from './sync-job.ts';
import type { SyncConflict } from './sync-result.ts';

/** What bisync puts behind the name of this machine's version, and of the remote's. */
const suffixes: readonly BothSides<string>[] = [
  { local: '..path1', remote: '..path2' },
  { local: '.conflict1', remote: '.conflict2' },
];

interface ConflictPair {
  readonly path: string;
  /** The two names, that of the version which keeps the name first; the other is not there when rclone was stopped. */
  readonly newer: string;
  readonly older: string | undefined;
  readonly winner: Side;
}

/** The pairs among what the last run wrote. */
export function findPairs({ journal, now, base }: Pick<Outlook, 'journal' | 'now' | 'base'>): ConflictPair[] {
  const timeOf = (name: string): string | undefined => (now.local.get(name) ?? now.remote.get(name))?.time;
  const isKnown = (name: string): boolean => base?.looks.local.has(name) ?? false;
  return (journal?.copies ?? []).flatMap(({ path }) =>
    suffixes.flatMap((suffix) => {
      const mine = `${path}${suffix.local}`;
      const theirs = `${path}${suffix.remote}`;
      const [here, there] = [timeOf(mine), timeOf(theirs)];
      if ((here === undefined && there === undefined) || isKnown(mine) || isKnown(theirs)) return [];
      const isTheirs = there !== undefined && (here === undefined || there > here);
      const hasBoth = here !== undefined && there !== undefined;
      const [newer, older] = isTheirs ? [theirs, mine] : [mine, theirs];
      const winner = isTheirs ? 'remote' : 'local';
      return [{ path, newer, older: hasBoth ? older : undefined, winner } as const];
    }),
  );
}

/** @returns the conflicts of which both versions were there */
export async function resolvePairs(
  context: TransferContext,
  job: Job,
  now: BothSides<Look>,
  pairs: readonly ConflictPair[],
  start: Date,
): Promise<SyncConflict[]> {
  for (const pair of pairs) {
    forget(job, pair.path);
    for (const side of sides) await resolveOn(context, job, side, now[side], pair, start);
  }
  return pairs
    .filter(({ older }) => older !== undefined)
    .map((pair) => ({
      ...describeConflict(job, { path: pair.older ?? pair.path, winner: pair.winner }, start),
      path: pair.path,
    }));
}

/** What then stands under the name is a version of its own, and not what was half written. */
function forget({ bisyncDirectory }: Job, path: string): void {
  const journal = readJournal(bisyncDirectory);
  if (journal === undefined) return;
  const copies = journal.copies.filter((copy) => copy.path !== path);
  writeJournal(bisyncDirectory, { ...journal, copies });
}

async function resolveOn(
  context: TransferContext,
  job: Job,
  side: Side,
  look: Look,
  { path, newer, older }: ConflictPair,
  start: Date,
): Promise<void> {
  const { directory } = job.mapping.source;
  const trash = side === 'local' ? localTrashFor(job, start) : trashFor(start);
  const keep = async (name: string): Promise<void> => {
    if (side === 'local') keepLocally(directory, name, trash, 'move');
    else await keepRemotely(job.view, [name], trash, context);
  };
  if (older !== undefined && look.has(older)) await keep(older);
  if (!look.has(newer)) return;
  // what stands under the name itself was not part of the pair: the next plan decides between the two
  if (look.has(path)) await keep(path);
  if (side === 'local') renameLocally(directory, newer, path);
  else await renameRemotely(context, job, newer, path);
}

function renameLocally(directory: string, from: string, to: string): void {
  mkdirSync(dirname(join(directory, to)), { recursive: true });
  if (kindOf(join(directory, from)) !== 'none') renameSync(join(directory, from), join(directory, to));
}

async function renameRemotely(
  context: TransferContext,
  { view }: Job,
  from: string,
  to: string,
): Promise<void> {
  const { configFile, environment } = view;
  const args = ['moveto', rclonePath(view, from), rclonePath(view, to)];
  const result = await rclone({ args, configFile, environment, deadline: questionDeadline }, context);
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(view), `give ${to} its name back`);
}

interface Partial {
  readonly path: string;
  readonly side: Side;
}

const partialName = /^(.*)\.[0-9a-f]{8}\.partial$/;

/** The parts of files that the last run was writing. */
export function findPartials({ journal, now }: Pick<Outlook, 'journal' | 'now'>): Partial[] {
  const coming = new Set((journal?.copies ?? []).map(({ path, to }) => `${to} ${path}`));
  return sides.flatMap((side) =>
    [...now[side].keys()]
      .filter((path) => coming.has(`${side} ${partialName.exec(path)?.[1]}`))
      .map((path) => ({ path, side })),
  );
}

export async function removePartials(
  context: TransferContext,
  job: Job,
  partials: readonly Partial[],
): Promise<void> {
  const on = (wanted: Side): string[] =>
    partials.filter(({ side }) => side === wanted).map(({ path }) => path);
  for (const path of on('local')) unlinkSync(join(job.mapping.source.directory, path));
  await deleteRemotely(job.view, on('remote'), context);
}
