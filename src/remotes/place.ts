/**
 * A place that holds a tree, as a sync uses it: small questions, single moves and puts that somebody else has decided.
 * It compares nothing and decides nothing. There are two: a directory of this machine, which is handled by our own
 * descriptors so that no link can lead away from it, and everything that rclone knows.
 */

import { CryptosyncError } from '../system/errors.ts';
import { isBytes, shownPath } from '../system/names.ts';

/** The hash that a place's list tells of every file for nothing, because it keeps it. */
export const listedHashes = ['sha256', 'sha1', 'md5'] as const;
export type ListedHash = (typeof listedHashes)[number];

/** What a place can do; what it does differs by it. */
export interface PlaceFeatures {
  /** Nanoseconds that its times are exact to; undefined when it keeps none that it is given. */
  readonly timePrecision: number | undefined;
  readonly movesFiles: boolean;
  readonly movesDirectories: boolean;
  readonly keepsEmptyDirectories: boolean;
  /** `README` and `readme` are one file there. */
  readonly ignoresCase: boolean;
  /** Names that are no text can be stored. */
  readonly takesBytes: boolean;
  /** A control character in a name may be listed as the sign that stands for it, and one such sign as another (R41). */
  readonly respellsNames: boolean;
  /** Undefined where a list tells no hash, or only by reading every file. */
  readonly listedHash?: ListedHash | undefined;
}

/** Which directories can stand at a place with nothing in them, by their paths. */
export function keepsDirectory({
  keepsEmptyDirectories,
  takesBytes,
}: Pick<PlaceFeatures, 'keepsEmptyDirectories' | 'takesBytes'>): (path: string) => boolean {
  return (path) => keepsEmptyDirectories && (takesBytes || !isBytes(path));
}

export interface PlaceEntry {
  /** Relative to the place. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes of a file. */
  readonly size: number;
  /** Of a file, nanoseconds since 1970, as the place tells it; undefined when it tells none. */
  readonly mtime: bigint | undefined;
  /** Where it leads, of a symbolic link in a directory of this machine. */
  readonly target?: string;
  /** Hexadecimal, of the kind that was asked for; undefined when the place tells none of this file. */
  readonly hash?: string | undefined;
}

export interface HowListed {
  /** To be listed too: what the place's features say that a list tells. */
  readonly hash?: ListedHash | undefined;
  /** Ends this list alone, besides what ends everything at the place. */
  readonly signal?: AbortSignal | undefined;
}

/** A file that is open for reading on this machine. */
export interface Source {
  readonly descriptor: number;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Permission bits, for a place that keeps them. */
  readonly mode: number;
  /** Told of every part of the content that goes, and whether it is the last one, by a place that `tellsContent`. */
  readonly onContent?: ((part: Buffer, isLast: boolean) => void) | undefined;
}

/** How a put ended: `restless` when the file did not stand still while it was read, and is not there whole. */
export type Put = 'done' | 'restless';

export interface Place {
  /** As operators know it. */
  readonly name: string;
  /** How many puts, moves and fetches it is given at a time. */
  readonly lanes: number;
  /** It reads what it is given in this process, so nobody needs to read it once more for its hash. */
  readonly tellsContent: boolean;
  features(): Promise<PlaceFeatures>;
  /**
   * A small file; undefined when there is none.
   * @throws VERIFY_FAILED when it is longer than the limit, or no regular file
   */
  read(path: string, limit: number): Promise<Buffer | undefined>;
  /** The names in a directory, directories with a slash behind; none when it is missing. */
  names(directory: string): Promise<string[]>;
  /** All that lies there but the tool's own directory, in no order. @throws INTERRUPTED */
  list(onEntry: (entry: PlaceEntry) => void, how?: HowListed): Promise<void>;
  /** The directories above it in which a place of ours lies, as far as they can be asked. */
  placesAbove(): Promise<string[]>;
  /** What stands at a path, no directory; undefined when nothing does. */
  look(path: string): Promise<PlaceEntry | undefined>;
  /** Puts an open file at a path, whatever stands there; its parents are made. */
  put(source: Source, path: string): Promise<Put>;
  /** Writes a small file of ours so that it is there whole or not at all. */
  write(path: string, content: Buffer): Promise<void>;
  /** Reads a file from its beginning to its end; a part is not kept for `take`. @returns false when there is none */
  stream(path: string, take: (part: Buffer) => void): Promise<boolean>;
  /**
   * Brings a file into one that is open for writing, and empty, on this machine.
   * @param onContent told of every part. @returns false when there is none
   */
  get(path: string, descriptor: number, onContent?: (part: Buffer) => void): Promise<boolean>;
  /** Moves a file; the parents of its new path are made. @returns false when there is none. */
  move(from: string, to: string): Promise<boolean>;
  /** Moves a directory with all that is in it, onto a path where nothing is. @returns false when it can't */
  moveDirectory(from: string, to: string): Promise<boolean>;
  makeDirectory(path: string): Promise<void>;
  /** Removes a directory if it is there and empty. @throws where that is refused */
  removeEmptyDirectory(path: string): Promise<void>;
  /** Removes a file if it is there. */
  removeFile(path: string): Promise<void>;
  /** Removes a directory of ours with all that is in it. */
  removeTree(path: string): Promise<void>;
  /** Makes what was written durable, where that is ours to do. */
  flush(): Promise<void>;
  /** Bytes that have moved so far, those of files that are under way among them. */
  movedBytes(): number;
  close(): Promise<void>;
}

/** The error for a file in the place of one of ours. */
export function tooLongFile(path: string, limit: number): CryptosyncError {
  return new CryptosyncError('VERIFY_FAILED', `${path} is longer than ${limit} bytes, which none of ours is`);
}

/** The error for a put that is not there whole, although what was read stood still. */
export function notKept(place: string, path: string): CryptosyncError {
  return new CryptosyncError('SYNC_FAILED', `${place} did not keep ${shownPath(path)} as it was sent`, {
    advice: { to: 'check-remote-keeps' },
  });
}

/** How many puts, moves and fetches a place is given at a time when the operator said nothing. */
export const usualLanes = 16;
