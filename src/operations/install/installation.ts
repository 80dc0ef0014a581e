/** One run of install: what it was given, and what its steps have done so far. */
import type { Profile } from '../../clients/profile.ts';
import type { Program } from '../../clients/scripts.ts';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context, KeyProvider, PasswordProvider } from '../context.ts';
import { nameOf } from '../recorded.ts';
import type { InstallPlan } from './plan.ts';
import type { InstallRequest } from './request.ts';

export interface InstallInputs {
  readonly password: PasswordProvider;
  readonly encryptionKey: KeyProvider;
  /** Which node and which script the helper scripts run. */
  readonly program: Program;
  readonly wait: number;
  /** Runs the steps in order: the presenter draws them. It must reject with the error of the first that fails. */
  readonly runSteps?: (steps: readonly RunnableStep[]) => Promise<void>;
}

export interface RunnableStep {
  readonly title: string;
  readonly work: () => Promise<void>;
}

/** Everything of one run that its steps share. */
export interface Installation {
  readonly context: Context;
  readonly request: InstallRequest;
  readonly plan: InstallPlan;
  readonly inputs: InstallInputs;
  readonly created: string[];
  profile: Profile;
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
