/** The three locks of a client, as whoever finds one taken is told about it. */
import {
  type ClientLayout,
  configLock,
  type ProfileLayout,
  rcloneLock,
  vaultLock,
} from '../clients/layout.ts';
import type { LockRequest } from '../clients/lock.ts';
import { nameOf } from './recorded.ts';

/**
 * The lock of a profile's encrypted directory.
 * @param purpose the command that takes it.
 * @param wait milliseconds.
 */
export function vaultLockRequest(
  layout: ProfileLayout,
  encryptedDir: string,
  purpose: string,
  wait: number,
): LockRequest {
  return { path: vaultLock(layout, encryptedDir), subject: `the vault of ${nameOf(layout)}`, purpose, wait };
}

/** The lock under which a client's profiles, scripts and summary are written. @param wait milliseconds */
export function configLockRequest(layout: ClientLayout, purpose: string, wait: number): LockRequest {
  return { path: configLock(layout), subject: `the configuration of ${layout.client}`, purpose, wait };
}

/** The lock of a client's rclone.conf. @param wait milliseconds */
export function rcloneLockRequest(layout: ClientLayout, purpose: string, wait: number): LockRequest {
  return { path: rcloneLock(layout), subject: `the rclone.conf of ${layout.client}`, purpose, wait };
}
