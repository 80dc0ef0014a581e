/** A restore where a profile says what lies where: all of it, or some files of the plaintext. */
import { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { restoreFiles } from './files.ts';
import type { RestoreRequest, RestoreResult } from './request.ts';
import { restoreProfile } from './restore.ts';

export interface PartRequest extends RestoreRequest {
  /** Of the plaintext, relative; undefined for all of it. */
  readonly paths?: readonly string[] | undefined;
}

/** @throws what `restoreProfile` and `restoreFiles` throw, USAGE for files without a target */
export async function restoreKnown(context: Context, request: PartRequest): Promise<RestoreResult[]> {
  const { to, paths } = request;
  if (paths === undefined) return await restoreProfile(context, request);
  if (to !== undefined) return await restoreFiles(context, { ...request, to, paths });
  throw new CryptosyncError('USAGE', 'no directory is named for the files');
}
