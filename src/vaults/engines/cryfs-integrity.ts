/**
 * What CryFS remembers of a vault on this machine (CRYFS_LOCAL_STATE_DIR): the newest version of every block that it
 * has seen. A copy older than that is an attack to it, and it keeps the vault closed from then on (hazards.md C6).
 */
import { join } from 'node:path';
import type { CryptosyncError } from '../../system/errors.ts';
import { kindOf, namesIn, readIfPresent, rename, unusedPath } from '../../system/files.ts';
import { integrityFailure } from './cryfs-failure.ts';

/** The head of `filesystems/<id>/integritydata`; the byte after it is 1 when the vault is kept closed. */
const head = Buffer.from('cryfs.integritydata.knownblockversions;1\0');

/** The refusal that CryFS has recorded, or undefined. It takes no key and no CryFS to see it. */
export function findIntegrityViolation(stateDirectory: string): CryptosyncError | undefined {
  const directory = join(stateDirectory, 'filesystems');
  const isViolated = namesIn(directory).some((id) => {
    const content = readIfPresent(join(directory, id, 'integritydata'));
    return content?.subarray(0, head.length).equals(head) && content[head.length] === 1;
  });
  return isViolated ? integrityFailure(24) : undefined;
}

/**
 * Moves the whole state directory aside, so that CryFS takes the vault as it now is. The block versions alone would
 * not do: the machine's id as a CryFS client is in there too, and must not count on from an older state.
 * @returns where it is kept; undefined when there is none.
 */
export function forgetIntegrityState(stateDirectory: string, now: Date): string | undefined {
  if (kindOf(stateDirectory) === 'none' || namesIn(stateDirectory).length === 0) return undefined;
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  const kept = unusedPath(`${stateDirectory}.before-rollback-${stamp}Z`);
  rename(stateDirectory, kept);
  return kept;
}
