/**
 * Whether a remote can hold the names of the files. A crypt layer makes names longer, and a name that is too long
 * would only be told in the middle of a transfer.
 */
import { CryptosyncError } from '../system/errors.ts';
import type { CryptSettings } from './crypt.ts';
import type { Remote } from './remote.ts';
import type { SourceScan } from './source-scan.ts';
import { trashFor } from './trash.ts';

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
const trashNames = trashFor(new Date(0)).split('/');

/** @throws CONFIG_INVALID naming a file whose name the remote can't hold; nothing has moved then. */
export function verifyNamesFit(scan: SourceScan, raw: Remote, crypt: CryptSettings | undefined): void {
  const lengthOf = (name: string, isDirectory: boolean): number => encryptedLength(name, isDirectory, crypt);
  const total = (names: readonly string[]): number =>
    names.reduce((sum, name, index) => sum + lengthOf(name, index < names.length - 1) + 1, -1);
  const room = objectStores.has(raw.type ?? '') ? roomForKeys(raw, lengthOf) : undefined;
  for (const { path } of scan.files) {
    const names = path.split('/');
    const isTooLong =
      room === undefined
        ? names.some((name, index) => lengthOf(name, index < names.length - 1) > longestName)
        : total(names) > room;
    if (!isTooLong) continue;
    const why = crypt === undefined ? '' : ', which crypt makes longer';
    throw new CryptosyncError('CONFIG_INVALID', `the remote can't hold this name${why}: ${path}`, {
      hint:
        crypt === undefined
          ? 'Shorten the name, or the path on the remote.'
          : 'The names of a vault are encrypted already: use crypt with --filename-encryption off for it. Otherwise shorten the name.',
      details: { path },
    });
  }
}

/** Bytes that are left for a file's path in a key, behind the remote's own path and that of the trash. */
function roomForKeys({ path }: Remote, lengthOf: (name: string, isDirectory: boolean) => number): number {
  const [, ...below] = path.split('/').filter((name) => name !== '');
  const before = below.reduce((sum, name) => sum + Buffer.byteLength(name) + 1, 0);
  return longestKey - trashNames.reduce((sum, name) => sum + lengthOf(name, true) + 1, before);
}
