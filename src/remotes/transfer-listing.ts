/** What lies on a remote, and what of a source a transfer would look at. */
import { type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { controlFilter, placeOf, type Remote, rclonePath } from './remote.ts';
import { filterArguments, type TransferRequest, transferDeadline } from './transfer.ts';

/** Counts the files on the remote, the tool's own left out. */
export async function countRemoteFiles(remote: Remote, dependencies: RcloneDependencies): Promise<number> {
  let count = 0;
  const result = await rclone(
    {
      args: ['lsf', '--recursive', '--files-only', '--filter', controlFilter, rclonePath(remote)],
      configFile: remote.configFile,
      environment: remote.environment,
      deadline: transferDeadline,
      onStdoutLine: () => {
        count += 1;
      },
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), 'list the remote');
  return count;
}

/** The files of the source that the request's patterns let through, as rclone names them. */
export async function listIncluded(
  { source, remote, include }: TransferRequest,
  dependencies: RcloneDependencies,
): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  const result = await rclone(
    {
      args: ['lsf', '--recursive', '--files-only', '--links', ...filterArguments(include), source],
      configFile: remote.configFile,
      deadline: transferDeadline,
      onStdoutLine: (path) => files.add(path),
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, source, 'list the source');
  return files;
}
