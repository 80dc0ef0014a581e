/** All that lies at a place behind rclone, as a stream: rclone prints its array with one entry a line. */

import { CryptosyncError } from '../../../system/errors.ts';
import type { ListedHash, PlaceEntry } from '../../place.ts';
import { controlFilter, isControl, placeOf, type Remote } from '../../remote.ts';
import { callRemote } from '../ask.ts';
import type { RcloneDependencies } from '../call.ts';
import { isNotFound, rcloneFailure } from '../failure.ts';
import { transferDeadline } from './daemon.ts';
import { wholeOf } from './lanes.ts';

export interface Listed {
  readonly onEntry: (entry: PlaceEntry) => void;
  readonly hash: ListedHash | undefined;
  /** Of the profile: how a store is asked for its list may matter to it (`--fast-list`). */
  readonly flags: readonly string[];
}

export async function listPlace(
  remote: Remote,
  { onEntry, hash, flags }: Listed,
  dependencies: RcloneDependencies,
): Promise<void> {
  const hashing = hash === undefined ? [] : ['--hash', '--hash-type', hash];
  const how = ['--recursive', '--no-mimetype', ...hashing, '--filter', controlFilter, ...flags];
  const args = ['lsjson', ...how, wholeOf(remote)];
  const call = { args, action: 'list the files', deadline: transferDeadline, onStdoutLine };
  let listed = 0;
  const result = await callRemote(remote, call, dependencies);
  // the same exit tells of a directory further below that was gone when its turn came, and the list ends there
  if (isNotFound(result) && listed === 0) return;
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), call.action);

  function onStdoutLine(line: string): void {
    if (!line.startsWith('{')) return;
    listed += 1;
    const entry = entryIn(line);
    // the filter lets names with a line feed through (hazards.md R46)
    if (!isControl(entry.path)) onEntry(entry);
  }

  function entryIn(line: string): PlaceEntry {
    try {
      return entryOf(JSON.parse(line.replace(/,$/, '')) as ListedItem, hash);
    } catch (cause) {
      throw new CryptosyncError('SYNC_FAILED', `${placeOf(remote)} was listed in a way that can't be read`, {
        cause,
      });
    }
  }
}

/** What rclone tells of one thing in its lists. */
export interface ListedItem {
  readonly Path: string;
  readonly Size: number;
  readonly ModTime: string;
  readonly IsDir: boolean;
  readonly Hashes?: Readonly<Partial<Record<ListedHash, string>>>;
}

/** @param hash what was asked for */
export function entryOf(
  { Path, Size, ModTime, IsDir, Hashes }: ListedItem,
  hash: ListedHash | undefined,
): PlaceEntry {
  if (IsDir) return { path: Path, kind: 'directory', size: 0, mtime: undefined };
  const told = hash === undefined ? undefined : Hashes?.[hash]?.toLowerCase();
  return {
    path: Path,
    kind: 'file',
    size: Size,
    mtime: nanosecondsOf(ModTime),
    ...(told !== undefined && told !== '' && { hash: told }),
  };
}

/** `2026-11-21T21:27:53.5+01:00` in nanoseconds since 1970; undefined when it is no time. */
export function nanosecondsOf(time: string): bigint | undefined {
  const match = /^(.*?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (match === null) return undefined;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) return undefined;
  return BigInt(seconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}
