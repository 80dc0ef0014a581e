/** Changing the password of a profile's vault. */
import { directoryMode, engineStateDirectory, type ProfileLayout } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import type { Secret } from '../secrets/secret.ts';
import { ensureDirectory } from '../system/files.ts';
import { changeVaultPassword, verifyChangeable } from '../vaults/password-change.ts';
import type { Around, Context, PasswordProvider } from './context.ts';
import { vaultLockRequest } from './locks.ts';
import { recorded } from './recorded.ts';
import { vaultOf } from './vault-of.ts';

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
  const { layout, around = (work) => work() } = request;
  const profile = readProfile(layout);
  const vault = vaultOf(layout, profile);
  await verifyChangeable(vault);
  const old = await request.oldPassword(layout, profile);
  const next = await request.newPassword();
  const keepDirectory = engineStateDirectory(layout);
  const lock = vaultLockRequest(layout, vault.encryptedDir, 'passwd', request.wait);
  const work = (): Promise<void> =>
    withLock(lock, context, async () => {
      ensureDirectory(keepDirectory, directoryMode);
      await changeVaultPassword(vault, old, next, keepDirectory, context);
    });
  try {
    await recorded(
      context,
      layout,
      'passwd',
      () => around(work),
      () => ({ outcome: 'changed' }),
    );
  } finally {
    old.wipe();
    next.wipe();
  }
  const warning = [oldCopies, ...profileSource(profile)].join(' ');
  return { client: layout.client, profile: layout.profile, changed: true, warning };
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
