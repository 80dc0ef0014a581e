/** What every operation is given: where, when, and whom to tell. Operations print nothing and never prompt. */

import type { ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import type { CryptKey } from '../remotes/crypt.ts';
import type { Secret } from '../secrets/secret.ts';
import type { TransferContext } from '../sync/context.ts';

export interface Context extends TransferContext {
  /** The directory of all clients, absolute. */
  readonly root: string;
  readonly userId: number;
  /** This program's version. */
  readonly version: string;
  /** Where the metrics of all clients are written after each run. */
  readonly metricsFile?: string | undefined;
}

/** Finds the password of a profile's vault when it is needed, and not before. */
export interface PasswordProvider {
  (layout: ProfileLayout, profile: Pick<Profile, 'passwordFile' | 'passwordCommand'>): Promise<Secret>;
  /** Whether the last answer for this profile was typed by somebody, who may try again (three times in all) when it was wrong. */
  mayAskAgain?(layout: ProfileLayout): boolean;
}

/** Finds the key of a profile's crypt layer, and its salt where it has one. */
export type KeyProvider = (
  layout: ProfileLayout,
  profile: Pick<Profile, 'encryptionKeyCommand' | 'encryptionSaltCommand'>,
) => Promise<CryptKey>;

/** Draws one piece of work, after all questions have been asked; the presenter's. Without one the work just runs. */
export type Around = <Result>(work: () => Promise<Result>) => Promise<Result>;
