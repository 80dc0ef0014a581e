/** What the checks are given: whom they are about, and what has been read of it once for all of them. */
import type { ClientLayout, ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import type { Program } from '../clients/scripts.ts';
import type { Remote } from '../remotes/remote.ts';
import type { SyncHistory } from '../runs/last-sync.ts';
import type { RunContext } from '../runs/recorded.ts';
import type { MountState } from '../vaults/mounts/mount-table.ts';
import type { Vault } from '../vaults/vault.ts';
import type { Diagnosis } from './finding.ts';

/** Where and for whom the checks look; an operation's context is one. */
export interface Surroundings extends RunContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly root: string;
  readonly userId: number;
}

export interface Examination {
  readonly context: Surroundings;
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
  /** The remote that the profile names. @throws REMOTE_NOT_CONFIGURED, CONFIG_INVALID */
  readonly openRemote: () => Remote;
  /** What its ledger says of the places that it has now. */
  readonly readHistory: () => SyncHistory;
}

export interface ClientCase {
  readonly layout: ClientLayout;
  readonly profiles: readonly ProfileCase[];
}

export function isDiagnosis(value: ProfileCase | Diagnosis): value is Diagnosis {
  return 'severity' in value;
}

/** What names a profile, for an advice about it. */
export function namesOf({ client, profile }: ProfileLayout): { client: string; profile: string } {
  return { client, profile };
}
