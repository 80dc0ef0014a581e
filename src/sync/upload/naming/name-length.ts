/**
 * Whether a remote can hold the names of the files. A crypt layer makes names longer, and a store would only refuse one
 * that is too long in the middle of a transfer.
 */

import { trashDirectory } from '../../../remotes/control/generations.ts';
import type { CryptSettings } from '../../../remotes/crypt.ts';
import type { Remote } from '../../../remotes/remote.ts';

/** Bytes of one name on file systems and the servers before them (limits.h, NAME_MAX). */
const longestName = 255;
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
  const bytes = Buffer.byteLength(name);
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
  const room = objectStores.has(raw.type ?? '') ? roomForKeys(raw, lengthOf) : undefined;
  const why =
    crypt === undefined
      ? 'the remote takes no name of this length'
      : 'the remote takes no name of this length, which crypt makes longer';
  return (path, kind) => {
    // an object store has no directories
    if (kind === 'directory' && room !== undefined) return undefined;
    const names = path.split('/');
    const isDirectory = (index: number): boolean => kind === 'directory' || index < names.length - 1;
    const isTooLong =
      room === undefined
        ? names.some((name, index) => lengthOf(name, isDirectory(index)) > longestName)
        : total(names) > room;
    return isTooLong ? why : undefined;
  };
}

/** Bytes that are left for a file's path in a key, behind the remote's own path and that of the trash. */
function roomForKeys({ path }: Remote, lengthOf: (name: string, isDirectory: boolean) => number): number {
  const [, ...below] = path.split('/').filter((name) => name !== '');
  const before = below.reduce((sum, name) => sum + Buffer.byteLength(name) + 1, 0);
  return longestKey - trashNames.reduce((sum, name) => sum + lengthOf(name, true) + 1, before);
}
