/** What a status of a profile is read from, as far as that is files. */
import { dirname, isAbsolute, join } from 'node:path';
import type { ProfileLayout } from '../../../clients/layout.ts';
import type { Profile } from '../../../clients/profile.ts';
import { isWithin } from '../../../system/names.ts';
import { resolvePath } from '../../../system/stores/stores.ts';
import type { MountEntry } from '../../../vaults/mounts/mount-table.ts';
import type { Vault } from '../../../vaults/vault.ts';

interface Facts {
  readonly profile: Profile;
  readonly vault: Vault;
  /** The backend of its remote. */
  readonly remoteType: string | null;
  /** The files with what the last checks of its places found. */
  readonly checks: readonly string[];
  readonly table: readonly MountEntry[];
}

/**
 * The files and directories, there or not; those above them count as well. Undefined where not all of them lie in the
 * client's own directory, by their own names: through a link or on another disk much can change that nobody looks at.
 */
export function sourcesOf(
  layout: ProfileLayout,
  { profile, vault, remoteType, checks, table }: Facts,
): string[] | undefined {
  const { directory, profileFile, rcloneConfig, ledger } = layout;
  const home = resolvePath(directory, table);
  const isHere = (named: string, found: string): boolean =>
    isWithin(named, directory) && found === home + named.slice(directory.length);
  const { encryptedDir, mountDir } = profile;
  if (!isHere(encryptedDir, vault.encryptedDir) || !isHere(mountDir, vault.mountDir)) return undefined;
  // what is not absolute is told from where the command was typed
  const paths = [profile.remote?.path, ...(profile.mappings ?? []).map(({ remotePath }) => remotePath)];
  if (remoteType === 'local' && paths.some((path) => path !== undefined && !isAbsolute(path)))
    return undefined;
  const config = join(encryptedDir, vault.engine.configFile);
  // of the mount directory only its name tells, which stands in the one above it
  return [profileFile, rcloneConfig, ledger, config, dirname(mountDir), ...checks];
}
