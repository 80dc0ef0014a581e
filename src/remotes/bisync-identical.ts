/** Which files hold the same on both sides, whatever their times say: told by reading them. */
import type { Pair } from './bisync-look.ts';
import { withFileList } from './file-list.ts';
import { type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { placeOf, rclonePath } from './remote.ts';
import { transferDeadline } from './transfer.ts';

/** `check` has also found differences. */
const differencesFound = 1;

/** Compares contents, for which files are read from the remote. Neither side changes. */
export async function findIdentical(
  { directory, remote, flags = [] }: Pair,
  paths: readonly string[],
  dependencies: RcloneDependencies,
): Promise<Set<string>> {
  const identical = new Set<string>();
  if (paths.length === 0) return identical;
  const result = await withFileList(paths, (list) =>
    rclone(
      {
        args: [
          'check',
          directory,
          rclonePath(remote),
          ...['--download', '--links', '--no-traverse', '--files-from-raw', list, '--match', '-'],
          ...flags,
        ],
        configFile: remote.configFile,
        environment: remote.environment,
        deadline: transferDeadline,
        onStdoutLine: (line) => identical.add(line),
      },
      dependencies,
    ),
  );
  if (result.exitCode !== 0 && (result.exitCode !== differencesFound || result.timedOut)) {
    throw rcloneFailure(result, placeOf(remote), 'compare the contents');
  }
  return identical;
}
