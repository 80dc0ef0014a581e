/** What a bidirectional sync refuses to do, before anything moves. Every refusal leaves both sides as they are. */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { announcementPath } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { placeOf } from '../../remotes/remote.ts';
import type { Advice } from '../../system/advice/index.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';
import { ancestorsOf, systemPath } from '../../system/names.ts';
import { verifySpace } from '../../vaults/vault-directory.ts';
import { verifyPlanned, verifySource, verifyUntorn } from '../guard.ts';
import { bothWays, isIncoming } from '../here/incoming.ts';
import { hasStaging } from '../here/staging.ts';
import type { Job } from '../job.ts';
import { type Journal, readJournal } from './base.ts';
import { type BothSides, type Look, otherSide, type Side } from './look.ts';
import { type BothWaysPlan, findClash, pathsAfter } from './plan.ts';

export interface Standing {
  /** Both sides were synced before. */
  readonly wasSynced: boolean;
  /** What a run of this machine that did not end may have emptied itself, between taking away and putting there. */
  readonly emptiedHere: BothSides<boolean>;
  /** Files and links here that the place can't hold: they stay, and are no sign of a disk that is gone. */
  readonly uncarried: number;
}

/** @throws VAULT_EMPTY when nothing is left of a side that has been synced, or there is nothing at all */
export function verifyNotVanished(
  { mapping, request }: Job,
  now: BothSides<Look>,
  { wasSynced, emptiedHere, uncarried }: Standing,
): void {
  const { source, raw } = mapping;
  const isEmpty = { local: now.local.size + uncarried === 0, remote: now.remote.size === 0 };
  if (isEmpty.local && isEmpty.remote) verifySource({ ...source, state: 'bare' });
  if (!wasSynced || request.resync !== undefined) return;
  if (isEmpty.local && !emptiedHere.local) throw vanished(source.directory, 'the remote', 'remote');
  if (isEmpty.remote && !emptiedHere.remote) throw vanished(placeOf(raw), 'this machine', 'local');
}

/**
 * A side is known to be the one that a run has begun to change by what that run left on it: its announcement on the
 * remote, what has arrived beside the source. A disk that is not mounted shows neither.
 */
export async function emptiedBy(
  journal: Journal | undefined,
  job: Job,
  place: Place,
  now: BothSides<Look>,
): Promise<BothSides<boolean>> {
  const { directory } = job.mapping.source;
  const isComing = journal?.copies.some(({ to }) => to === 'local') === true && isIncoming(job, bothWays);
  return {
    local: now.local.size === 0 && isComing && hasStaging(directory, dirname(job.recordFile)),
    remote:
      now.remote.size === 0 && journal !== undefined && (await place.look(announcementPath)) !== undefined,
  };
}

function vanished(place: string, other: string, side: Side): CryptosyncError {
  return new CryptosyncError('VAULT_EMPTY', `${place} has been synced before, and holds no files any more`, {
    advice: { to: 'fill-vanished-side', other, side },
  });
}

export interface PlanFacts {
  readonly now: BothSides<Look>;
  readonly plan: BothWaysPlan;
  /** The plan has no base: what one side wins, it wins everywhere. */
  readonly isAnew: boolean;
  readonly standing: Standing;
  readonly shape: Shape;
}

/** What names mean on either side. */
export interface Shape {
  /** The path of the entry that an object is of: a link's object has another name. */
  readonly nameOf: (object: string) => string;
  /** Directories that one side has made. */
  readonly newDirectories: readonly string[];
}

/** @throws VAULT_MISMATCH, VERIFY_FAILED, DELETE_LIMIT, VAULT_EMPTY, DISK_FULL */
export function verifyPlan(job: Job, { now, plan, isAnew, standing, shape }: PlanFacts): void {
  const { source } = job.mapping;
  verifyEngineFiles(job, plan, isAnew);
  const sent = new Set(plan.copies.filter(({ to }) => to === 'remote').map(({ path }) => path));
  verifyUntorn(
    source.directory,
    source.findTornFiles().filter((path) => sent.has(path)),
  );
  verifyLimits(job, { now, plan, standing });
  verifyShape(job, now, plan, shape);
  const bytes = plan.copies.filter(({ to }) => to === 'local').reduce((sum, { size }) => sum + size, 0);
  verifySpace(source.directory, bytes);
}

/** Ciphertext of two keys, or of two states that need each other, must not be mixed. @throws VAULT_MISMATCH */
function verifyEngineFiles({ mapping: { source, raw } }: Job, plan: BothWaysPlan, isAnew: boolean): void {
  const { configFile } = source;
  if (configFile === undefined) return;
  const { conflicts } = plan;
  if (conflicts.some(({ path }) => path === configFile)) {
    throw mismatch(
      `${configFile} was changed both here and in ${placeOf(raw)}: files of two vaults would mix`,
      { to: 'decide-for-side' },
    );
  }
  const lost = plan.deletions.find(({ path }) => path === configFile);
  if (lost !== undefined) {
    throw mismatch(`${configFile} is gone from ${placeOf(raw)}: without it nothing decrypts`, {
      to: 'resend-config',
    });
  }
  const directory = conflicts.find(({ path }) => source.isDirectoryKey(path));
  if (directory !== undefined) {
    throw mismatch(`${dirname(directory.path)} is one directory here and another in ${placeOf(raw)}`, {
      to: 'rename-twin-directory',
    });
  }
  const winners = new Set(conflicts.map(({ winner }) => winner));
  if (source.isOneState && (isAnew ? winners.size > 1 : winners.size > 0)) {
    throw mismatch(
      `the vault was changed on both sides, and the files of a ${source.engine} vault can only stay together`,
      { to: 'prefer-vault-state' },
    );
  }
}

function mismatch(message: string, advice: Advice): CryptosyncError {
  return new CryptosyncError('VAULT_MISMATCH', message, { advice });
}

/** @throws DELETE_LIMIT, VAULT_EMPTY */
function verifyLimits(
  { mapping: { source }, settings, view }: Job,
  { now, plan, standing }: Pick<PlanFacts, 'now' | 'plan' | 'standing'>,
): void {
  const places = { local: source.directory, remote: placeOf(view) };
  for (const side of ['remote', 'local'] as const) {
    const deletions = plan.deletions.filter(({ on }) => on === side).length;
    const other = otherSide[side];
    const returning = standing.emptiedHere[other] ? plan.copies.filter(({ to }) => to === other).length : 0;
    const staying = other === 'local' ? standing.uncarried : 0;
    const sourceFiles = now[other].size + staying + returning;
    const counts = { deletions, sourceFiles, knownFiles: now[side].size };
    verifyPlanned(source, places[side], counts, settings.deleteLimit);
  }
}

/** Both sides must be able to hold the same names, and nothing may be written outside of the source. */
function verifyShape(
  { mapping: { source } }: Job,
  now: BothSides<Look>,
  plan: BothWaysPlan,
  { nameOf, newDirectories }: Shape,
): void {
  const clash = findClash(pathsAfter(now, plan), nameOf, newDirectories);
  if (clash !== undefined) {
    throw mismatch(`${clash} is a file or a link on one side and something else on the other`, {
      to: 'rename-on-one-side',
    });
  }
  const known = new Set(
    plan.deletions
      .filter(({ path, on }) => on === 'local' && nameOf(path) !== path)
      .map(({ path }) => nameOf(path)),
  );
  for (const { path, to } of plan.copies) {
    if (to !== 'local') continue;
    if (path.split('/').includes('..'))
      throw mismatch(`${path} would lie outside of ${source.directory}`, { to: 'rename-it' });
    for (const directory of ancestorsOf(path)) {
      if (known.has(directory)) break;
      known.add(directory);
      if (!isLinkAt(join(source.directory, directory))) continue;
      throw mismatch(
        `${join(source.directory, directory)} is a link, and ${path} would be written through it`,
        { to: 'replace-link' },
      );
    }
  }
}

function isLinkAt(path: string): boolean {
  try {
    return lstatSync(systemPath(path)).isSymbolicLink();
  } catch (error) {
    // a file stands above it, which leaves when its kind changes
    if (isAbsence(error)) return false;
    throw error;
  }
}

/**
 * A bidirectional run that did not end may have left a file in the source of which only a part has come.
 * @throws VAULT_MISMATCH
 */
export function verifyNothingHalfCome({ bothWaysDirectory, mapping: { source }, request }: Job): void {
  const coming = readJournal(bothWaysDirectory)?.copies.some(({ to }) => to === 'local') ?? false;
  if (!coming || request.force === true) return;
  throw mismatch(
    `a bidirectional sync of ${source.directory} did not end, so files in it may be incomplete`,
    { to: 'finish-both-ways' },
  );
}
