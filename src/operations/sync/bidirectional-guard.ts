/** What a bidirectional sync refuses to do, before anything moves. Every refusal leaves both sides as they are. */
import { lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readJournal } from '../../remotes/bisync-base.ts';
import { type BothSides, type Look, otherSide, type Side } from '../../remotes/bisync-look.ts';
import { ancestorsOf, type BothWaysPlan, findClash, pathsAfter } from '../../remotes/bisync-plan.ts';
import { verifyDeletions, verifyNotEmptied, verifySource, verifyUntorn } from '../../remotes/guard.ts';
import { isLink } from '../../remotes/named-upload.ts';
import { linkSuffix, placeOf } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { verifySpace } from '../../vaults/vault-directory.ts';
import type { Job } from './sync-job.ts';
import type { SyncSource } from './sync-source.ts';

/** gocryptfs keeps in each directory what the names in it are encrypted with, and beside a long name the name itself. */
const directoryKey = 'gocryptfs.diriv';
const longName = /^gocryptfs\.longname\.[^.]+$/;

/** The files without which the engine can't read one; they must not be deleted before it. */
export function companionsOf({ engine }: Pick<SyncSource, 'engine'>): (path: string) => string[] {
  if (engine !== 'gocryptfs') return () => [];
  return (path) => [
    directoryKey,
    ...ancestorsOf(path).map((directory) => `${directory}/${directoryKey}`),
    ...[path, ...ancestorsOf(path)]
      .filter((name) => longName.test(basename(name)))
      .map((name) => `${name}.name`),
  ];
}

/** @throws VAULT_EMPTY when nothing is left of a side that has been synced, or there is nothing at all */
export function verifyNotVanished({ mapping, request }: Job, now: BothSides<Look>, wasSynced: boolean): void {
  const { source, raw } = mapping;
  const isEmpty = { local: now.local.size === 0, remote: now.remote.size === 0 };
  if (isEmpty.local && isEmpty.remote) verifySource({ ...source, state: 'bare' });
  if (!wasSynced || request.resync !== undefined) return;
  if (isEmpty.local) throw vanished(source.directory, 'the remote', 'remote');
  if (isEmpty.remote) throw vanished(placeOf(raw), 'this machine', 'local');
}

function vanished(place: string, other: string, side: Side): CryptosyncError {
  return new CryptosyncError('VAULT_EMPTY', `${place} has been synced before, and holds no files any more`, {
    hint: `Nothing was changed. Is its disk mounted, and its path right? To fill it again from ${other}: --resync --prefer ${side}`,
  });
}

/** @param isAnew the plan has no base: what one side wins, it wins everywhere. */
export function verifyPlan(job: Job, now: BothSides<Look>, plan: BothWaysPlan, isAnew: boolean): void {
  const { source } = job.mapping;
  verifyEngineFiles(job, plan, isAnew);
  const sent = new Set(plan.copies.filter(({ to }) => to === 'remote').map(({ path }) => path));
  verifyUntorn(
    source.directory,
    source.findTornFiles().filter((path) => sent.has(path)),
  );
  verifyLimits(job, now, plan);
  verifyShape(job, now, plan);
  const bytes = plan.copies.filter(({ to }) => to === 'local').reduce((sum, { size }) => sum + size, 0);
  verifySpace(source.directory, bytes);
}

/** Ciphertext of two keys, or of two states that need each other, must not be mixed. @throws VAULT_MISMATCH */
function verifyEngineFiles({ mapping: { source, raw } }: Job, plan: BothWaysPlan, isAnew: boolean): void {
  const { configFile, engine } = source;
  if (configFile === undefined) return;
  const { conflicts } = plan;
  if (conflicts.some(({ path }) => path === configFile)) {
    throw mismatch(
      `${configFile} was changed both here and in ${placeOf(raw)}: files of two vaults would mix`,
      [
        'Decide for one side: --direction upload, or --direction download --force, which keeps the old directory aside.',
      ],
    );
  }
  const lost = plan.deletions.find(({ path }) => path === configFile);
  if (lost !== undefined) {
    throw mismatch(`${configFile} is gone from ${placeOf(raw)}: without it nothing decrypts`, [
      'Look for it in the trash of the remote, or send it again: --resync --prefer local',
    ]);
  }
  const directory = conflicts.find(({ path }) => engine === 'gocryptfs' && basename(path) === directoryKey);
  if (directory !== undefined) {
    throw mismatch(`${dirname(directory.path)} is one directory here and another in ${placeOf(raw)}`, [
      'Both sides made a directory of the same name. Mount the vault, rename the one here, unmount and sync again.',
    ]);
  }
  const winners = new Set(conflicts.map(({ winner }) => winner));
  if (engine === 'cryfs' && (isAnew ? winners.size > 1 : winners.size > 0)) {
    throw mismatch(
      'the vault was changed on both sides, and the blocks of a CryFS vault can only stay together',
      [
        'Say whose state counts: --resync --prefer local, or --prefer remote. The other blocks are kept in the trash.',
      ],
    );
  }
}

function mismatch(message: string, [hint]: readonly [string]): CryptosyncError {
  return new CryptosyncError('VAULT_MISMATCH', message, { hint: `${hint} Nothing was changed.` });
}

/** @throws DELETE_LIMIT, VAULT_EMPTY */
function verifyLimits(
  { mapping: { source }, settings, view }: Job,
  now: BothSides<Look>,
  plan: BothWaysPlan,
): void {
  const places = { local: source.directory, remote: placeOf(view) };
  for (const side of ['remote', 'local'] as const) {
    const deletions = plan.deletions.filter(({ on }) => on === side).length;
    verifyNotEmptied(places[side], now[otherSide[side]].size, deletions, settings.deleteLimit, source.kind);
    verifyDeletions(places[side], deletions, now[side].size, settings.deleteLimit);
  }
}

/** Both sides must be able to hold the same names, and nothing may be written outside of the source. */
function verifyShape({ mapping: { source } }: Job, now: BothSides<Look>, plan: BothWaysPlan): void {
  const clash = findClash(pathsAfter(now, plan));
  if (clash !== undefined) {
    throw mismatch(`${clash} is a file or a link on one side and something else on the other`, [
      'Rename it on one of them.',
    ]);
  }
  const known = new Set(
    plan.deletions
      .filter(({ path, on }) => on === 'local' && isLink(path))
      .map(({ path }) => path.slice(0, -linkSuffix.length)),
  );
  for (const { path, to } of plan.copies) {
    if (to !== 'local') continue;
    if (path.split('/').includes('..'))
      throw mismatch(`${path} would lie outside of ${source.directory}`, ['Rename it.']);
    for (const directory of ancestorsOf(path)) {
      if (known.has(directory)) break;
      known.add(directory);
      if (!isLinkAt(join(source.directory, directory))) continue;
      throw mismatch(
        `${join(source.directory, directory)} is a link, and ${path} would be written through it`,
        ['Put a directory in the place of the link, or rename it.'],
      );
    }
  }
}

function isLinkAt(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/**
 * A bidirectional run that did not end may have left a file in the source of which only a part has come.
 * @throws VAULT_MISMATCH
 */
export function verifyNothingHalfCome({ bisyncDirectory, mapping: { source }, request }: Job): void {
  const coming = readJournal(bisyncDirectory)?.copies.some(({ to }) => to === 'local') ?? false;
  if (!coming || request.force === true) return;
  throw mismatch(
    `a bidirectional sync of ${source.directory} did not end, so files in it may be incomplete`,
    ['Run it again: --direction bidirectional. To send the files as they are: --force.'],
  );
}
