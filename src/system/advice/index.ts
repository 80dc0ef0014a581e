/**
 * What somebody could do about a failure or a finding: a key that says what to do, and the facts that are needed to
 * say it. Nothing here knows how it is said: what to type on a command line stands in terminal/advice, and another
 * face of the program has another table over the same keys.
 */
import type { ErrorCode } from '../error-codes.ts';
import type { ConfigurationAdvice } from './configuration.ts';
import type { DoctorAdvice } from './doctor.ts';
import type { InstallAdvice } from './install.ts';
import type { MachineAdvice } from './machine.ts';
import type { MovingAdvice } from './moving.ts';
import type { PathsAdvice } from './paths.ts';
import type { RemoteAdvice } from './remote.ts';
import type { SecretsAdvice } from './secrets.ts';
import type { SyncAdvice } from './sync.ts';
import type { UsageAdvice } from './usage.ts';
import type { VaultAdvice } from './vault.ts';

interface GeneralAdvice {
  /** What holds for every failure with this code. */
  'follow-code': { readonly code: ErrorCode };
}

/** Every key and its facts. */
export type AdviceFacts = GeneralAdvice &
  ConfigurationAdvice &
  DoctorAdvice &
  InstallAdvice &
  MachineAdvice &
  MovingAdvice &
  PathsAdvice &
  RemoteAdvice &
  SecretsAdvice &
  SyncAdvice &
  VaultAdvice &
  UsageAdvice;

/** An advice: `{ to: 'set-up-client', client: 'client1' }`. */
export type Advice = {
  [Key in keyof AdviceFacts]: { readonly to: Key } & AdviceFacts[Key];
}[keyof AdviceFacts];

/** The wording of every key, complete by type: a text, or what makes one of the facts. */
export type AdviceTexts<Facts> = {
  readonly [Key in keyof Facts]: string | ((facts: Facts[Key]) => string | undefined);
};

/** Tells the operator of something that does not stop the work; what to do about it is an advice, as with an error. */
export type Warn = (message: string, advice?: Advice) => void;
