/** A client's tree that was unpacked a level too deep or too high: it is no client there, and must not become a new one. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CryptosyncError } from '../../system/errors.ts';
import { isAbsence, isDirectory } from '../../system/files.ts';
import { readMountTable } from '../../system/stores/mount-table.ts';
import { whySick } from '../../system/stores/stores.ts';
import { type ClientLayout, clientLayout } from '../layout.ts';

/** Directories too deep that are looked at: `tar` of an absolute path makes as many as that had. */
const levels = 6;
/** Directories in all, so that a directory full of something else is left soon. */
const mostLooks = 500;

/** @param root the directory of all clients. @throws CONFIG_INVALID naming the tree, for a client that has none */
export function verifyNotMisplaced(root: string, layout: ClientLayout): void {
  if (isTree(layout.directory)) return;
  const found = treeBelow(layout.directory) ?? treeBeside(root, layout);
  if (found === undefined) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `there is no client in ${layout.directory}, but a client's tree lies in ${found}: it was unpacked into the wrong directory`,
    { advice: { to: 'move-tree-here', from: found, into: layout.directory }, details: { found } },
  );
}

function isTree(directory: string): boolean {
  return isDirectory(join(directory, 'cryptosync', 'config'));
}

/** The nearest first. */
function treeBelow(top: string): string | undefined {
  let looks = 0;
  for (let level = 0, paths = [top]; level < levels && paths.length > 0; level += 1) {
    paths = paths.flatMap((path) => directoriesIn(path));
    for (const path of paths) {
      looks += 1;
      if (looks > mostLooks) return undefined;
      if (isTree(path)) return path;
    }
  }
  return undefined;
}

/** In a directory of the root that is no client (`root/clients/client1`), or spread out in the root itself. */
function treeBeside(root: string, { client }: ClientLayout): string | undefined {
  if (isTree(root)) return root;
  const strangers = directoriesIn(root).filter((path) => !isTree(path));
  return strangers.map((path) => clientLayout(path, client).directory).find(isTree);
}

/** Those whose stores answer. */
function directoriesIn(path: string): string[] {
  try {
    const table = readMountTable();
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => join(path, name))
      .filter((each) => whySick(join(each, 'cryptosync', 'config'), table) === undefined);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
