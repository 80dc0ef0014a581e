import { readRcloneConf, remoteType } from '../../remotes/rclone-conf.ts';
import type { ProfileCase } from './examination.ts';

/** The backend of a profile's remote, or undefined when it has none or rclone.conf does not tell. */
export function readRemoteType({ layout, profile }: ProfileCase): string | undefined {
  if (profile.remote === undefined) return undefined;
  return remoteType(readRcloneConf(layout.rcloneConfig), profile.remote.name);
}
