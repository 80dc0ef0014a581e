/** Unmounting the vault of a profile. */
import type { ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import { recorded } from '../runs/recorded.ts';
import { unmountVault, type Vault } from '../vaults/mounting.ts';
import type { Context } from './context.ts';
import { vaultLockRequest } from './locks.ts';
import { settleVault } from './settle.ts';
import { underLocks } from './under-locks.ts';
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
  const record = (run: () => Promise<UnmountResult>): Promise<UnmountResult> =>
    recorded(context, { layout, operation: 'unmount' }, run, ({ mountDir, changed }) => ({
      outcome: 'unmounted',
      did: changed ? mountDir : 'it was not mounted',
    }));
  return await underLocks<{ profile: Profile; vault: Vault }, UnmountResult>(
    context,
    { wait, record },
    {
      look() {
        const profile = readProfile(layout);
        return { profile, vault: vaultOf(layout, profile) };
      },
      locks: ({ vault }) => [vaultLockRequest(layout, vault.encryptedDir, 'unmount')],
      async act({ profile, vault }) {
        await settleVault(context, layout, profile, vault);
        const { changed } = await unmountVault(vault, { lazily: force }, context);
        return { state: 'unmounted', mountDir: vault.mountDir, changed };
      },
    },
  );
}
