/**
 * What a bidirectional sync would do, as data: from how both sides look now and how they looked when they were last
 * equal. Nothing here touches either side.
 */

import { ancestorsOf } from '../../system/names.ts';
import {
  type BothSides,
  type Entry,
  isSameEntry,
  type Look,
  nanoseconds,
  otherSide,
  type Side,
} from './look.ts';

/** One object that is brought to the other side. */
export interface Copy {
  readonly path: string;
  readonly to: Side;
  readonly size: number;
  /** Another version stands there. */
  readonly replaces: boolean;
}

/** Whose version keeps the name where both sides have one of their own. */
export type Preference = 'newer' | Side;

export interface Deletion {
  readonly path: string;
  readonly on: Side;
  readonly size: number;
}

export interface PlannedConflict {
  readonly path: string;
  readonly winner: Side;
}

export interface BothWaysPlan {
  readonly copies: readonly Copy[];
  readonly deletions: readonly Deletion[];
  /** Their copies are among `copies`. */
  readonly conflicts: readonly PlannedConflict[];
}

export interface Situation {
  readonly now: BothSides<Look>;
  /** How both sides looked when they were last equal; empty when that is not known. */
  readonly base: BothSides<Look>;
  /** What an interrupted run left half written: of such a path the other side's version counts. */
  readonly torn: BothSides<ReadonlySet<string>>;
  /** There is no base: everything counts as changed. */
  readonly isAnew: boolean;
  /** Of the times on the remote, in nanoseconds. */
  readonly precision: number;
  readonly preference: Preference;
}

/** As exact as times can be compared: a remote that keeps seconds has cut off the rest. */
export function areEqual(a: Entry, b: Entry, precision: number): boolean {
  if (a.size !== b.size) return false;
  const distance = nanoseconds(a) - nanoseconds(b);
  return (distance < 0n ? -distance : distance) < BigInt(Math.max(1, precision));
}

/** What has become of a path on one side since the base. */
type Change = 'none' | 'same' | 'changed' | 'deleted';

function changeOn(side: Side, path: string, { now, base }: Situation): Change {
  const before = base[side].get(path);
  const after = now[side].get(path);
  if (after === undefined) return before === undefined ? 'none' : 'deleted';
  return isSameEntry(before, after) ? 'same' : 'changed';
}

/** From this precision on, two edits can fall into one unit of time: equal times prove nothing. */
const coarse = 1e9;

/**
 * Paths that were changed on both sides and of which sizes and times do not tell whether they hold the same: their
 * contents must be compared. So must those of which the manifest tells what the remote holds: it costs nothing there.
 */
export function findDoubtful(
  situation: Situation,
  isTold: (path: string) => boolean = () => false,
): string[] {
  const { now, torn, precision, isAnew } = situation;
  const trusts = precision < coarse || isAnew;
  return [...now.local].flatMap(([path, local]) => {
    const remote = now.remote.get(path);
    if (remote === undefined || remote.size !== local.size) return [];
    if (torn.local.has(path) || torn.remote.has(path)) return [];
    const isChanged = (side: Side): boolean => changeOn(side, path, situation) === 'changed';
    if (!isChanged('local') || !isChanged('remote')) return [];
    return trusts && !isTold(path) && areEqual(local, remote, precision) ? [] : [path];
  });
}

/** @param identical those of the doubtful paths whose contents are the same on both sides. */
export function planBothSides(
  situation: Situation,
  identical: ReadonlySet<string>,
  doubtful: ReadonlySet<string> = new Set(findDoubtful(situation)),
): BothWaysPlan {
  const copies: Copy[] = [];
  const deletions: Deletion[] = [];
  const conflicts: PlannedConflict[] = [];
  const { now } = situation;
  const isEqual = (path: string, local: Entry, remote: Entry): boolean =>
    doubtful.has(path) ? identical.has(path) : areEqual(local, remote, situation.precision);
  const copy = (path: string, to: Side): void => {
    const { size } = now[otherSide[to]].get(path) as Entry;
    copies.push({ path, to, size, replaces: now[to].has(path) });
  };
  for (const path of new Set([...now.local.keys(), ...now.remote.keys()])) {
    const outcome = decide(path, situation, isEqual);
    if (outcome.kind === 'delete') {
      deletions.push({ path, on: outcome.on, size: now[outcome.on].get(path)?.size ?? 0 });
    }
    if (outcome.kind === 'conflict') conflicts.push({ path, winner: outcome.winner });
    if (outcome.kind === 'conflict') copy(path, otherSide[outcome.winner]);
    if (outcome.kind === 'copy') copy(path, outcome.to);
  }
  return { copies, deletions, conflicts };
}

type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'copy'; readonly to: Side }
  | { readonly kind: 'delete'; readonly on: Side }
  | { readonly kind: 'conflict'; readonly winner: Side };

function decide(
  path: string,
  situation: Situation,
  isEqual: (path: string, local: Entry, remote: Entry) => boolean,
): Outcome {
  const { now, torn, preference } = situation;
  const half = torn.local.has(path) ? 'local' : torn.remote.has(path) ? 'remote' : undefined;
  if (half !== undefined) {
    return now[otherSide[half]].has(path) ? { kind: 'copy', to: half } : { kind: 'delete', on: half };
  }
  const local = now.local.get(path);
  const remote = now.remote.get(path);
  const localChange = changeOn('local', path, situation);
  const remoteChange = changeOn('remote', path, situation);
  if (local !== undefined && remote !== undefined) {
    if (localChange === 'same' && remoteChange === 'same') return { kind: 'nothing' };
    if (localChange === 'same') return { kind: 'copy', to: 'local' };
    if (remoteChange === 'same') return { kind: 'copy', to: 'remote' };
    if (isEqual(path, local, remote)) return { kind: 'nothing' };
    if (preference !== 'newer') return { kind: 'conflict', winner: preference };
    return { kind: 'conflict', winner: isNewer(remote, local, situation) ? 'remote' : 'local' };
  }
  const holder = local === undefined ? 'remote' : 'local';
  const change = holder === 'local' ? localChange : remoteChange;
  const otherChange = holder === 'local' ? remoteChange : localChange;
  if (change === 'same' && otherChange === 'deleted') return { kind: 'delete', on: holder };
  return { kind: 'copy', to: otherSide[holder] };
}

/** By more than times are exact to. */
function isNewer(one: Entry, other: Entry, { precision }: Situation): boolean {
  return nanoseconds(one) - nanoseconds(other) >= BigInt(Math.max(1, precision));
}

/** The paths that both sides have when the plan has been carried out. */
export function pathsAfter(now: BothSides<Look>, { deletions }: BothWaysPlan): Set<string> {
  const paths = new Set([...now.local.keys(), ...now.remote.keys()]);
  for (const { path } of deletions) paths.delete(path);
  return paths;
}

/**
 * A plan that takes nothing away which what stays can't be read without: such a file goes to the other side again.
 * @param companionsOf the files that a path needs.
 */
export function keepCompanions(
  plan: BothWaysPlan,
  now: BothSides<Look>,
  companionsOf: (path: string) => readonly string[],
): BothWaysPlan {
  const needed = new Set([...pathsAfter(now, plan)].flatMap(companionsOf));
  const kept = plan.deletions.filter(({ path }) => needed.has(path));
  if (kept.length === 0) return plan;
  const back = kept.map(({ path, on, size }) => ({ path, to: otherSide[on], size, replaces: false }));
  return {
    ...plan,
    copies: [...plan.copies, ...back],
    deletions: plan.deletions.filter(({ path }) => !needed.has(path)),
  };
}

/**
 * A path that would be a file on one side and a directory on the other, or a file and a link; undefined: none.
 * @param paths of objects. @param nameOf the path of the entry that an object is of. @param directories new on a side
 */
export function findClash(
  paths: Iterable<string>,
  nameOf: (object: string) => string,
  directories: readonly string[],
): string | undefined {
  const names = new Set<string>();
  for (const path of paths) {
    const name = nameOf(path);
    if (names.has(name)) return name;
    names.add(name);
  }
  return [...[...names].flatMap(ancestorsOf), ...directories].find((directory) => names.has(directory));
}
