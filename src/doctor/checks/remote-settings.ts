/** What a client's rclone.conf says of a profile's remote. A broken file says nothing: a check of its own tells that. */
import type { ClientLayout } from '../../clients/layout.ts';
import { type RcloneConf, readRcloneConf } from '../../remotes/configuration.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { ProfileCase } from '../examination.ts';

/** The file, or why it can't be read. */
export function readConf({ rcloneConfig }: ClientLayout): RcloneConf | CryptosyncError {
  try {
    return readRcloneConf(rcloneConfig);
  } catch (error) {
    if (error instanceof CryptosyncError) return error;
    throw error;
  }
}

/** The settings of a profile's remote, secrets included; undefined when there are none to be read. */
export function remoteSettings({ layout, profile }: ProfileCase): ReadonlyMap<string, string> | undefined {
  const conf = readConf(layout);
  if (profile.remote === undefined || conf instanceof CryptosyncError) return undefined;
  return conf.remotes.get(profile.remote.name);
}

/** The backend of a profile's remote, where it is known. */
export function backendOf(one: ProfileCase): string | undefined {
  return remoteSettings(one)?.get('type');
}
