/**
 * Bringing an object's content here. rclone serves objects by address, and its rule for addresses ends a place's name at
 * the first `]` and knows no line feed (hazards.md R40): what such an address can't name is copied into an open descriptor instead.
 */
import { fstatSync, readSync } from 'node:fs';
import type { CryptosyncError } from '../../../system/errors.ts';
import { readParts } from '../../../system/paths/parts.ts';
import { withScratchFile } from '../../../system/scratch-file.ts';
import { fileWriter } from '../../file-writer.ts';
import { type PlaceEntry, tooLongFile } from '../../place.ts';
import type { Answer, RcloneDaemon } from './daemon.ts';
import { transferDeadline } from './daemon.ts';

/** How one place asks rclone. */
export interface Asking {
  readonly daemon: RcloneDaemon;
  /** The files that this process has open, as a place of rclone's. */
  readonly own: string;
  /** For a file to be copied without a look at what is there. */
  readonly config: object;
  isMissing(answer: { readonly kind: string; readonly error?: string }): boolean;
  fail(answer: Exclude<Answer, { kind: 'done' }>, action: string): CryptosyncError;
  look(path: string): Promise<PlaceEntry | undefined>;
}

function isServable(fs: string, path: string): boolean {
  return !fs.includes(']') && !`${fs}${path}`.includes('\n');
}

/** A small file; undefined when there is none. @throws VERIFY_FAILED when it is longer than the limit */
export async function readContent(
  fs: string,
  path: string,
  limit: number,
  asking: Asking,
): Promise<Buffer | undefined> {
  if (!isServable(fs, path)) return await readCopy(fs, path, limit, asking);
  const content = await asking.daemon.read(fs, path, limit);
  if (content.kind === 'missing') return undefined;
  if (content.kind === 'cut') throw tooLongFile(path, limit);
  if (content.kind === 'failed') {
    if (asking.isMissing(content)) return undefined;
    throw asking.fail(content, `read ${path}`);
  }
  return content.bytes;
}

async function readCopy(
  fs: string,
  path: string,
  limit: number,
  asking: Asking,
): Promise<Buffer | undefined> {
  const standing = await asking.look(path);
  if (standing === undefined) return undefined;
  if (standing.size > limit) throw tooLongFile(path, limit);
  return await withScratchFile(Buffer.alloc(0), async (descriptor) => {
    if (!(await copyInto(fs, path, descriptor, asking))) return undefined;
    const { size } = fstatSync(descriptor);
    if (size > limit) throw tooLongFile(path, limit);
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, size, 0));
  });
}

/**
 * Brings an object into a file that is open for writing, and empty.
 * @param onContent told of every part. @returns false when there is none
 */
export async function fetchContent(
  fs: string,
  path: string,
  {
    descriptor,
    onContent,
  }: { readonly descriptor: number; readonly onContent?: ((part: Buffer) => void) | undefined },
  asking: Asking,
): Promise<boolean> {
  if (!isServable(fs, path)) {
    const isThere = await copyInto(fs, path, descriptor, asking);
    if (isThere && onContent !== undefined) await readParts(descriptor, onContent);
    return isThere;
  }
  const { write, end } = fileWriter(descriptor);
  const take = (part: Buffer): void => {
    onContent?.(part);
    write(part);
  };
  const isThere = await streamContent(fs, path, take, asking);
  end();
  return isThere;
}

/** Gives an object's content away part by part. @returns false when there is none */
export async function streamContent(
  fs: string,
  path: string,
  take: (part: Buffer) => void,
  asking: Asking,
): Promise<boolean> {
  if (!isServable(fs, path)) {
    return await withScratchFile(Buffer.alloc(0), async (descriptor) => {
      const isThere = await copyInto(fs, path, descriptor, asking);
      if (isThere) await readParts(descriptor, take);
      return isThere;
    });
  }
  const streamed = await asking.daemon.stream(fs, path, take);
  if (streamed.kind === 'whole') return true;
  if (streamed.kind === 'missing' || asking.isMissing(streamed)) return false;
  throw asking.fail(streamed, `fetch ${path}`);
}

async function copyInto(
  fs: string,
  path: string,
  descriptor: number,
  { daemon, own, config, isMissing, fail }: Asking,
): Promise<boolean> {
  const from = { srcFs: fs, srcRemote: path };
  // from 1.63 on rclone would write beside the file first, where nothing can be made
  const to = { dstFs: own, dstRemote: String(descriptor), _config: { ...config, Inplace: true } };
  const answer = await daemon.call('operations/copyfile', { ...from, ...to }, transferDeadline);
  if (answer.kind === 'done') return true;
  if (isMissing(answer)) return false;
  throw fail(answer, `fetch ${path}`);
}
