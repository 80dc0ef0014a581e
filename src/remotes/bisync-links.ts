/** Symbolic links of a bidirectional sync: bisync leaves them out, so they go by copies of their own. */
import type { Bisync } from './bisync.ts';
import type { Copy } from './bisync-plan.ts';
import { withFileList } from './file-list.ts';
import { isLink, uploadFiles } from './named-upload.ts';
import { type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { placeOf, rclonePath } from './remote.ts';
import { addResults, nothingTransferred, type TransferResult, transferDeadline } from './transfer.ts';

/** Carries out those copies of a plan that are links. */
export async function carryLinks(
  {
    directory,
    remote,
    bandwidthLimit,
    flags,
  }: Pick<Bisync, 'directory' | 'remote' | 'bandwidthLimit' | 'flags'>,
  copies: readonly Copy[],
  dependencies: RcloneDependencies,
): Promise<TransferResult> {
  const links = copies.filter(({ path }) => isLink(path));
  const up = links.filter(({ to }) => to === 'remote');
  const request = {
    source: directory,
    remote,
    mode: 'copy',
    trash: undefined,
    bandwidthLimit,
    flags,
  } as const;
  const sent = await uploadFiles(request, up, dependencies, undefined);
  const down = links.filter(({ to }) => to === 'local');
  if (down.length === 0) return sent;
  await withFileList(
    down.map(({ path }) => path),
    async (list) => {
      const how = ['--links', '--no-traverse', '--ignore-times', '--files-from-raw', list, ...(flags ?? [])];
      const { configFile, environment } = remote;
      const args = ['copy', rclonePath(remote), directory, ...how];
      const result = await rclone(
        { args, configFile, environment, deadline: transferDeadline },
        dependencies,
      );
      if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), 'download links');
    },
  );
  const bytes = down.reduce((sum, { size }) => sum + size, 0);
  return addResults(sent, { ...nothingTransferred, files: down.length, bytes });
}
