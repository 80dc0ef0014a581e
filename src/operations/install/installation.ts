/** One run of install: what it was given, and what its steps have done so far. */

import { nameOf } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import type { Program } from '../../clients/scripts.ts';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context, KeyProvider, PasswordProvider } from '../context.ts';
import type { Wish } from '../restore/bring-back.ts';
import type { InstallPlan } from './plan.ts';
import type { InstallRequest } from './request.ts';

export interface InstallInputs {
  readonly password: PasswordProvider;
  readonly encryptionKey: KeyProvider;
  /** Which node and which script the helper scripts run. */
  readonly program: Program;
  readonly wait: number;
  /** Brings the vault back otherwise than by a download of its newest state. */
  readonly bringBack?: ((wish: Wish) => Promise<void>) | undefined;
  /** Runs the steps in order: the presenter draws them. It must reject with the error of the first that fails. */
  readonly runSteps?: (steps: readonly RunnableStep[]) => Promise<void>;
}

export interface RunnableStep {
  readonly title: string;
  readonly work: () => Promise<void>;
}

/** A vault that was made or opened, with what of it stands in the profile. */
export interface ProvidedVault {
  readonly encryptedDir: string;
  readonly vaultId: string | undefined;
  readonly madeWith: Profile['madeWith'];
}

/** Everything of one run that its steps share. */
export interface Installation {
  readonly context: Context;
  readonly request: InstallRequest;
  readonly plan: InstallPlan;
  readonly inputs: InstallInputs;
  readonly created: string[];
  /** As it was last seen or written under a lock. */
  profile: Profile;
  /** The vault that the vault's step has made or opened. */
  provided: ProvidedVault | undefined;
  password: Secret | undefined;
  synced: boolean;
  mounted: boolean;
}

export function passwordRequired({ layout }: InstallRequest): CryptosyncError {
  return new CryptosyncError('PASSWORD_REQUIRED', `the password of ${nameOf(layout)} is needed`);
}

export function fail(error: CryptosyncError): never {
  throw error;
}
