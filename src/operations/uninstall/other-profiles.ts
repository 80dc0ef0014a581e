import { listProfiles } from '../../clients/discovery.ts';
import { type ProfileLayout, profileLayout } from '../../clients/layout.ts';
import { readProfileIfPresent } from '../../clients/profile-store.ts';
import type { Vault } from '../../vaults/mounting.ts';
import type { Context } from '../context.ts';
import { vaultOf } from '../vault-of.ts';

export interface OtherProfile {
  readonly name: string;
  readonly at: Vault;
  /** The name of its remote. */
  readonly remote: string | undefined;
  /** What it can't be without: its vault, its password's file. */
  readonly needs: readonly string[];
}

/** @throws CONFIG_INVALID for a broken one: what it shares can't be told */
export function otherProfiles(context: Context, layout: ProfileLayout): OtherProfile[] {
  return listProfiles(context.root, layout.client).flatMap((name) => {
    const other = profileLayout(context.root, layout.client, name);
    const profile = name === layout.profile ? undefined : readProfileIfPresent(other);
    return profile === undefined
      ? []
      : [
          {
            name,
            at: vaultOf(other, profile),
            remote: profile.remote?.name,
            needs: [profile.encryptedDir, profile.passwordFile ?? ''],
          },
        ];
  });
}
