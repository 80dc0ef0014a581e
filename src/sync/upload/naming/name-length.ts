/**
 * Whether a remote can hold the names of the files. A crypt layer makes names longer, and a store would only refuse one
 * that is too long in the middle of a transfer.
 */

import { trashDirectory } from '../../../remotes/control/generations.ts';
import type { CryptSettings } from '../../../remotes/crypt.ts';
import { localDirectory, type Remote } from '../../../remotes/remote.ts';
import { bytesOfName } from '../../../system/names.ts';

/** Bytes of one name on file systems and the servers before them (limits.h, NAME_MAX). */
const longestName = 255;
/**
 * Bytes of a whole path on a server's own disk (path_resolution(7), PATH_MAX), with room for the directory that it serves,
 * which it does not tell. A directory of this machine is gone into name by name, so that its path has no end.
 */
const longestServed = 4095 - 195;
/** Bytes of a whole key in object stores (S3, Google Cloud Storage and Azure give 1024). */
const longestKey = 1024;
/** Backends that have keys and no directories. */
const objectStores: ReadonlySet<string> = new Set(['s3', 'b2', 'azureblob', 'google cloud storage', 'swift']);

/** Length of one name as it lies on the remote (rclone.org/crypt, "Name encryption"). */
export function encryptedLength(
  name: string,
  isDirectory: boolean,
  crypt: CryptSettings | undefined,
): number {
  const bytes = bytesOfName(name).length;
  if (crypt === undefined || (isDirectory && !crypt.directoryNameEncryption)) return bytes;
  switch (crypt.filenameEncryption) {
    case 'off':
      return isDirectory ? bytes : bytes + '.bin'.length;
    case 'obfuscate':
      // rotated characters can take more bytes than the old ones; a number of up to three digits and a dot before
      return bytes + 4;
    case 'standard':
      // PKCS#7 to whole blocks of 16 bytes, then base32 without padding
      return Math.ceil(((Math.floor(bytes / 16) + 1) * 16 * 8) / 5);
  }
}

/** What stands before a file's own path when its old version is kept, in the trash of a run. */
const trashNames = `${trashDirectory}/1000000`.split('/');

/** Says of the path of an object, or of a directory, why a remote can't hold it; undefined where it can. */
export type NameLimit = (path: string, kind: 'object' | 'directory') => string | undefined;

export function nameLimitOf({
  raw,
  crypt,
}: {
  readonly raw: Remote;
  readonly crypt: CryptSettings | undefined;
}): NameLimit {
  const lengthOf = (name: string, isDirectory: boolean): number => encryptedLength(name, isDirectory, crypt);
  const total = (names: readonly string[]): number =>
    names.reduce((sum, name, index) => sum + lengthOf(name, index < names.length - 1) + 1, -1);
  const hasKeys = objectStores.has(raw.type ?? '');
  const isDirectoryHere = crypt === undefined && localDirectory(raw) !== undefined;
  const room = isDirectoryHere ? Number.POSITIVE_INFINITY : roomIn(raw, hasKeys, lengthOf);
  const why = (what: 'name' | 'path'): string =>
    `the remote takes no ${what} of this length${crypt === undefined ? '' : ', which crypt makes longer'}`;
  return (path, kind) => {
    // an object store has no directories
    if (kind === 'directory' && hasKeys) return undefined;
    const names = path.split('/');
    const isDirectory = (index: number): boolean => kind === 'directory' || index < names.length - 1;
    if (!hasKeys && names.some((name, index) => lengthOf(name, isDirectory(index)) > longestName))
      return why('name');
    return total(names) > room ? why(hasKeys ? 'name' : 'path') : undefined;
  };
}

/** Bytes that are left for a file's path, behind the remote's own, which in keys has no bucket, and that of the trash. */
function roomIn(
  { path }: Remote,
  hasKeys: boolean,
  lengthOf: (name: string, isDirectory: boolean) => number,
): number {
  const above = path.split('/').filter((name) => name !== '');
  const before = above.slice(hasKeys ? 1 : 0).reduce((sum, name) => sum + Buffer.byteLength(name) + 1, 0);
  const longest = hasKeys ? longestKey : longestServed;
  return longest - trashNames.reduce((sum, name) => sum + lengthOf(name, true) + 1, before);
}
