/** Which vault may be purged, and whether it is still the one that was confirmed. */
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isWithin } from '../../system/names.ts';
import type { Vault } from '../../vaults/mounting.ts';
import type { OtherProfile } from './other-profiles.ts';
export interface Purged {
  readonly profile: Profile;
  /** Which directory the encrypted one is, whatever its name. */
  readonly directory: string | undefined;
}

/**
 * A purge is confirmed for one vault in one directory: whoever has put another in its place meanwhile did not ask for
 * it to be removed.
 * @throws PLAN_CHANGED
 */
export function verifySamePurge(layout: ProfileLayout, confirmed: Purged, now: Purged): void {
  const [before, after] = [confirmed.profile, now.profile];
  const isOtherVault = before.vaultId !== undefined && before.vaultId !== after.vaultId;
  const changes = [
    ...(before.encryptedDir === after.encryptedDir ? [] : [`it is in ${after.encryptedDir}`]),
    ...(before.engine === after.engine ? [] : [`it is a ${after.engine} vault`]),
    ...(isOtherVault ? ['it has another id'] : []),
    ...(confirmed.directory === now.directory ? [] : ['another directory stands in its place']),
  ];
  if (changes.length === 0) return;
  throw new CryptosyncError(
    'PLAN_CHANGED',
    `the vault of ${nameOf(layout)} is not removed, because it is not what was confirmed any more: ${changes.join(', ')}`,
  );
}

/** A directory's own number, which another in its place does not have. */
export function identityOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

/** Only a vault in the client's own tree, reached without a link and used by no other profile, can be purged. */
export function verifyPurgeable(
  layout: ProfileLayout,
  profile: Profile,
  vault: Vault,
  others: readonly OtherProfile[],
): void {
  const encryptedDir = resolve(profile.encryptedDir);
  const isInVault = (path: string): boolean => isWithin(path, vault.encryptedDir);
  const sharer = others.find(({ at }) => isInVault(at.encryptedDir) || isInVault(at.mountDir));
  if (sharer !== undefined) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the vault in ${encryptedDir} is also that of the profile ${sharer.name}`,
      {
        advice: { to: 'uninstall-sharer', sharer: sharer.name, shared: 'vault' },
      },
    );
  }
  if (!encryptedDir.startsWith(`${layout.vaultDirectory}/`) || hasLink(layout.directory, encryptedDir)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${encryptedDir} is not below ${layout.vaultDirectory}, or a link leads there`,
      {
        advice: { to: 'remove-vault-by-hand' },
      },
    );
  }
}

function hasLink(base: string, path: string): boolean {
  let current = base;
  for (const part of path
    .slice(base.length)
    .split('/')
    .filter((name) => name !== '')) {
    current = join(current, part);
    if (lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  }
  return false;
}
