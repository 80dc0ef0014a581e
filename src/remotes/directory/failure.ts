/** What the failures of a directory that is a place mean. */
import type { Advice } from '../../system/advice/index.ts';
import {
  CryptosyncError,
  type ErrorCode,
  errnoOf,
  isScarcity,
  toCryptosyncError,
} from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EACCES: 'REMOTE_AUTH_FAILED',
  EPERM: 'REMOTE_AUTH_FAILED',
  EROFS: 'REMOTE_AUTH_FAILED',
  // the directory is there, and something in it is not as it should be
  ...Object.fromEntries(
    [
      'EISDIR',
      'ENOTDIR',
      'ENOTEMPTY',
      'EEXIST',
      'EBUSY',
      'EXDEV',
      'EINVAL',
      'EILSEQ',
      'ENAMETOOLONG',
      'EFBIG',
    ].map((errno) => [errno, 'SYNC_FAILED']),
  ),
};

const advices: Readonly<Record<string, Advice>> = {
  ...Object.fromEntries(
    ['EACCES', 'EPERM', 'EROFS'].map((errno) => [errno, { to: 'allow-changes-in-directory' }]),
  ),
  EXDEV: { to: 'keep-one-file-system' },
};

/** The error with a code for whatever went wrong in the directory `name`. */
export function directoryFailure(name: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (isScarcity(errno)) return toCryptosyncError(error);
  const code = codes[errno] ?? 'REMOTE_UNREACHABLE';
  const said = `the remote directory ${name} can't be used: ${(error as Error).message}`;
  return new CryptosyncError(code, said, { advice: advices[errno], cause: error });
}

/** What a look gives, or `nothing` where nothing stands, or nothing can: a disk says so of a name that it can't write. */
export function orNothingThere<Result, Nothing>(nothing: Nothing, look: () => Result): Result | Nothing {
  try {
    return orNothing(nothing, look);
  } catch (error) {
    if (['EILSEQ', 'EINVAL'].includes(errnoOf(error) ?? '')) return nothing;
    throw error;
  }
}

/** What an action gives, or `nothing` when what it is about is not there. */
export function orNothing<Result, Nothing>(nothing: Nothing, action: () => Result): Result | Nothing {
  try {
    return action();
  } catch (error) {
    if (isAbsence(error)) return nothing;
    throw error;
  }
}
