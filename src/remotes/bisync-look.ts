/**
 * One look at a side of a bidirectional sync: every file as rclone lists it, so that both sides are seen by the same
 * filters and under the same names. A listing that is not complete is a failure, never a side with fewer files.
 */
import { CryptosyncError } from '../system/errors.ts';
import { type RcloneDependencies, rclone } from './rclone.ts';
import { isNotFound, rcloneFailure } from './rclone-failure.ts';
import { placeOf, type Remote, rclonePath } from './remote.ts';
import { filterArguments, transferDeadline } from './transfer.ts';

export type Side = 'local' | 'remote';
export const sides = ['local', 'remote'] as const satisfies readonly Side[];
export const otherSide = { local: 'remote', remote: 'local' } as const satisfies Record<Side, Side>;
export type BothSides<Value> = Readonly<Record<Side, Value>>;

export interface Entry {
  readonly size: number;
  /** Modification time in UTC with nine digits behind the second: as text it sorts by age. */
  readonly time: string;
}

/** The files of a side by their paths; a symbolic link's path has rclone's suffix. */
export type Look = ReadonlyMap<string, Entry>;

/** The two places that are brought together. */
export interface Pair {
  /** A directory of this machine. */
  readonly directory: string;
  readonly remote: Remote;
  /** Patterns of what is synced; everything when there are none. */
  readonly include: readonly string[];
  /** Further flags of the profile. */
  readonly flags: readonly string[] | undefined;
}

/** @throws REMOTE_UNREACHABLE and its like; CONFIG_INVALID for a name that a list of files can't hold */
export async function lookAtBoth(pair: Pair, dependencies: RcloneDependencies): Promise<BothSides<Look>> {
  const { directory, remote } = pair;
  const [local, there] = await Promise.all([
    look(directory, directory, pair, dependencies),
    look(rclonePath(remote), placeOf(remote), pair, dependencies),
  ]);
  return { local, remote: there };
}

async function look(
  path: string,
  place: string,
  { remote: { configFile, environment }, include, flags = [] }: Pair,
  dependencies: RcloneDependencies,
): Promise<Look> {
  const files = new Map<string, Entry>();
  const result = await rclone(
    {
      args: [
        'lsjson',
        '--recursive',
        '--files-only',
        '--no-mimetype',
        '--links',
        ...filterArguments(include),
        ...flags,
        path,
      ],
      configFile,
      environment,
      deadline: transferDeadline,
      onStdoutLine: (line) => {
        const file = parseLine(line);
        if (file !== undefined) files.set(file.path, file.entry);
      },
    },
    dependencies,
  );
  if (isNotFound(result)) return new Map();
  if (result.exitCode !== 0) throw rcloneFailure(result, place, 'list the files');
  for (const name of files.keys()) verifyListable(name);
  return files;
}

/** rclone prints its array with one file a line. */
function parseLine(line: string): { path: string; entry: Entry } | undefined {
  if (!line.startsWith('{')) return undefined;
  const { Path, Size, ModTime } = JSON.parse(line.replace(/,$/, '')) as {
    Path: string;
    Size: number;
    ModTime: string;
  };
  return { path: Path, entry: { size: Size, time: normalised(ModTime) } };
}

/** `2026-11-21T21:27:53.5+01:00` → `2026-11-21T20:27:53.500000000Z` */
export function normalised(time: string): string {
  const [, seconds = '', fraction = '', zone = 'Z'] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  const utc = new Date(`${seconds}${zone}`).toISOString().slice(0, 19);
  return `${utc}.${fraction.padEnd(9, '0').slice(0, 9)}Z`;
}

/** Nanoseconds since 1970. */
export function nanoseconds({ time }: Entry): bigint {
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(time.slice(20, 29));
}

export function isSameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.size === b?.size && a?.time === b?.time;
}

/** rclone takes lists of files by lines. */
function verifyListable(path: string): void {
  if (!/[\r\n]/.test(path)) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `a name with a line break can't be synced in both directions: ${JSON.stringify(path)}`,
    { hint: 'Rename it. Nothing was changed.', details: { path } },
  );
}
