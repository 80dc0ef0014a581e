/** Some engines' ciphertext can be copied only while nothing is mounted (hazards.md C4): keeping a vault still. */

import type { ProfileLayout } from '../../clients/layout.ts';
import { nameOf } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { mountVault, stateOfVault, unmountVault } from '../../vaults/mounting.ts';
import { findDaemons } from '../../vaults/mounts/processes.ts';
import type { Context, PasswordProvider } from '../context.ts';
import { isWhole, mountOptionsOf } from '../vault-of.ts';
import type { Mapping } from './mapping.ts';

export interface StillRequest {
  readonly layout: ProfileLayout;
  /** Unmounts a mounted vault for the while. */
  readonly remount: boolean;
  readonly password: PasswordProvider;
}

/** How a vault is kept still: left as it is, or unmounted for the while and mounted again as it was. */
export type StillnessPlan =
  | { readonly kind: 'as-is' }
  | { readonly kind: 'remount'; readonly readOnly: boolean | undefined };

/** The same with the password that mounts it again. */
export type Stillness =
  | { readonly kind: 'as-is' }
  | {
      readonly kind: 'remount';
      readonly password: Secret;
      readonly readOnly: boolean | undefined;
      /** Told when the password does not open the vault, which stays unmounted then. */
      readonly onWrongPassword?: ((readOnly: boolean | undefined) => void) | undefined;
    };

/**
 * Decides how the vault is kept still.
 * @throws VAULT_MOUNTED when it is mounted, must be still, and may not be unmounted.
 */
export async function planStillness(
  request: StillRequest,
  profile: Profile,
  mapping: Mapping,
): Promise<StillnessPlan> {
  const { vault } = mapping;
  if (!mustBeStill(mapping)) return { kind: 'as-is' };
  const state = await stateOfVault(vault);
  if (state.kind !== 'mounted' && findDaemons(vault.engine.name, vault.encryptedDir).length === 0)
    return { kind: 'as-is' };
  if (!request.remount && profile.whenMounted !== 'remount') throw mounted(request, mapping);
  const readOnly = state.kind === 'mounted' ? state.entries.at(-1)?.readOnly : undefined;
  return { kind: 'remount', readOnly };
}

/** Files that are written here, or must not be copied while their engine writes them. */
function mustBeStill({ source, direction, vault }: Mapping): boolean {
  return source.kind === 'vault' && (direction !== 'upload' || !vault.engine.syncsWhileMounted);
}

function mounted({ layout }: StillRequest, { vault, direction }: Mapping): CryptosyncError {
  const why = direction === 'upload' ? 'be still to be copied' : 'be still while its files are replaced';
  return new CryptosyncError(
    'VAULT_MOUNTED',
    `the vault of ${nameOf(layout)} is mounted, and a ${vault.engine.name} vault must ${why}`,
    { advice: { to: 'unmount-or-remount' } },
  );
}

interface StillRun {
  readonly profile: Profile;
  readonly mapping: Mapping;
  readonly stillness: Stillness;
}

/**
 * Runs `action` while the vault is still; the caller holds its lock. A vault that was unmounted for it is mounted
 * again whatever happened.
 * @throws VAULT_MOUNTED when somebody mounted it since the plan.
 */
export async function whileStill<Result>(
  context: Context,
  request: StillRequest,
  { profile, mapping, stillness }: StillRun,
  action: () => Promise<Result>,
): Promise<Result> {
  const { vault } = mapping;
  if (stillness.kind === 'as-is') {
    if (mustBeStill(mapping) && (await stateOfVault(vault)).kind === 'mounted') {
      throw mounted(request, mapping);
    }
    return await action();
  }
  try {
    await unmountVault(vault, { lazily: false }, context);
    let outcome: { readonly result: Result } | { readonly thrown: unknown };
    try {
      outcome = { result: await action() };
    } catch (thrown) {
      outcome = { thrown };
    }
    if (isWhole(vault)) await mountAgain(context, profile, vault, stillness);
    else context.warn(`${nameOf(request.layout)}: it stays unmounted: its files are a mixture of two states`);
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome.result;
  } finally {
    stillness.password.wipe();
  }
}

/** @throws what a mount throws, but for a wrong password that somebody wants to hear of */
async function mountAgain(
  context: Context,
  profile: Profile,
  vault: Mapping['vault'],
  { password, readOnly, onWrongPassword }: Extract<Stillness, { kind: 'remount' }>,
): Promise<void> {
  const options = mountOptionsOf(profile, readOnly === undefined ? {} : { readOnly });
  // without the signal: an interrupted sync leaves the vault mounted, as it was found
  const { environment } = context;
  try {
    await mountVault(vault, password, options, { newVaultId: vault.vaultId ?? '' }, { environment });
  } catch (error) {
    const isWrong = error instanceof CryptosyncError && error.code === 'WRONG_PASSWORD';
    if (!isWrong || onWrongPassword === undefined) throw error;
    onWrongPassword(readOnly);
  }
}
