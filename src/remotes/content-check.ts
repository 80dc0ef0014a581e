/** Whether a remote holds what a directory of this machine holds, byte by byte, through any crypt layer. */
import { CryptosyncError } from '../system/errors.ts';
import { type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { placeOf, type Remote, rclonePath } from './remote.ts';
import { filterArguments, transferDeadline } from './transfer.ts';

/**
 * Reads every file back and compares it: a comparison by hashes can't see through a crypt layer, and calls what it
 * could not check a success (TOOLS.md R11).
 * @throws VERIFY_FAILED naming files that are missing or differ
 */
export async function verifyContent(
  directory: string,
  remote: Remote,
  include: readonly string[],
  dependencies: RcloneDependencies,
): Promise<void> {
  const different: string[] = [];
  const result = await rclone(
    {
      args: [
        'check',
        directory,
        rclonePath(remote),
        '--download',
        '--one-way',
        '--links',
        ...filterArguments(include),
      ],
      configFile: remote.configFile,
      environment: remote.environment,
      deadline: transferDeadline,
      lowLevelRetries: 5,
      onRecord: ({ level, object }) => {
        if (level === 'error' && object !== undefined) different.push(object);
      },
    },
    dependencies,
  );
  if (result.exitCode === 0) return;
  if (different.length === 0) throw rcloneFailure(result, placeOf(remote), 'compare the files');
  const shown = different.slice(0, 5).join(', ');
  throw new CryptosyncError(
    'VERIFY_FAILED',
    `${different.length} files differ at ${placeOf(remote)}: ${shown}`,
    {
      hint: 'Sync again and compare once more; if it stays so, the remote does not keep what it is sent.',
      details: { different: different.slice(0, 100) },
    },
  );
}
