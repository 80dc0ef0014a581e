/** What must hold of the tree before an install begins. Each check throws, and changes nothing. */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FormerProfile } from '../../clients/former-tree.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import type { Engine } from '../../vaults/engine.ts';
import { resolveMountPath, verifyNoStrays } from '../../vaults/mount-point.ts';
import { readMountTable } from '../../vaults/mount-table.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import { vaultOf } from '../vault-of.ts';

/** A client's directory must be a directory, not a link that leads elsewhere. @throws CONFIG_INVALID */
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
    if (kind === 'link' && (owner === userId || owner === 0)) continue;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${path} is ${kind === 'link' ? `a link owned by uid ${owner}` : 'not a directory'}`,
      {
        hint: 'Move it away, or choose another client id or root.',
      },
    );
  }
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
          hint: 'Is its disk mounted? Otherwise bring it back from the remote: install --from-remote. An install never makes a new vault in its place.',
        },
      );
    case 'other':
      if (outside !== undefined) return { action: 'adopt', outsideConfig: outside };
      throw new CryptosyncError(
        'CONFIG_INVALID',
        `${encryptedDir} holds files but no ${engine.name} vault: ${content.names.join(', ')}`,
        { hint: "Move them away, or bring the vault's configuration file back, then run install again." },
      );
  }
}

/** A vault is made beside its place and put there in one step, which no mount point allows. @throws CONFIG_INVALID */
function verifyReplaceable(encryptedDir: string): void {
  if (!readMountTable().some(({ mountPoint }) => mountPoint === resolveMountPath(encryptedDir))) return;
  throw new CryptosyncError('CONFIG_INVALID', `a disk is mounted at ${encryptedDir} itself`, {
    hint: `Mount it at ${dirname(encryptedDir)}, so that the vault is a directory on it.`,
  });
}

/** An older tree has no id by which a vault that was never made is told from one whose disk is not mounted. */
function formerVaultGone(former: FormerProfile, encryptedDir: string, what: string): CryptosyncError {
  return new CryptosyncError(
    'VAULT_MISSING',
    `${former.file} names the vault in ${encryptedDir}, but that directory is ${what}`,
    {
      hint: `Is its disk mounted? Otherwise bring it back from the remote: install --from-remote. If there never was a vault, move ${former.file} away and run install again.`,
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
  const mountDir = resolveMountPath(profile.mountDir);
  const table = readMountTable();
  if (existing !== undefined && existing.mountDir !== profile.mountDir) {
    const old = resolveMountPath(existing.mountDir);
    if (table.some((entry) => entry.mountPoint === old)) {
      throw new CryptosyncError(
        'VAULT_MOUNTED',
        `the vault is mounted at ${old}, so its mount directory can't change now`,
        {
          hint: 'Unmount it first.',
        },
      );
    }
  }
  const state = await stateOfVault(vaultOf(layout, profile));
  if (state.kind === 'foreign') {
    throw new CryptosyncError('MOUNT_FAILED', `${mountDir} can't be the mount directory: ${state.reason}`, {
      hint: 'Choose another with --mount-dir, or unmount what is there.',
    });
  }
  if (state.kind === 'unmounted') verifyEmpty(mountDir);
}

function verifyEmpty(mountDir: string): void {
  const kind = kindOf(mountDir);
  if (kind === 'none') return;
  if (kind !== 'directory') {
    throw new CryptosyncError('CONFIG_INVALID', `the mount directory ${mountDir} is not a directory`, {
      hint: 'Choose another with --mount-dir.',
    });
  }
  verifyNoStrays(mountDir);
}
