/** Some engines' ciphertext can be copied only while nothing is mounted (TOOLS.md C4): keeping a vault still. */

import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { MountOptions } from '../../vaults/engine.ts';
import { mountVault, stateOfVault, unmountVault, type Vault } from '../../vaults/mounting.ts';
import { findDaemons } from '../../vaults/processes.ts';
import type { Context, PasswordProvider } from '../context.ts';
import { nameOf } from '../recorded.ts';
import { mountOptionsOf } from '../vault-of.ts';
import type { Mapping } from './mapping.ts';

export interface StillRequest {
  readonly layout: ProfileLayout;
  /** Unmounts a mounted vault for the while. */
  readonly remount: boolean;
  readonly password: PasswordProvider;
}

/** How a vault is kept still: left as it is, or unmounted for the while, with the password to mount it again. */
export type Stillness =
  | { readonly kind: 'as-is' }
  | { readonly kind: 'remount'; readonly password: Secret; readonly readOnly: boolean | undefined };

/**
 * Decides how the vault is kept still, and asks for the password where it will be mounted again.
 * @throws VAULT_MOUNTED when it is mounted, must be still, and may not be unmounted.
 */
export async function planStillness(
  request: StillRequest,
  profile: Profile,
  mapping: Mapping,
): Promise<Stillness> {
  const { vault } = mapping;
  if (!mustBeStill(mapping)) return { kind: 'as-is' };
  const state = await stateOfVault(vault);
  if (state.kind !== 'mounted' && findDaemons(vault.engine.name, vault.encryptedDir).length === 0)
    return { kind: 'as-is' };
  if (!request.remount && profile.whenMounted !== 'remount') throw mounted(request, mapping);
  const readOnly = state.kind === 'mounted' ? state.entries.at(-1)?.readOnly : undefined;
  return { kind: 'remount', password: await request.password(request.layout, profile), readOnly };
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
    { hint: 'Unmount it first, or let sync do it for the while: --remount' },
  );
}

/**
 * Runs `action` while the vault is still; the caller holds its lock. A vault that was unmounted for it is mounted
 * again whatever happened.
 * @throws VAULT_MOUNTED when somebody mounted it since the plan.
 */
export async function whileStill<Result>(
  context: Context,
  request: StillRequest,
  profile: Profile,
  mapping: Mapping,
  stillness: Stillness,
  action: () => Promise<Result>,
): Promise<Result> {
  const { vault } = mapping;
  if (stillness.kind === 'as-is') {
    if (mustBeStill(mapping) && (await stateOfVault(vault)).kind === 'mounted') {
      throw mounted(request, mapping);
    }
    return await action();
  }
  const { password, readOnly } = stillness;
  try {
    await unmountVault(vault, { lazily: false }, context);
    const options = mountOptionsOf(profile, readOnly === undefined ? {} : { readOnly });
    return await thenMountAgain(context, vault, password, options, action);
  } finally {
    password.wipe();
  }
}

async function thenMountAgain<Result>(
  context: Context,
  vault: Vault,
  password: Secret,
  options: MountOptions,
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } finally {
    // without the signal: an interrupted sync leaves the vault mounted, as it was found
    const { environment } = context;
    await mountVault(vault, password, options, vault.vaultId ?? '', { environment });
  }
}
