/** Uploading files by their names: symbolic links, edits that a remote can't see, and files that never stand still. */
import { withFileList } from './file-list.ts';
import type { RcloneDependencies } from './rclone.ts';
import type { TransferStats } from './rclone-log.ts';
import { linkSuffix } from './remote.ts';
import {
  addUploads,
  nothingUploaded,
  type PlannedFile,
  progressArguments,
  type TransferRequest,
  totalSize,
  transfer,
  transferArguments,
  type UploadResult,
} from './transfer.ts';

/** Uploads just the named files, whatever the remote holds under these names; the others are not looked at. */
export async function uploadFiles(
  request: TransferRequest,
  files: readonly PlannedFile[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  const links = files.filter(({ path }) => isLink(path));
  const others = files.filter(({ path }) => !isLink(path));
  const first = await uploadNamed(request, links, [], dependencies, onProgress);
  return addUploads(first, await uploadNamed(request, others, ['--metadata'], dependencies, onProgress));
}

/**
 * Uploads files that never stand still as they are at the moment, perhaps torn: better than to leave the remote
 * without them. The caller says that they may be.
 */
export async function uploadRestless(
  request: TransferRequest,
  files: readonly PlannedFile[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  const others = files.filter(({ path }) => !isLink(path));
  const unchecked = ['--local-no-check-updated', '--ignore-checksum', '--ignore-size'];
  return await uploadNamed(request, others, ['--metadata', ...unchecked], dependencies, onProgress);
}

/**
 * True for the name of a symbolic link. Links go alone and without `--metadata`: a vault's links have encrypted
 * targets, and rclone 1.60 follows a link to set its mode, which fails.
 */
export function isLink(path: string): boolean {
  return path.endsWith(linkSuffix);
}

async function uploadNamed(
  request: TransferRequest,
  files: readonly PlannedFile[],
  flags: readonly string[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  if (files.length === 0) return nothingUploaded;
  const args = withoutFilters(transferArguments({ ...request, mode: 'copy' }));
  const how = [...flags, '--no-traverse', '--ignore-times', ...progressArguments];
  const paths = files.map(({ path }) => path);
  const result = await withFileList(paths, (list) =>
    transfer(
      request,
      [...args, '--files-from-raw', list, ...how],
      dependencies,
      ({ stats }) => stats !== undefined && onProgress?.(stats),
    ),
  );
  // what rclone counts may include the old versions on their way to the trash
  return {
    files: result.stats?.transfers ?? 0,
    bytes: totalSize(files),
    deleted: 0,
    restless: result.restless,
  };
}

/** `--files-from-raw` stands alone: rclone refuses it together with a filter. */
function withoutFilters(args: readonly string[]): string[] {
  return args.filter((word, index) => word !== '--filter' && args[index - 1] !== '--filter');
}
