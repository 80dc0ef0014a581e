/** All that lies at a place behind rclone, as a stream: rclone prints its array with one entry a line. */

import { CryptosyncError } from '../../../system/errors.ts';
import type { ListedHash, PlaceEntry } from '../../place.ts';
import { controlFilter, isControl, placeOf, type Remote } from '../../remote.ts';
import { askRemoteIfPresent } from '../ask.ts';
import type { RcloneDependencies } from '../call.ts';
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
  await askRemoteIfPresent(remote, call, dependencies);

  function onStdoutLine(line: string): void {
    if (!line.startsWith('{')) return;
    const entry = entryIn(line);
    // the filter lets names with a line feed through (hazards.md R46)
    if (!isControl(entry.path)) onEntry(entry);
  }

  function entryIn(line: string): PlaceEntry {
    try {
      const { Path, Size, ModTime, IsDir, Hashes } = JSON.parse(line.replace(/,$/, '')) as {
        Path: string;
        Size: number;
        ModTime: string;
        IsDir: boolean;
        Hashes?: Readonly<Partial<Record<ListedHash, string>>>;
      };
      if (IsDir) return { path: Path, kind: 'directory', size: 0, mtime: undefined };
      const told = hash === undefined ? undefined : Hashes?.[hash]?.toLowerCase();
      return {
        path: Path,
        kind: 'file',
        size: Size,
        mtime: nanosecondsOf(ModTime),
        ...(told !== undefined && told !== '' && { hash: told }),
      };
    } catch (cause) {
      throw new CryptosyncError('SYNC_FAILED', `${placeOf(remote)} was listed in a way that can't be read`, {
        cause,
      });
    }
  }
}

/** `2026-11-21T21:27:53.5+01:00` in nanoseconds since 1970; undefined when it is no time. */
export function nanosecondsOf(time: string): bigint | undefined {
  const match = /^(.*?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (match === null) return undefined;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) return undefined;
  return BigInt(seconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}
