/** Whose mode, owner, times and attributes an entry has that both sides become. */
import { type Entry, isSameMetadata } from '../../tree/entry.ts';
import { ownPrecision } from '../footing.ts';
import type { EntryThere } from './there.ts';

/** Where what becomes of a path has its content; `both` when it is there already on each side. */
export type Origin = 'here' | 'there' | 'both';

export interface MetadataFacts {
  /** The entry of the side that the content comes from. */
  readonly standing: Entry;
  readonly from: Origin;
  readonly here: Entry | undefined;
  readonly there: EntryThere | undefined;
  readonly base: Entry | undefined;
  /** What stands here may be what a run that did not end has put there: it had described nothing of it yet. */
  readonly hasArrived: boolean;
  /** The tree's own directory here, as which is made what nobody says anything of. */
  readonly top: Entry | undefined;
}

/** The side that changed it says it; this machine where both did, or it is not known what was. */
export function mergedMetadata(facts: MetadataFacts): Entry {
  const { standing, from, here, there, base, hasArrived, top } = facts;
  const theirs = there?.isTold === true ? there.entry : undefined;
  if (here === undefined || here.kind !== standing.kind) {
    const isKnown = theirs?.kind === standing.kind;
    return isKnown ? { ...theirs } : { ...standing, ...ownerLike(top), ...modeLike(standing, top) };
  }
  if (theirs === undefined || theirs.kind !== standing.kind) {
    const { uid, gid, mode, attributes } = here;
    const time = from === 'there' ? standing.mtime : here.mtime;
    return { ...standing, uid, gid, mode, mtime: time, attributes, group: here.group };
  }
  if (hasArrived && from !== 'here') return { ...theirs, hash: standing.hash };
  const known = base?.kind === standing.kind ? base : undefined;
  const isTheirs = known !== undefined && !isAlike(theirs, known) && isAlike(here, known);
  const isNewThere = known === undefined && from === 'there';
  const { uid, gid, mode, attributes } = isTheirs || isNewThere ? theirs : here;
  return { ...standing, uid, gid, mode, attributes, ...timeAndGroup(facts, theirs, known) };
}

function timeAndGroup(
  { standing, from, here }: MetadataFacts,
  theirs: Entry,
  known: Entry | undefined,
): Pick<Entry, 'mtime' | 'group'> {
  if (from !== 'both' || here === undefined) return { mtime: standing.mtime, group: standing.group };
  const isTouchedThere = known !== undefined && here.mtime === known.mtime && theirs.mtime !== known.mtime;
  const isLinkedThere = known !== undefined && here.group === known.group && theirs.group !== undefined;
  return {
    mtime: isTouchedThere ? theirs.mtime : here.mtime,
    group: isLinkedThere ? theirs.group : here.group,
  };
}

/** In everything, times as exact as they can be set here. */
export function isAlmostSame(a: Entry, b: Entry): boolean {
  const difference = a.mtime > b.mtime ? a.mtime - b.mtime : b.mtime - a.mtime;
  return difference < BigInt(ownPrecision) && isSameMetadata({ ...a, mtime: 0n }, { ...b, mtime: 0n });
}

/** In all but time and hard links. */
function isAlike(a: Entry, b: Entry): boolean {
  return isSameMetadata({ ...a, mtime: 0n, group: undefined }, { ...b, mtime: 0n, group: undefined });
}

function ownerLike(top: Entry | undefined): { uid: number; gid: number } {
  return { uid: top?.uid ?? process.geteuid?.() ?? 0, gid: top?.gid ?? process.getegid?.() ?? 0 };
}

function modeLike({ kind, mode, mtime }: Entry, top: Entry | undefined): Pick<Entry, 'mode' | 'mtime'> {
  return kind === 'directory' && top !== undefined ? { mode: top.mode, mtime: top.mtime } : { mode, mtime };
}
