/**
 * What a place refuses although it takes everything else: a name that its disk can't write (a colon on exFAT), a file that
 * is too large for it, a directory in which somebody lets nobody write. It is named as not carried, and the rest goes.
 *
 * This is about what is new there alone: what an edit replaces has left its path when the edit is refused, and that ends
 * the run as any failure does, with the former generation whole.
 */
import { randomBytes } from 'node:crypto';
import type { Place } from '../../../remotes/place.ts';
import { controlDirectory } from '../../../remotes/remote.ts';
import { CryptosyncError, type ErrorCode, errnoOf } from '../../../system/errors.ts';
import { inShort } from '../../../system/names.ts';

/** By path, why it was refused. */
export type Refusals = Map<string, string>;

/** What tells that the place takes something. Several may be asked at a time. */
const probePath = (): string => `${controlDirectory}/probe-${randomBytes(6).toString('hex')}`;

/** A disk that is full, a place that is away or a signal are about no single file. */
const maybeRefused: ReadonlySet<ErrorCode> = new Set(['SYNC_FAILED', 'REMOTE_AUTH_FAILED']);

/**
 * Does what brings something new to a path. When it fails, the place takes something else just then, and it fails once
 * more, then it is this that is refused.
 * @returns what is done; undefined when it was refused, which is noted. @throws any other failure of the place
 */
export async function unlessRefused<Result>(
  { place, refused }: { readonly place: Place; readonly refused: Refusals },
  path: string,
  bring: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await bring();
  } catch (error) {
    if (!isMaybeRefused(error)) throw error;
    await verifyTakesOthers(place, error);
  }
  try {
    return await bring();
  } catch (error) {
    if (!isMaybeRefused(error)) throw error;
    const { message } = error.cause instanceof Error ? error.cause : error;
    refused.set(path, `the remote refuses it, and takes others: ${inShort(message)}`);
    return undefined;
  }
}

/** Whether a failure may be about what was asked alone, and not about the whole place. */
export function isMaybeRefused(error: unknown): error is CryptosyncError {
  if (!(error instanceof CryptosyncError)) return false;
  // a place that takes it, and then holds something else, is a matter of the whole place
  if (error.advice?.to === 'check-remote-keeps') return false;
  // some disks say of a name that they can't write that it is not there
  return maybeRefused.has(error.code) || errnoOf(error.cause) === 'ENOENT';
}

/** @throws the failure itself where it is one of the whole place */
async function verifyTakesOthers(place: Place, failure: unknown): Promise<void> {
  const probe = probePath();
  try {
    await place.write(probe, Buffer.from('taken\n'));
  } catch {
    throw failure;
  }
  // a place that removes nothing keeps a few bytes
  await place.removeFile(probe).catch(() => {});
}
