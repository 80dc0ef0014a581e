/** Failures of this machine's side of a transfer: the remote is not blamed for them. */
import { readlinkSync } from 'node:fs';
import { CryptosyncError, errnoOf, toCryptosyncError } from '../system/errors.ts';
import { named } from '../system/paths/held-directory.ts';

/**
 * Runs what reads or writes an open file of this machine.
 * @throws what its failure means here (DISK_FULL, …), with its path, in the place of a system error
 */
export function onOwnSide<Result>(descriptor: number, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw ownFailure(descriptor, error);
  }
}

/** What is thrown for a system error about an open file of this machine; anything else stays what it is. */
export function ownFailure(descriptor: number, error: unknown): unknown {
  if (errnoOf(error) === undefined) return error;
  try {
    return named(pathOf(descriptor), () => {
      throw error;
    });
  } catch (failure) {
    const { code, message, advice } = toCryptosyncError(failure);
    return new CryptosyncError(code, `on this machine ${message}`, { advice, cause: failure });
  }
}

function pathOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return 'a file';
  }
}
