/** What an upload makes sure of before it plans: the remote is apart from the source, and empty or its own. */
import type { ControlFiles } from '../../remotes/control-files.ts';
import { verifyRemoteIdentity } from '../../remotes/guard.ts';
import type { MarkerReading } from '../../remotes/marker.ts';
import { controlDirectory, localDirectory, placeOf, type Remote } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { resolveMountPath } from '../../vaults/mount-point.ts';
import type { SyncSource } from './sync-source.ts';

/** A remote on this machine must not lie in the vault, nor the vault in it. @throws CONFIG_INVALID */
export function verifyApart({ apart }: SyncSource, remote: Remote): void {
  const directoryOfRemote = localDirectory(remote);
  if (directoryOfRemote === undefined) return;
  const target = resolveMountPath(directoryOfRemote);
  for (const directory of apart) {
    if (isInside(target, directory) || isInside(directory, target)) {
      throw new CryptosyncError('CONFIG_INVALID', `the remote ${target} and ${directory} overlap`, {
        hint: 'Give the remote a path outside of it.',
      });
    }
  }
}

function isInside(inner: string, outer: string): boolean {
  return `${inner}/`.startsWith(outer === '/' ? outer : `${outer}/`);
}

/** @returns whether the remote is empty. @throws VAULT_FOREIGN, REMOTE_NOT_EMPTY */
export async function verifyRemote(
  { identity, configFile, directory }: SyncSource,
  remote: Remote,
  marker: MarkerReading,
  files: ControlFiles,
): Promise<boolean> {
  const place = placeOf(remote);
  if (marker.kind === 'present') {
    verifyRemoteIdentity({ place, marker, isEmpty: false, hasOwnConfig: false }, identity);
    return false;
  }
  const names = await files.list('');
  const isEmpty = names.every((name) => name === `${controlDirectory}/`);
  const hasOwnConfig =
    configFile !== undefined &&
    names.includes(configFile) &&
    (await files.read(configFile)) === readTextIfPresent(`${directory}/${configFile}`);
  verifyRemoteIdentity({ place, marker, isEmpty, hasOwnConfig }, identity);
  return isEmpty;
}
