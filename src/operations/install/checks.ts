/** What must hold of the tree before an install begins. Each check throws, and changes nothing. */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FormerProfile } from '../../clients/former-tree.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { notesAbout } from '../../sync/here/incoming.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { verifyTrusted } from '../../system/paths/trust.ts';
import { roles, verifyReachable } from '../../system/stores/stores.ts';
import type { Engine } from '../../vaults/engines/engine.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { resolveMountPath, verifyNoStrays } from '../../vaults/mounts/mount-point.ts';
import { readMountTable } from '../../vaults/mounts/mount-table.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import { vaultOf } from '../vault-of.ts';

/**
 * A client's directories must be directories, not links that lead elsewhere; its own and its vault's may be moved to
 * another disk by a link of root's or the user's. Nobody else may be able to change what is believed or run.
 * @throws CONFIG_INVALID
 */
export function verifyOwnTree(layout: ProfileLayout, userId: number): void {
  const own = [
    layout.directory,
    layout.vaultDirectory,
    layout.rcloneDirectory,
    layout.toolDirectory,
    layout.configDirectory,
    layout.scriptsDirectory,
    layout.stateDirectory,
    layout.locksDirectory,
  ];
  for (const path of own) {
    const kind = kindOf(path);
    if (kind === 'none' || kind === 'directory') continue;
    const owner = lstatSync(path).uid;
    const mayBeLink = path === layout.directory || path === layout.vaultDirectory;
    if (kind === 'link' && mayBeLink && (owner === userId || owner === 0)) continue;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${path} is ${kind === 'link' ? `a link owned by uid ${owner}` : 'not a directory'}`,
      {
        advice: { to: 'move-or-choose-client' },
      },
    );
  }
  // the vault's directory holds data; what else is here is believed or run
  for (const path of own.filter((each) => each !== layout.directory && each !== layout.vaultDirectory))
    verifyTrusted(path, layout.directory);
}

/**
 * `create` a new vault; `restore` it from the remote; `adopt` one that is there and has no profile with its id yet;
 * `keep` the profile's own.
 */
export interface VaultPlan {
  readonly action: 'create' | 'restore' | 'adopt' | 'keep';
  /** A configuration of an older tree that is kept outside the vault and must be copied in. */
  readonly outsideConfig: string | undefined;
}

/** @throws VAULT_MISSING, CONFIG_INVALID */
export function planVault(
  layout: ProfileLayout,
  engine: Engine,
  profile: Profile,
  { fromRemote, former }: { readonly fromRemote: boolean; readonly former: FormerProfile | undefined },
): VaultPlan {
  const { encryptedDir } = profile;
  const content = inspectEncryptedDirectory(engine, encryptedDir);
  const outside = outsideConfigOf(layout, engine);
  // one that was killed while it put the files in place goes on
  const isHalfRestored =
    fromRemote && notesAbout(layout.stateDirectory, resolveMountPath(encryptedDir)).length > 0;
  if (isHalfRestored) return { action: 'restore', outsideConfig: undefined };
  switch (content.kind) {
    case 'vault':
      return { action: profile.vaultId === undefined ? 'adopt' : 'keep', outsideConfig: undefined };
    case 'missing':
    case 'empty':
      verifyReplaceable(encryptedDir);
      if (fromRemote) return { action: 'restore', outsideConfig: undefined };
      if (former !== undefined) throw formerVaultGone(former, encryptedDir, content.kind);
      if (profile.vaultId === undefined) return { action: 'create', outsideConfig: undefined };
      throw new CryptosyncError(
        'VAULT_MISSING',
        `the vault in ${encryptedDir} is gone: the directory is ${content.kind}`,
        {
          advice: { to: 'restore-lost-vault' },
        },
      );
    case 'other':
      if (outside !== undefined) return { action: 'adopt', outsideConfig: outside };
      throw new CryptosyncError(
        'CONFIG_INVALID',
        `${encryptedDir} holds files but no ${engine.name} vault: ${content.names.join(', ')}`,
        { advice: { to: 'clear-encrypted-directory' } },
      );
  }
}

/** A vault is made beside its place and put there in one step, which no mount point allows. @throws CONFIG_INVALID */
function verifyReplaceable(encryptedDir: string): void {
  if (!readMountTable().some(({ mountPoint }) => mountPoint === resolveMountPath(encryptedDir))) return;
  throw new CryptosyncError('CONFIG_INVALID', `a disk is mounted at ${encryptedDir} itself`, {
    advice: { to: 'mount-disk-above', directory: dirname(encryptedDir) },
  });
}

/** An older tree has no id by which a vault that was never made is told from one whose disk is not mounted. */
function formerVaultGone(former: FormerProfile, encryptedDir: string, what: string): CryptosyncError {
  return new CryptosyncError(
    'VAULT_MISSING',
    `${former.file} names the vault in ${encryptedDir}, but that directory is ${what}`,
    {
      advice: { to: 'restore-former-vault', file: former.file },
    },
  );
}

function outsideConfigOf(layout: ProfileLayout, engine: Engine): string | undefined {
  const name = engine.formerConfigName?.(layout.profile);
  if (name === undefined) return undefined;
  const path = join(layout.configDirectory, name);
  return kindOf(path) === 'file' ? path : undefined;
}

/** @throws MOUNT_DIR_NOT_EMPTY, VAULT_MOUNTED, MOUNT_FAILED when something else is mounted there */
export async function verifyMountDirectory(
  layout: ProfileLayout,
  profile: Profile,
  existing: Profile | undefined,
): Promise<void> {
  verifyReachable(profile.mountDir, roles.mountPoint);
  const mountDir = resolveMountPath(profile.mountDir);
  const table = readMountTable();
  if (existing !== undefined && existing.mountDir !== profile.mountDir) {
    const old = resolveMountPath(existing.mountDir);
    if (table.some((entry) => entry.mountPoint === old)) {
      throw new CryptosyncError(
        'VAULT_MOUNTED',
        `the vault is mounted at ${old}, so its mount directory can't change now`,
        {
          advice: { to: 'unmount-first' },
        },
      );
    }
  }
  const state = await stateOfVault(vaultOf(layout, profile));
  if (state.kind === 'foreign') {
    throw new CryptosyncError('MOUNT_FAILED', `${mountDir} can't be the mount directory: ${state.reason}`, {
      advice: { to: 'choose-or-free-mount-directory' },
    });
  }
  if (state.kind === 'unmounted') verifyEmpty(mountDir);
}

function verifyEmpty(mountDir: string): void {
  const kind = kindOf(mountDir);
  if (kind === 'none') return;
  if (kind !== 'directory') {
    throw new CryptosyncError('CONFIG_INVALID', `the mount directory ${mountDir} is not a directory`, {
      advice: { to: 'choose-mount-directory' },
    });
  }
  verifyNoStrays(mountDir);
}
