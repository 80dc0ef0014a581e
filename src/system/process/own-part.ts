/** Parts of this program that node starts by their file: a process, a thread. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CryptosyncError } from '../errors.ts';

/**
 * The file of a part, beside the module that asks, or above the chunk into which that was bundled, but nowhere else:
 * what lies further up may be anybody's. Undefined where it is missing, as when somebody has bundled this program into theirs.
 * @param from the directory of the module that asks. @param name without its ending
 */
export function findOwnPart(from: string, name: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const found = [`${name}.ts`, `${name}.cjs`].map((file) => join(at, file)).find(existsSync);
    if (found !== undefined || !isBelowBuild(at)) return found;
  }
}

function isBelowBuild(directory: string): boolean {
  return basename(directory) !== 'dist' && directory.includes('/dist/');
}

/** The same, of one that must be there. @throws UNEXPECTED */
export function ownPart(from: string, name: string): string {
  const found = findOwnPart(from, name);
  if (found !== undefined) return found;
  throw new CryptosyncError('UNEXPECTED', `${from} has no ${name} beside it`);
}
