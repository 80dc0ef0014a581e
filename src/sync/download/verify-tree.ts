/** Whether what a place says that it holds is a tree at all. */
import { CryptosyncError } from '../../system/errors.ts';
import { ancestorsOf, shownPath } from '../../system/names.ts';
import type { Entry } from '../tree/entry.ts';

/**
 * What shall be here must be a tree: each path once, and nothing below what is no directory; who can write to the
 * remote could otherwise lead what comes through a link. @throws VAULT_MISMATCH
 */
export function verifyTree(place: string, target: readonly Entry[]): void {
  const kinds = new Map<string, Entry['kind']>();
  for (const { path, kind } of target) {
    const other = kinds.get(path);
    if (other !== undefined) throw noTree(place, path, `${other} and ${kind}`);
    kinds.set(path, kind);
  }
  for (const { path } of target) {
    for (const above of ancestorsOf(path)) {
      const kind = kinds.get(above) ?? 'directory';
      if (kind !== 'directory') throw noTree(place, above, `${kind} and directory`);
    }
  }
}

function noTree(place: string, path: string, kinds: string): CryptosyncError {
  return new CryptosyncError('VAULT_MISMATCH', `${place} has ${shownPath(path)} twice: as ${kinds}`, {
    advice: { to: 'find-who-writes' },
  });
}
