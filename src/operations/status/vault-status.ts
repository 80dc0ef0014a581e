/** What a status says of a vault. */
import type { LastRun, PlaceHistory } from '../../runs/last-sync.ts';
import type { Advice } from '../../system/advice/index.ts';
import type { CryptosyncError } from '../../system/errors.ts';
import type { LastCheck } from '../verify/last-check.ts';
import type { Age } from './overdue.ts';
import type { Waiting } from './waiting.ts';

export type Health = 'healthy' | 'warning' | 'unmounted' | 'needs setup' | 'error';

export interface VaultStatus {
  readonly client: string;
  readonly profile: string;
  readonly engine: string | null;
  readonly state: 'mounted' | 'unmounted' | 'stale' | 'foreign' | 'unknown';
  readonly health: Health;
  /** Why it is not healthy, for people. */
  readonly notes: readonly string[];
  readonly mountDir: string | null;
  readonly encryptedDir: string | null;
  readonly remote: {
    readonly name: string;
    readonly type: string | null;
    readonly path: string;
    /** Null when it was not asked. */
    readonly reachable: boolean | null;
  } | null;
  /** Of the profile's own places: of several the newest that went wrong, else the newest. */
  readonly lastSync: LastRun | null;
  /** Of several places the oldest; null while one of them has none. */
  readonly lastSuccess: string | null;
  /** A newer sync with another path, or in another direction: no success of the profile's own. */
  readonly lastElsewhere: LastRun | null;
  readonly places: readonly PlaceHistory[];
  /** The last check of its own places: of several the one that found the worst; null while nobody looked. */
  readonly lastVerification: LastCheck | null;
  readonly error?: CryptosyncError;
  /** What to do where there is nothing to work with yet. */
  readonly advice?: Advice;
  /** Where an age was asked about. */
  readonly age?: Age;
  /** Where it was asked for. */
  readonly waiting?: Waiting;
}
