/**
 * Whether a remote can tell that a file has changed when its size has not: by modification times or by hashes. One
 * that can do neither (plain WebDAV, say) makes rclone leave such edits behind with exit 0 (TOOLS.md R10).
 */
import { questionDeadline, type RcloneDependencies, rclone, rcloneFailure } from './rclone.ts';
import { localDirectory, placeOf, type Remote, rclonePath } from './remote.ts';

/** `sees-edits`: times or hashes tell; `sizes-only`: nothing but the size does. */
export type ChangeDetection = 'sees-edits' | 'sizes-only';

/** rclone's word for "no modification times": a precision of about a hundred years, in nanoseconds (fs.ModTimeNotSupported). */
const notSupported = 100 * 365 * 24 * 3600 * 1e9;

export async function detectChangeDetection(
  remote: Remote,
  dependencies: RcloneDependencies,
): Promise<ChangeDetection> {
  // hashes alone are compared only with --checksum, which the transfer asks for then
  return (await timePrecision(remote, dependencies)) === undefined ? 'sizes-only' : 'sees-edits';
}

/** How exactly a remote keeps modification times, in nanoseconds; undefined when it keeps none. */
export async function timePrecision(
  remote: Remote,
  dependencies: RcloneDependencies,
): Promise<number | undefined> {
  if (localDirectory(remote) !== undefined) return 1;
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
  const features = JSON.parse(result.stdout) as { Precision?: number; Hashes?: string[] | null };
  const precision = features.Precision ?? notSupported;
  return precision < notSupported ? precision : undefined;
}
