/** What every operation is given: where, when, and whom to tell. Operations print nothing and never prompt. */

import type { ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import type { CryptKey } from '../remotes/crypt.ts';
import type { Secret } from '../secrets/secret.ts';
import type { Clock } from '../system/clock.ts';
import type { Log } from '../system/log.ts';

export interface Context {
  /** The directory of all clients, absolute. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly userId: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** This program's version. */
  readonly version: string;
  /** Told once to the operator, on stderr. */
  readonly warn: (message: string) => void;
}

/** What a transfer is given: nothing that only a tree of clients has. */
export type TransferContext = Pick<Context, 'environment' | 'clock' | 'log' | 'signal' | 'warn'>;

/** Finds the password of a profile's vault when it is needed, and not before. */
export type PasswordProvider = (
  layout: ProfileLayout,
  profile: Pick<Profile, 'passwordFile' | 'passwordCommand'>,
) => Promise<Secret>;

/** Finds the key of a profile's crypt layer, and its salt where it has one. */
export type KeyProvider = (
  layout: ProfileLayout,
  profile: Pick<Profile, 'encryptionKeyCommand' | 'encryptionSaltCommand'>,
) => Promise<CryptKey>;

/** Draws one piece of work, after all questions have been asked; the presenter's. Without one the work just runs. */
export type Around = <Result>(work: () => Promise<Result>) => Promise<Result>;
