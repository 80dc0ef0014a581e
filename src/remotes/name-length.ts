/**
 * Whether a remote can hold the names of the files. A crypt layer makes names longer, and a name that is too long
 * would only be told in the middle of a transfer.
 */
import { CryptosyncError } from '../system/errors.ts';
import type { CryptSettings } from './crypt.ts';
import type { SourceScan } from './source-scan.ts';

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

/** @throws CONFIG_INVALID naming a file whose name the remote can't hold; nothing has moved then. */
export function verifyNamesFit(
  scan: SourceScan,
  remoteType: string | undefined,
  crypt: CryptSettings | undefined,
): void {
  const hasKeys = objectStores.has(remoteType ?? '');
  for (const { path } of scan.files) {
    const names = path.split('/');
    const lengths = names.map((name, index) => encryptedLength(name, index < names.length - 1, crypt));
    const isTooLong = hasKeys
      ? lengths.reduce((sum, length) => sum + length + 1, -1) > longestKey
      : lengths.some((length) => length > longestName);
    if (!isTooLong) continue;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the remote can't hold this name, which crypt makes longer: ${path}`,
      {
        hint: 'The names of a vault are encrypted already: use crypt with --filename-encryption off for it. Otherwise shorten the name.',
        details: { path },
      },
    );
  }
}
