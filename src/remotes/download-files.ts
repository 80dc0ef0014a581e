/** Bringing a remote's files into a directory that nobody uses yet. */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf, temporaryNameFor } from '../system/files.ts';
import { type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import type { LogRecord, TransferStats } from './rclone-log.ts';
import { reachabilityOf } from './reachable.ts';
import { linkSuffix, placeOf, type Remote, rclonePath } from './remote.ts';
import {
  filterArguments,
  type PlannedFile,
  progressArguments,
  type TransferResult,
  transferDeadline,
} from './transfer.ts';

export interface DownloadSettings {
  readonly include: readonly string[];
  readonly bandwidthLimit: string | undefined;
  readonly flags: readonly string[] | undefined;
}

/**
 * Has rclone read symbolic links as small files with a suffix. `--links` would do that as well, but since it is for
 * all backends (seen in 1.75) it makes links of them again in any target, whatever the target's own option says.
 */
const readingLinks = { RCLONE_LOCAL_LINKS: 'true' };

/** A directory of this machine as rclone's target in which such files stay what they are. */
function withoutLinks(directory: string): string {
  return `:local,links=false:${directory}`;
}

function downloadArguments(remote: Remote, target: string, settings: DownloadSettings): string[] {
  return [
    'sync',
    rclonePath(remote),
    target,
    '--metadata',
    ...filterArguments(settings.include),
    ...(settings.bandwidthLimit === undefined ? [] : ['--bwlimit', settings.bandwidthLimit]),
    ...(settings.flags ?? []),
  ];
}

/** Makes a directory like the remote. What an interrupted run left in it is gone on with. */
export async function downloadFiles(
  remote: Remote,
  directory: string,
  settings: DownloadSettings,
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<TransferResult> {
  const result = await rclone(
    {
      args: [...downloadArguments(remote, withoutLinks(directory), settings), ...progressArguments],
      configFile: remote.configFile,
      environment: { ...remote.environment, ...readingLinks },
      deadline: transferDeadline,
      lowLevelRetries: 5,
      askRemote: reachabilityOf(remote, dependencies),
      onRecord: ({ stats }) => stats !== undefined && onProgress?.(stats),
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), 'download the files');
  return { files: result.stats?.transfers ?? 0, bytes: result.stats?.bytes ?? 0, deleted: 0 };
}

/** What a download would bring (`uploads`, in the plan's word) and take away. It changes nothing. */
export async function planDownloadFiles(
  remote: Remote,
  directory: string,
  settings: DownloadSettings,
  dependencies: RcloneDependencies,
): Promise<{ uploads: PlannedFile[]; deletions: PlannedFile[] }> {
  const uploads: PlannedFile[] = [];
  const deletions: PlannedFile[] = [];
  const onRecord = ({ skipped, object, size }: LogRecord): void => {
    if (object === undefined) return;
    if (skipped === 'copy') uploads.push({ path: object, size });
    if (skipped === 'delete') deletions.push({ path: object, size });
  };
  const result = await rclone(
    {
      args: [...downloadArguments(remote, directory, settings), '--dry-run'],
      configFile: remote.configFile,
      environment: { ...remote.environment, ...readingLinks },
      deadline: transferDeadline,
      onRecord,
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), 'compare with the remote');
  return { uploads, deletions };
}

/** Calls `visit` for everything below a directory that is no directory; links are not followed. */
function walk(directory: string, visit: (path: string, isLink: boolean) => void, below = ''): void {
  for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : join(below, entry.name);
    if (entry.isDirectory()) walk(directory, visit, path);
    else visit(path, entry.isSymbolicLink());
  }
}

/** True when a run before this one has already made links: then nothing more may be written there. */
export function holdsLinks(directory: string): boolean {
  let found = false;
  walk(directory, (_path, isLink) => {
    found ||= isLink;
  });
  return found;
}

/**
 * Makes the symbolic links out of the small files in which they came.
 * @param place the remote, for the error. @throws VAULT_MISMATCH when something else has the name of a link
 */
export function completeLinks(directory: string, place: string): void {
  const links: string[] = [];
  walk(directory, (path) => {
    if (path.endsWith(linkSuffix)) links.push(path);
  });
  for (const path of links) verifyFree(directory, path.slice(0, -linkSuffix.length), place);
  for (const path of links) {
    const file = join(directory, path);
    const temporary = temporaryNameFor(file);
    symlinkSync(readFileSync(file, 'utf8'), temporary);
    renameSync(temporary, file.slice(0, -linkSuffix.length));
    rmSync(file);
  }
}

function verifyFree(directory: string, path: string, place: string): void {
  if (kindOf(join(directory, path)) === 'none') return;
  throw new CryptosyncError('VAULT_MISMATCH', `${place} has ${path} twice: as a link and as something else`, {
    hint: `Look which is right, and take the other off the remote: ${path}${linkSuffix} is the link. The directory on this machine was left as it is.`,
  });
}

/** Takes along the files that only the old directory has. */
export function keepLocalOnly(old: string, fresh: string): void {
  walk(old, (path, isLink) => {
    const target = join(fresh, path);
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(join(target, '..'), { recursive: true, mode: 0o700 });
    if (isLink) symlinkSync(readlinkSync(join(old, path)), target);
    else linkSync(join(old, path), target);
  });
}
