/** What the checks are given: whom they are about, and what has been read of it once for all of them. */
import type { ClientLayout, ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfileIfPresent } from '../../clients/profile-store.ts';
import type { Program } from '../../clients/scripts.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { MountState } from '../../vaults/mount-table.ts';
import { stateOfVault, type Vault } from '../../vaults/vault.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../recorded.ts';
import { vaultOf } from '../vault-of.ts';
import type { Diagnosis } from './finding.ts';

export interface Examination {
  readonly context: Context;
  /** What the helper scripts should run. */
  readonly program: Program;
  /** Whether the remotes are asked. */
  readonly checkRemote: boolean;
  /** Milliseconds after which the last successful sync is too old. */
  readonly maxAge: number;
  /** The lock files that are held, and by which process. */
  readonly heldLocks: ReadonlyMap<string, number>;
  /** Where links to the scripts stand unless the summary says otherwise. */
  readonly binDirectory: string | undefined;
}

/** A profile that can be read, with its vault. */
export interface ProfileCase {
  readonly name: string;
  readonly layout: ProfileLayout;
  readonly profile: Profile;
  readonly vault: Vault;
  readonly state: MountState;
}

export interface ClientCase {
  readonly layout: ClientLayout;
  readonly profiles: readonly ProfileCase[];
}

/** Reads a profile and its state; what stands in the way of that is a diagnosis. */
export async function openCase(layout: ProfileLayout): Promise<ProfileCase | Diagnosis> {
  const name = nameOf(layout);
  const base = { severity: 'error' as const, subject: name };
  const selection = `--client ${layout.client} --profile ${layout.profile}`;
  try {
    const profile = readProfileIfPresent(layout);
    if (profile === undefined) {
      return {
        ...base,
        id: 'profile-missing',
        what: `there is no profile ${layout.profileFile}`,
        why: 'Nothing is known of its vault and remote: no command works on it.',
        mend: `cryptosync install ${selection}`,
      };
    }
    const vault = vaultOf(layout, profile);
    return { name, layout, profile, vault, state: await stateOfVault(vault) };
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    return {
      ...base,
      id: 'profile-invalid',
      what: error.message,
      why: 'Every command on this profile fails until it can be read.',
      mend: `cryptosync config ${selection}`,
    };
  }
}

export function isDiagnosis(value: ProfileCase | Diagnosis): value is Diagnosis {
  return 'severity' in value;
}

/** The flags that select a profile, for a command that mends it. */
export function selectionOf({ client, profile }: ProfileLayout): string {
  return `--client ${client}${profile === 'default' ? '' : ` --profile ${profile}`}`;
}
