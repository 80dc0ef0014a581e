/** From a profile to the vault and the remote that it names. */
import { isAbsolute, resolve } from 'node:path';
import { engineStateDirectory, type ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { backendBehind, readRcloneConf, remoteType, whereaboutsOf } from '../remotes/configuration.ts';
import type { Remote } from '../remotes/remote.ts';
import { notesAbout, verifyOneState } from '../sync/here/incoming.ts';
import { parseDuration } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { MountOptions } from '../vaults/engines/engine.ts';
import { engineNamed } from '../vaults/engines/engines.ts';
import type { Vault } from '../vaults/mounting.ts';
import { resolveMountPath } from '../vaults/mounts/mount-point.ts';
import { type MountEntry, readMountTable } from '../vaults/mounts/mount-table.ts';

/** The vault of a profile with its paths resolved, as the kernel's mount table names them. */
export function vaultOf(
  layout: ProfileLayout,
  profile: Profile,
  table: readonly MountEntry[] = readMountTable(),
): Vault {
  return {
    engine: engineNamed(profile.engine),
    encryptedDir: resolveMountPath(profile.encryptedDir, table),
    mountDir: resolveMountPath(profile.mountDir, table),
    vaultId: profile.vaultId,
    madeWith: profile.madeWith,
    stateDirectory: engineStateDirectory(layout),
    recordsDirectory: layout.stateDirectory,
  };
}

/** Whether no run that replaced its files was cut off, as far as that matters to its engine. */
export function isWhole({ engine: { isOneState }, encryptedDir, recordsDirectory }: Vault): boolean {
  return !isOneState || notesAbout(recordsDirectory, encryptedDir).length === 0;
}

/**
 * A run that replaced its files must have ended before a vault is opened whose files say nothing one by one.
 * @throws VAULT_MISMATCH
 */
export function verifyWhole({ engine, encryptedDir, recordsDirectory }: Vault): void {
  verifyOneState(recordsDirectory, { isOneState: engine.isOneState, directory: encryptedDir });
}

/**
 * The remote of a profile.
 * @param path a path on it instead of the profile's.
 * @throws REMOTE_NOT_CONFIGURED when the profile names none, or rclone.conf does not have it.
 */
export function remoteOf(layout: ProfileLayout, profile: Profile, path?: string): Remote {
  const subject = `${layout.client}/${layout.profile}`;
  const { client, profile: name } = layout;
  if (profile.remote === undefined) {
    throw new CryptosyncError('REMOTE_NOT_CONFIGURED', `${subject} has no remote`, {
      advice: { to: 'give-remote', client, profile: name },
    });
  }
  const conf = readRcloneConf(layout.rcloneConfig, layout.directory);
  const type = remoteType(conf, profile.remote.name);
  if (type === undefined && !conf.encrypted) {
    throw new CryptosyncError(
      'REMOTE_NOT_CONFIGURED',
      `${layout.rcloneConfig} has no remote ${profile.remote.name}`,
      {
        advice: { to: 'set-up-remote', client, profile: name },
      },
    );
  }
  const whole =
    type === 'local' ? absolutePath(path, profile.remote.path, subject) : (path ?? profile.remote.path);
  return {
    name: profile.remote.name,
    type,
    backend: backendBehind(conf, profile.remote.name),
    whereabouts: whereaboutsOf(conf, layout.rcloneConfig, profile.remote.name, whole),
    path: whole,
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
      advice: { to: 'set-absolute-path' },
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

/** Where the profile says that its vault's password comes from: one that was asked for before is no other's. */
export function passwordSourceOf({ passwordFile, passwordCommand }: Profile): (string | null)[] {
  return [passwordFile ?? null, passwordCommand ?? null];
}
