/** Putting in order what a command that was killed left of a vault. Whoever holds the vault's lock begins with it. */
import { nameOf, type ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { engineStatesOfVault } from '../clients/sharing.ts';
import { toCryptosyncError } from '../system/errors.ts';
import { settlePasswordChange } from '../vaults/password-change.ts';
import type { Vault } from '../vaults/vault.ts';
import type { Context } from './context.ts';

/** What can't be put in order is warned of, and found by the doctor. @throws INTERRUPTED */
export async function settleVault(
  context: Context,
  layout: ProfileLayout,
  profile: Profile,
  vault: Vault,
): Promise<void> {
  const name = nameOf(layout);
  try {
    const left = await settlePasswordChange(vault, engineStatesOfVault(layout, profile), context);
    for (const path of left)
      context.log.write('WARN', `${name}: removed ${path}, which a passwd that was cut off had left`);
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code === 'INTERRUPTED') throw error;
    context.warn(`${name}: what a passwd that was cut off left is not in order: ${error.message}`);
  }
}
