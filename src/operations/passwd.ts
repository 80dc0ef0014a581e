/** Changing the password of a profile's vault. */
import { directoryMode, engineStateDirectory, type ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import { recorded } from '../runs/recorded.ts';
import type { Secret } from '../secrets/secret.ts';
import { ensureDirectory } from '../system/files.ts';
import { changeVaultPassword, verifyChangeable } from '../vaults/password-change.ts';
import type { Vault } from '../vaults/vault.ts';
import type { Around, Context, PasswordProvider } from './context.ts';
import { vaultLockRequest } from './locks.ts';
import { settleVault } from './settle.ts';
import { underLocksAfterAsking } from './under-locks.ts';
import { passwordSourceOf, vaultOf } from './vault-of.ts';

export interface PasswdRequest {
  readonly layout: ProfileLayout;
  readonly oldPassword: PasswordProvider;
  readonly newPassword: () => Promise<Secret>;
  readonly wait: number;
  readonly around?: Around | undefined;
}

export interface PasswdResult {
  readonly client: string;
  readonly profile: string;
  readonly changed: true;
  /** What an operator must know: other copies of the old configuration still open with the old password. */
  readonly warning: string;
}

/** @throws WRONG_PASSWORD, INVALID_PASSWORD, VAULT_MOUNTED, CONFIG_INVALID; then the old password still holds */
export async function changePassword(context: Context, request: PasswdRequest): Promise<PasswdResult> {
  const { layout, wait, around } = request;
  return await underLocksAfterAsking<View, Passwords, PasswdResult>(
    context,
    {
      wait,
      around,
      record: (run) =>
        recorded(context, { layout, operation: 'passwd' }, run, () => ({ outcome: 'changed' })),
    },
    {
      look: () => lookAt(layout),
      locks: ({ vault }) => [vaultLockRequest(layout, vault.encryptedDir, 'passwd')],
      async ask({ profile, vault }) {
        await verifyChangeable(vault);
        const old = await request.oldPassword(layout, profile);
        return { old, next: await request.newPassword() };
      },
      question: ({ profile, vault }) => [vault.encryptedDir, vault.vaultId, ...passwordSourceOf(profile)],
      forget({ old, next }) {
        old.wipe();
        next.wipe();
      },
      async act({ profile, vault }, { old, next }) {
        const keepDirectory = engineStateDirectory(layout);
        ensureDirectory(keepDirectory, directoryMode);
        await settleVault(context, layout, profile, vault);
        await changeVaultPassword(vault, old, next, keepDirectory, context);
        const warning = [oldCopies, ...profileSource(profile)].join(' ');
        return { client: layout.client, profile: layout.profile, changed: true, warning };
      },
    },
  );
}

interface View {
  readonly profile: Profile;
  readonly vault: Vault;
}

interface Passwords {
  readonly old: Secret;
  readonly next: Secret;
}

function lookAt(layout: ProfileLayout): View {
  const profile = readProfile(layout);
  return { profile, vault: vaultOf(layout, profile) };
}

const oldCopies =
  'Copies of the old configuration file still open with the old password: on the remote until the next sync, in its trash until that is pruned, and in every other backup.';

/** What the profile names for later runs may still give the old password. */
function profileSource({ passwordFile, passwordCommand }: Profile): string[] {
  if (passwordFile !== undefined)
    return [`Put the new password into ${passwordFile}, which the profile names.`];
  return passwordCommand === undefined
    ? []
    : ["The profile's passwordCommand must print the new password now."];
}
