/** What a place can't hold is named, and everything else goes. */
import type { PlaceFeatures } from '../../../remotes/place.ts';
import { linkSuffix } from '../../../remotes/remote.ts';
import { isBytes, shownPath } from '../../../system/names.ts';
import type { NotCarried } from '../../result.ts';
import type { Change, TreeChanges } from '../../tree/changes.ts';
import type { Entry } from '../../tree/entry.ts';
import { isOurs, objectOf } from '../../tree/objects.ts';
import { isBeyondReach } from '../../tree/reach.ts';
import { nameLimitOf } from './name-length.ts';
import { isOdd, keyAt } from './spelling.ts';

export interface Carriable {
  readonly kept: readonly Change[];
  /** What is left out, for people, and why. */
  readonly notCarried: readonly NotCarried[];
}

/**
 * Takes the changes out that can't be carried to a place of these features.
 * @param tree the changes, and all names that are here, where the place may have two of them for one
 * @param refused what the place does not take, although nothing told that before it was tried
 */
export function withoutUncarried(
  { changes }: Pick<TreeChanges, 'changes'>,
  features: PlaceFeatures,
  names: NamesHere,
  refused: ReadonlyMap<string, string> = new Map(),
): Carriable {
  const notCarried: NotCarried[] = [];
  const leaving = leavingObjects(changes);
  const kept = changes.filter((change) => {
    const why = reason(change, features, names) ?? refusal(change, refused) ?? whileTaken(change, leaving);
    if (why !== undefined) notCarried.push({ path: shownPath(change.path), why });
    return why === undefined;
  });
  return { kept, notCarried };
}

/** Objects with a link's suffix that leave their path, by the entry whose they were. */
function leavingObjects(changes: readonly Change[]): ReadonlyMap<string, string> {
  return new Map(
    changes.flatMap(({ path, known, now }) => {
      const object = known === undefined ? undefined : objectOf(known);
      const isLeaving =
        object?.endsWith(linkSuffix) === true && (now === undefined || objectOf(now) !== object);
      return isLeaving ? [[object, path] as const] : [];
    }),
  );
}

/**
 * A link's object and a file of that very name are one path at the place. While one entry leaves it, no other one is
 * put there: a run that was stopped in between could not tell whose it is.
 */
function whileTaken({ path, now }: Change, leaving: ReadonlyMap<string, string>): string | undefined {
  const object = now === undefined ? undefined : objectOf(now);
  const owner = object === undefined ? undefined : leaving.get(object);
  return owner === undefined || owner === path
    ? undefined
    : `its name on the remote is that of ${shownPath(owner)} until a run has taken that away`;
}

/** Which objects of a tree a place could take for one another. */
export interface NamesHere {
  /** Takes note of an entry, in the order of trees. @param isKnown it lies at the place already */
  see(entry: Entry, isKnown: boolean): void;
  /** The path whose object has the same name at the place, and stays there; undefined when there is none. */
  twinOf(entry: Entry): string | undefined;
  /** Why the place can't hold a name of that length; undefined where it can. */
  whyTooLong(entry: Entry): string | undefined;
}

/** @param mapping to where the tree is carried, and through which layer */
export function namesHere(features: PlaceFeatures, mapping: Parameters<typeof nameLimitOf>[0]): NamesHere {
  const limit = nameLimitOf(mapping);
  const owners = new Map<string, { path: string; isKnown: boolean }>();
  const { ignoresCase, respellsNames } = features;
  // where names are exact, only a link's object and a file of that very name are one
  const matters = ({ path, kind }: Entry): boolean =>
    ignoresCase || kind === 'link' || path.endsWith(linkSuffix) || (respellsNames && isOdd(path));
  return {
    see(entry, isKnown) {
      const object = objectOf(entry);
      if (object === undefined || !matters(entry)) return;
      const key = keyAt(object, features);
      const owner = owners.get(key);
      if (owner === undefined || (isKnown && !owner.isKnown)) owners.set(key, { path: entry.path, isKnown });
    },
    twinOf(entry) {
      const object = objectOf(entry);
      const owner = object === undefined ? undefined : owners.get(keyAt(object, features));
      return owner === undefined || owner.path === entry.path ? undefined : owner.path;
    },
    whyTooLong(entry) {
      if (entry.kind === 'directory') return limit(entry.path, 'directory');
      const object = objectOf(entry);
      return object === undefined ? undefined : limit(object, 'object');
    },
  };
}

function refusal({ path, now }: Change, refused: ReadonlyMap<string, string>): string | undefined {
  return now === undefined ? undefined : refused.get(path);
}

function reason({ path, known, now }: Change, features: PlaceFeatures, names: NamesHere): string | undefined {
  if (now === undefined) return undefined;
  if (isBeyondReach(path)) return 'its path is too long; nothing below it was looked at';
  if (isOurs(path)) return "the name is the tool's own on the remote";
  if (isBytes(path) && !features.takesBytes && objectOf(now) !== undefined) {
    return 'the name is no text, and this remote takes only text';
  }
  // what lies there already has found room
  const isNew = known === undefined || known.kind !== now.kind;
  const whyTooLong = isNew ? names.whyTooLong(now) : undefined;
  if (whyTooLong !== undefined) return whyTooLong;
  const twin = names.twinOf(now);
  return twin === undefined ? undefined : `the remote takes its name for that of ${shownPath(twin)}`;
}
