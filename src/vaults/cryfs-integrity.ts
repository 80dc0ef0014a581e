/**
 * What CryFS remembers of a vault on this machine (CRYFS_LOCAL_STATE_DIR): the newest version of every block that it
 * has seen. A copy older than that is an attack to it, and it keeps the vault closed from then on (TOOLS.md C6).
 */
import { readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CryptosyncError } from '../system/errors.ts';
import { isAbsence, kindOf, namesIn, syncDirectory, unusedPath } from '../system/files.ts';
import { integrityFailure } from './cryfs-failure.ts';

/** The head of `filesystems/<id>/integritydata`; the byte after it is 1 when the vault is kept closed. */
const head = Buffer.from('cryfs.integritydata.knownblockversions;1\0');

/** The refusal that CryFS has recorded, or undefined. It takes no key and no CryFS to see it. */
export function findIntegrityViolation(stateDirectory: string): CryptosyncError | undefined {
  const directory = join(stateDirectory, 'filesystems');
  const isViolated = namesIn(directory).some((id) => {
    const content = contentOf(join(directory, id, 'integritydata'));
    return content?.subarray(0, head.length).equals(head) && content[head.length] === 1;
  });
  return isViolated ? integrityFailure(24) : undefined;
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
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
  renameSync(stateDirectory, kept);
  syncDirectory(dirname(stateDirectory));
  return kept;
}
