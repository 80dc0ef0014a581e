/**
 * Running `rclone bisync` (1.60 and later) so that its hazards (TOOLS.md R12) can't bite: it is given listings in
 * which nothing is deleted and nothing conflicts (`bisync-listing`), and may delete nothing (`--max-delete 0`); what
 * is replaced or deleted has been kept and taken away before. Its `--resync` is used only where one side is empty.
 * Symbolic links stay out: with `--links` 1.60 says that it has copied an edited link, and has not.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { listingOf, writeListings } from './bisync-listing.ts';
import { type BothSides, type Look, otherSide, type Pair, type Side } from './bisync-look.ts';
import type { Copy } from './bisync-plan.ts';
import { type Portion, portionsOf } from './bisync-portions.ts';
import { isLink } from './named-upload.ts';
import { type RcloneDependencies, type RcloneResult, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import type { TransferStats } from './rclone-log.ts';
import { linkSuffix, placeOf, rclonePath } from './remote.ts';
import {
  addResults,
  filterArguments,
  nothingTransferred,
  progressArguments,
  type TransferResult,
  transferDeadline,
} from './transfer.ts';

export interface Bisync extends Pair {
  /** bisync's `--workdir`: its own, and emptied before each run, so that no lock or listing of an older one is in it. */
  readonly workDirectory: string;
  readonly bandwidthLimit: string | undefined;
}

/**
 * Carries the copies of a plan out.
 * @param now how both sides look, with what is replaced on the remote and deleted anywhere already gone.
 * @throws BISYNC_NEEDS_RESYNC when rclone says so for no reason that is known; SYNC_FAILED, REMOTE_UNREACHABLE, …
 */
export async function carryCopies(
  bisync: Bisync,
  copies: readonly Copy[],
  now: BothSides<Look>,
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<TransferResult> {
  const files = copies.filter(({ path }) => !isLink(path));
  if (files.length === 0) return nothingTransferred;
  rmSync(bisync.workDirectory, { recursive: true, force: true });
  mkdirSync(bisync.workDirectory, { recursive: true, mode: 0o700 });
  const places = { local: bisync.directory, remote: rclonePath(bisync.remote) };
  const regular = { local: withoutLinks(now.local), remote: withoutLinks(now.remote) };
  const transfer = ['--metadata', '--ignore-times', '--max-delete', '0', ...progressArguments];
  const empty = regular.local.size === 0 ? 'local' : regular.remote.size === 0 ? 'remote' : undefined;
  if (empty !== undefined) {
    const order = [places[otherSide[empty]], places[empty]];
    return await run(bisync, [...order, '--resync', ...transfer], dependencies, onProgress);
  }
  const order = [places.local, places.remote];
  // with everything filtered out it moves nothing, and leaves empty listings under the names that it looks for
  await run(bisync, [...order, '--resync', '--filter', '- *'], dependencies, undefined);
  let carried = nothingTransferred;
  for (const portion of portionsOf(files, regular)) {
    const args = [...order, '--check-sync=false', ...prepareListings(bisync, portion), ...transfer];
    carried = addResults(carried, await run(bisync, args, dependencies, onProgress));
  }
  return carried;
}

/** Tells bisync what to find. @returns the arguments that go with it */
function prepareListings({ workDirectory }: Bisync, { copies, now, rules = [] }: Portion): string[] {
  const leaving = (side: Side): Set<string> =>
    new Set(copies.filter(({ to }) => to !== side).map(({ path }) => path));
  const one = listingOf(now.local, leaving('local'));
  const two = listingOf(now.remote, leaving('remote'));
  writeListings(workDirectory, one, two);
  return [
    ...(one.isAllChanged || two.isAllChanged ? ['--force'] : []),
    ...rules.flatMap((rule) => ['--filter', rule]),
  ];
}

function withoutLinks(look: Look): Look {
  return new Map([...look].filter(([path]) => !isLink(path)));
}

async function run(
  { remote, include, workDirectory, bandwidthLimit, flags }: Bisync,
  args: readonly string[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<TransferResult> {
  const result = await rclone(
    {
      args: [
        'bisync',
        ...args,
        '--workdir',
        workDirectory,
        '--filter',
        `- *${linkSuffix}`,
        ...filterArguments(include),
        ...(bandwidthLimit === undefined ? [] : ['--bwlimit', bandwidthLimit]),
        ...(flags ?? []),
        // one part after the other: what is stopped is then shorter than it should be (bisync-base)
        '--multi-thread-streams',
        '0',
      ],
      configFile: remote.configFile,
      environment: remote.environment,
      deadline: transferDeadline,
      lowLevelRetries: 5,
      onRecord: ({ stats }) => stats !== undefined && onProgress?.(stats),
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw bisyncFailure(result, placeOf(remote));
  return { files: result.stats?.transfers ?? 0, bytes: result.stats?.bytes ?? 0, deleted: 0 };
}

function bisyncFailure(result: RcloneResult, place: string): CryptosyncError {
  const failure = rcloneFailure(result, place, 'sync both ways');
  if (failure.code !== 'SYNC_FAILED' || !/Must run --resync/.test(result.errors.join('\n'))) return failure;
  return new CryptosyncError(
    'BISYNC_NEEDS_RESYNC',
    `rclone can't go on with the sync of ${place}: ${failure.message}`,
    {
      hint: 'Run it again once. If it ends the same way, begin anew: --resync --prefer local or --resync --prefer remote.',
      cause: failure.cause,
    },
  );
}

/** The longest name that bisync makes in its work directory out of both places must be a name. @throws CONFIG_INVALID */
export function verifyPlacesFit({ directory, remote }: Pair): void {
  const longest = `${directory}..${rclonePath(remote)}.path1.lst-new`;
  if (Buffer.byteLength(longest) <= 255) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the paths of ${directory} and ${placeOf(remote)} are together too long for bisync`,
    { hint: 'Give the remote a shorter path, or the clients a shorter root.' },
  );
}

/** The work directory of bisync itself below a mapping's state. */
export function bisyncWorkDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'work');
}
