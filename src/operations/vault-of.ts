/** From a profile to the vault and the remote that it names. */
import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { engineStateDirectory, type ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readRcloneConf, remoteType } from '../remotes/rclone-conf.ts';
import type { Remote } from '../remotes/remote.ts';
import { parseDuration } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import { isAbsence } from '../system/files.ts';
import type { MountOptions } from '../vaults/engine.ts';
import { engineNamed } from '../vaults/engines.ts';
import { resolveMountPath } from '../vaults/mount-point.ts';
import { type MountEntry, readMountTable } from '../vaults/mount-table.ts';
import type { Vault } from '../vaults/mounting.ts';

/** The vault of a profile with its paths resolved, as the kernel's mount table names them. */
export function vaultOf(
  layout: ProfileLayout,
  profile: Profile,
  table: readonly MountEntry[] = readMountTable(),
): Vault {
  return {
    engine: engineNamed(profile.engine),
    encryptedDir: resolveExisting(profile.encryptedDir, table),
    mountDir: resolveMountPath(profile.mountDir, table),
    vaultId: profile.vaultId,
    stateDirectory: engineStateDirectory(layout),
  };
}

function resolveExisting(path: string, table: readonly MountEntry[]): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isAbsence(error)) return resolveMountPath(path, table);
    throw error;
  }
}

/**
 * The remote of a profile.
 * @param path a path on it instead of the profile's.
 * @throws REMOTE_NOT_CONFIGURED when the profile names none, or rclone.conf does not have it.
 */
export function remoteOf(layout: ProfileLayout, profile: Profile, path?: string): Remote {
  const subject = `${layout.client}/${layout.profile}`;
  const setUp = `cryptosync install --client ${layout.client} --profile ${layout.profile} --force --remote-type TYPE`;
  if (profile.remote === undefined) {
    throw new CryptosyncError('REMOTE_NOT_CONFIGURED', `${subject} has no remote`, {
      hint: `Give it one: ${setUp} …`,
    });
  }
  const conf = readRcloneConf(layout.rcloneConfig);
  const type = remoteType(conf, profile.remote.name);
  if (type === undefined && !conf.encrypted) {
    throw new CryptosyncError(
      'REMOTE_NOT_CONFIGURED',
      `${layout.rcloneConfig} has no remote ${profile.remote.name}`,
      {
        hint: `Set it up: ${setUp} …, or with rclone's own dialogue: cryptosync rclone-config --client ${layout.client}`,
      },
    );
  }
  return {
    name: profile.remote.name,
    type,
    path: type === 'local' ? absolutePath(path, profile.remote.path, subject) : (path ?? profile.remote.path),
    configFile: layout.rcloneConfig,
  };
}

/** A path on this machine: one that was typed is relative to where it was typed, one in a profile to nothing. */
function absolutePath(typed: string | undefined, configured: string, subject: string): string {
  if (typed !== undefined) return resolve(typed);
  if (isAbsolute(configured)) return configured;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the remote of ${subject} is a directory of this machine, but its path ${configured} is not absolute`,
    {
      hint: 'Set it: cryptosync config set remote.path /absolute/path',
    },
  );
}

/** What a mount is made with: the request first, then the profile. */
export function mountOptionsOf(profile: Profile, requested: Partial<MountOptions>): MountOptions {
  return {
    readOnly: requested.readOnly ?? profile.readOnly ?? false,
    idle: requested.idle ?? (profile.idle === undefined ? undefined : parseDuration(profile.idle)),
    allowOther: requested.allowOther ?? profile.allowOther ?? false,
  };
}
