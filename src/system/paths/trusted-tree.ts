/**
 * A tree that is believed, out of which much is read at one moment. Each of its directories is looked at once: where it
 * is no link and belongs to root or this user, and nobody else can write it, nobody else can put another in the place of
 * what it lists, so that what a name was looked at for is what the name opens. What is not as plain as that goes the way
 * of `walk`, which looks at each step by descriptors, and says what it refuses.
 */
import { constants } from 'node:fs';
import type { MountEntry } from '../stores/mount-table.ts';
import { lookedAt } from '../stores/stores.ts';
import { type HeldWay, isOpenToOthers, isOwn } from './walk.ts';

export interface TrustedTree {
  /** The top of it, to which links may lead, held for what is not plain. */
  readonly top: HeldWay;
  /** What is mounted: at a mount point nothing is plain, and behind a store that is sick nothing is looked at. */
  readonly table: readonly MountEntry[];
  /** The directories that were looked at. */
  readonly known: Map<string, boolean>;
}

/** A way to a file by the descriptor of the top; undefined where the way there is not plain. */
export function plainWay(tree: TrustedTree, file: string): string | undefined {
  if (!isBelieved(tree, file.slice(0, file.lastIndexOf('/')))) return undefined;
  const { path, directory } = tree.top;
  return directory.at(file.slice(path.length + 1));
}

/** Whether a directory of the tree, and each between it and the top, is one, and can be changed by nobody else. */
function isBelieved(tree: TrustedTree, directory: string): boolean {
  const { path } = tree.top;
  if (directory.length <= path.length) return directory === path;
  const before = tree.known.get(directory);
  if (before !== undefined) return before;
  const isIt = isBelieved(tree, directory.slice(0, directory.lastIndexOf('/'))) && isPlain(tree, directory);
  tree.known.set(directory, isIt);
  return isIt;
}

function isPlain({ top, table }: TrustedTree, path: string): boolean {
  const { path: real, seen } = lookedAt(path, table);
  // the same text but for the links above the top
  const isHere =
    top.directory.path === top.path
      ? real === path
      : real === top.directory.path + path.slice(top.path.length);
  return (
    isHere &&
    seen !== undefined &&
    (seen.mode & constants.S_IFMT) === constants.S_IFDIR &&
    isOwn(seen) &&
    !isOpenToOthers(seen)
  );
}
