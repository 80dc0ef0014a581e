/** Unmounting the vault of a profile. */
import { engineStateDirectory, type ProfileLayout } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import { readProfile } from '../clients/profile-store.ts';
import { unmountVault } from '../vaults/mounting.ts';
import { clearLeftProof } from '../vaults/password-change.ts';
import type { Context } from './context.ts';
import { vaultLockRequest } from './locks.ts';
import { recorded } from './recorded.ts';
import { vaultOf } from './vault-of.ts';

export interface UnmountRequest {
  readonly layout: ProfileLayout;
  /** Detaches a busy mount, and says so when its daemon lives on. */
  readonly force: boolean;
  readonly wait: number;
}

export interface UnmountResult {
  readonly state: 'unmounted';
  readonly mountDir: string;
  readonly changed: boolean;
}

/** Unmounts a vault and waits until its daemon is gone. @throws MOUNT_BUSY with the processes that hold it */
export async function unmountProfile(context: Context, request: UnmountRequest): Promise<UnmountResult> {
  const { layout, force, wait } = request;
  const vault = vaultOf(layout, readProfile(layout));
  const lock = vaultLockRequest(layout, vault.encryptedDir, 'unmount', wait);
  return await recorded(
    context,
    layout,
    'unmount',
    () =>
      withLock(lock, context, async () => {
        await clearLeftProof(vault, engineStateDirectory(layout), context);
        const { changed } = await unmountVault(vault, { lazily: force }, context);
        return { state: 'unmounted' as const, mountDir: vault.mountDir, changed };
      }),
    () => ({ outcome: 'unmounted' }),
  );
}
