/**
 * Restoring beside, on a machine that does not know the client and is not to: a tree of a client lies beside the target
 * for as long as that takes, as an install would lay it out, and everything that restores on a machine that knows the
 * client works on it.
 */
import { dirname, join, resolve } from 'node:path';
import { directoryMode, type ProfileLayout, profileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { writeProfile } from '../../clients/profile-store.ts';
import { placeOf } from '../../remotes/remote.ts';
import { shortDigest } from '../../system/digest.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, namesIn } from '../../system/files.ts';
import { removeFile, removeIfEmpty, removeTree } from '../../system/paths/removal.ts';
import type { Context } from '../context.ts';
import type { InstallRequest } from '../install/request.ts';
import { remoteOf } from '../vault-of.ts';
import { type PartRequest, restoreKnown } from './known.ts';
import { type MarkerThere, markerThere } from './marker-there.ts';
import type { RestoreResult } from './request.ts';
import { inWorkshop } from './workshop.ts';

/**
 * @param request with a target.
 * @throws VAULT_FOREIGN for a place without a marker, what is wrong with the installation, and what `restoreKnown` throws.
 * What came is kept for the next run then.
 */
export async function restoreBeside(
  context: Context,
  request: PartRequest & { readonly to: string },
  installation: InstallRequest,
): Promise<RestoreResult[]> {
  const { to, wait } = request;
  const above = dirname(to);
  const isNew = ensureDirectory(above, directoryMode);
  const path = join(above, `.cryptosync-restoring-${shortDigest(to, 16)}`);
  try {
    return await inWorkshop(context, { path, purpose: 'restore', wait }, (root) =>
      restoreFrom(context, request, installation, root),
    );
  } finally {
    if (isNew) removeIfEmpty(above);
  }
}

/** @param root for a client's tree */
async function restoreFrom(
  context: Context,
  request: PartRequest,
  installation: InstallRequest,
  root: string,
): Promise<RestoreResult[]> {
  const { client, profile: name } = installation.layout;
  const { encryptionKey } = request;
  const layout = profileLayout(root, client, name);
  for (const directory of [
    layout.directory,
    layout.rcloneDirectory,
    layout.toolDirectory,
    layout.stateDirectory,
  ])
    ensureDirectory(directory, directoryMode, root);
  try {
    const there = await markerThere(context, installation, encryptionKey, layout.rcloneConfig);
    const own = { ...layout, rcloneConfig: there.rcloneConfig };
    await writeProfile(layout, profileOf(own, there));
    return await restoreKnown(context, { ...request, layout: own });
  } finally {
    // it holds the credentials
    removeFile(layout.rcloneConfig, root);
    const hasCome = namesIn(layout.stateDirectory).some((one) => one.startsWith('incoming-'));
    if (!hasCome) removeTree(layout.directory, root);
  }
}

function profileOf(
  layout: ProfileLayout,
  { profile, identity, engine = profile.engine }: MarkerThere,
): Profile {
  if (identity === undefined) {
    throw new CryptosyncError('VAULT_FOREIGN', `${placeOf(remoteOf(layout, profile))} holds no vault`, {
      advice: { to: 'check-remote-path' },
    });
  }
  // a directory beside the vault is told by its path below the client's tree, or by its whole path
  const [vaultId = '', ...source] = identity.split('#');
  const { directory, defaultEncryptedDir: encryptedDir, defaultMountDir: mountDir } = layout;
  return {
    ...profile,
    ...{ engine, vaultId, encryptedDir, mountDir },
    ...(source.length > 0 && {
      mappings: [{ source: resolve(directory, source.join('#')), plaintext: true, allowOutside: true }],
    }),
  };
}
