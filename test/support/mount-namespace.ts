/**
 * A mount namespace of a test's own. It begins with a copy of all mounts there are: one of another test's vault, kept
 * there, would keep its daemon alive after that test has unmounted it.
 */
const leaveOthers = 'umount -a -l -t fuse.gocryptfs,fuse.cryfs';

/**
 * Arguments for unshare(1), behind which the program stands with its own.
 * @param script what is done first in the new namespace, and stops it where it fails
 */
export function ownMounts(script = ':', options: readonly string[] = []): string[] {
  const first = `${leaveOthers}; set -e; ${script}\nexec "$@"`;
  return ['--mount', '--propagation', 'private', ...options, 'sh', '-c', first, 'sh'];
}
