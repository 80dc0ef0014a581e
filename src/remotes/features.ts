/** What a remote can do, asked of rclone: what a transfer looks like depends on it. */
import { questionDeadline, type RcloneDependencies, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import { localDirectory, placeOf, type Remote, rclonePath } from './remote.ts';

export interface RemoteFeatures {
  /**
   * How exactly it keeps modification times, in nanoseconds; undefined when it keeps none. Then nothing but the size
   * tells that a file has changed, and rclone leaves other edits behind with exit 0 (TOOLS.md R10): hashes alone are
   * compared only with --checksum.
   */
  readonly timePrecision: number | undefined;
  /** Whether it can move a file. One that can't copies it and deletes the old one. */
  readonly movesFiles: boolean;
}

/** rclone's word for "no modification times": a precision of about a hundred years, in nanoseconds (fs.ModTimeNotSupported). */
const notSupported = 100 * 365 * 24 * 3600 * 1e9;

export async function readFeatures(
  remote: Remote,
  dependencies: RcloneDependencies,
): Promise<RemoteFeatures> {
  if (localDirectory(remote) !== undefined) return { timePrecision: 1, movesFiles: true };
  const result = await rclone(
    {
      args: ['backend', 'features', rclonePath(remote)],
      configFile: remote.configFile,
      environment: remote.environment,
      deadline: questionDeadline,
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), 'ask what the remote can do');
  const { Precision: precision = notSupported, Features: features } = JSON.parse(result.stdout) as {
    Precision?: number;
    Features?: Partial<Record<string, boolean>>;
  };
  return {
    timePrecision: precision < notSupported ? precision : undefined,
    movesFiles: features?.['Move'] === true,
  };
}
