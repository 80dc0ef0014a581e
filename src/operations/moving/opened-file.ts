/** An exported file on its way in: decrypted, its first entry read, the rest still to come. */
import { createReadStream } from 'node:fs';
import { type AgeKey, decrypted } from '../../secrets/age.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { openRegularFile } from '../../system/paths/regular-file.ts';
import { type ExportManifest, manifestName, parseManifest } from './manifest.ts';

export type KeyKind = AgeKey extends infer Key ? (Key extends unknown ? keyof Key : never) : never;

export interface OpenedExport {
  readonly manifest: ExportManifest;
  /** The whole archive, from its first byte. */
  readonly archive: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes of a file of age's in which its recipients stand. */
const headerLength = 64 * 1024;
const blockLength = 512;
/** Bytes that an export may say of itself. */
const longestManifest = 1024 * 1024;

/** What opens a file: its header says so to everybody. @throws CONFIG_INVALID for what is no file of age's */
export async function keyKindOf(file: string): Promise<KeyKind> {
  const stream = createReadStream(file, { fd: openRegularFile(file), end: headerLength - 1 });
  let head = '';
  for await (const chunk of stream) head += (chunk as Buffer).toString('latin1');
  if (!head.startsWith('age-encryption.org/v1\n')) {
    throw new CryptosyncError('CONFIG_INVALID', `${file} is not a file that age has encrypted`, {
      advice: { to: 'give-export' },
    });
  }
  return /^-> scrypt /m.test(head) ? 'passphrase' : 'identities';
}

/** @throws WRONG_PASSWORD, VERIFY_FAILED, CONFIG_INVALID */
export async function openExport(file: string, key: AgeKey): Promise<OpenedExport> {
  const stream = createReadStream(file, { fd: openRegularFile(file), highWaterMark: 1024 * 1024 });
  try {
    const plain = await decrypted(key, stream, file);
    const chunks = plain[Symbol.asyncIterator]();
    const { bytes, length } = await readFirst(chunks, file);
    const manifest = parseManifest(bytes.subarray(blockLength, blockLength + length).toString('utf8'), file);
    return {
      manifest,
      archive: (async function* () {
        yield bytes;
        for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
      })(),
      async close() {
        await chunks.return?.();
        stream.destroy();
      },
    };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

interface First {
  /** All that was read so far. */
  readonly bytes: Buffer;
  /** Of the first entry's content. */
  readonly length: number;
}

/** The first member, which is a small file of a known name (tar(5): the name at 0, the size at 124 in octal). */
async function readFirst(chunks: AsyncIterator<Uint8Array>, file: string): Promise<First> {
  let bytes = Buffer.alloc(0);
  let length: number | undefined;
  while (length === undefined || bytes.length < blockLength + length) {
    const next = await chunks.next();
    if (next.done) throw noExport(file);
    bytes = Buffer.concat([bytes, next.value]);
    if (length === undefined && bytes.length >= blockLength) length = lengthOfFirst(bytes, file);
  }
  return { bytes, length };
}

function lengthOfFirst(header: Buffer, file: string): number {
  const text = (from: number, to: number): string =>
    header.subarray(from, to).toString('latin1').replace(/\0.*$/s, '');
  const size = /^[0-7]+ ?$/.test(text(124, 136)) ? Number.parseInt(text(124, 136), 8) : Number.NaN;
  if (!text(0, 100).endsWith(`/${manifestName}`) || !(size <= longestManifest)) throw noExport(file);
  return size;
}

function noExport(file: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${file} can be opened, but is no export of this program's`, {
    advice: { to: 'give-export' },
  });
}
