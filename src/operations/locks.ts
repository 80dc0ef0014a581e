/** The locks of a client, as whoever finds one taken is told about it. `purpose` is the command that takes it. */
import {
  type ClientLayout,
  configLock,
  nameOf,
  type ProfileLayout,
  rcloneLock,
  vaultLock,
} from '../clients/layout.ts';
import type { LockRequest } from '../clients/lock.ts';

/** The lock of a profile's encrypted directory. */
export function vaultLockRequest(layout: ProfileLayout, encryptedDir: string, purpose: string): LockRequest {
  return requestFor(layout, vaultLock(layout, encryptedDir), `the vault of ${nameOf(layout)}`, purpose);
}

/** The lock of a plain directory that a profile syncs. */
export function sourceLockRequest(layout: ProfileLayout, directory: string, purpose: string): LockRequest {
  return requestFor(layout, vaultLock(layout, directory), `${directory} of ${nameOf(layout)}`, purpose);
}

/** The lock under which a client's profiles, scripts and summary are written. */
export function configLockRequest(layout: ClientLayout, purpose: string): LockRequest {
  return requestFor(layout, configLock(layout), `the configuration of ${layout.client}`, purpose);
}

/** The lock of a client's rclone.conf. */
export function rcloneLockRequest(layout: ClientLayout, purpose: string): LockRequest {
  return requestFor(layout, rcloneLock(layout), `the rclone.conf of ${layout.client}`, purpose);
}

function requestFor(
  { directory }: ClientLayout,
  path: string,
  subject: string,
  purpose: string,
): LockRequest {
  return { path, base: directory, subject, purpose };
}
