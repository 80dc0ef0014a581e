/** What is done with what the opening of a vault told. */
import { nameOf, type ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import type { MountOutcome } from '../vaults/mounting.ts';
import type { Context } from './context.ts';

/** What of it stands in the profile. */
export function factsOf({ vaultId, madeWith }: MountOutcome): Pick<Profile, 'vaultId' | 'madeWith'> {
  return { ...(vaultId && { vaultId }), ...(madeWith && { madeWith: [...madeWith] }) };
}

export function tellWarnings(context: Context, layout: ProfileLayout, { warnings }: MountOutcome): void {
  for (const warning of warnings) {
    context.warn(`${nameOf(layout)}: ${warning}`);
    context.log.write('WARN', `${nameOf(layout)}: ${warning}`);
  }
}
