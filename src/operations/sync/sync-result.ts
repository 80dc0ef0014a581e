/** How a sync of one mapping ended. */
import type { PlannedFile, TransferMode, TransferResult } from '../../remotes/transfer.ts';
import type { CryptosyncError } from '../../system/errors.ts';
import type { Direction } from './mapping.ts';

export interface SyncResult {
  /** The directory on this machine; null when the profile could not be read. */
  readonly source: string | null;
  readonly remote: string | null;
  readonly direction: Direction;
  readonly mode: TransferMode;
  /** `planned` is the outcome of a dry run. `refused`: the guard said no, and nothing changed. */
  readonly outcome: 'synced' | 'unchanged' | 'planned' | 'refused' | 'failed';
  readonly strategy: 'full';
  readonly filesTransferred: number;
  readonly bytesTransferred: number;
  readonly deleted: number;
  /** Whether both sides equal one moment of the source; null when nothing was looked at. */
  readonly consistent: boolean | null;
  /** The number of completed transfers to this remote; null when it is not known. */
  readonly generation: number | null;
  readonly durationMs: number;
  /** Files that were changed on both sides: which version kept the name, and where the other one is. */
  readonly conflicts?: readonly SyncConflict[];
  /** Where a download put what was there before, when it was not the same. */
  readonly keptAt?: string;
  /** Of a dry run. */
  readonly plan?: { readonly uploads: readonly PlannedFile[]; readonly deletions: readonly PlannedFile[] };
  readonly error?: CryptosyncError;
}

export interface SyncConflict {
  readonly path: string;
  /** The side whose version, the newer one, kept the name. */
  readonly winner: 'local' | 'remote';
  /** Where the other version lies. */
  readonly trash: string;
}

/** What a run in one direction comes back with. */
export interface DirectionOutcome {
  readonly changed: boolean;
  readonly transferred: TransferResult;
  readonly consistent: boolean;
  readonly generation: number | null;
  readonly conflicts?: readonly SyncConflict[];
  readonly keptAt?: string;
}

/** What a dry run would do. */
export interface DirectionPlan {
  readonly uploads: readonly PlannedFile[];
  readonly deletions: readonly PlannedFile[];
  readonly generation: number | null;
}

type Heading = Pick<SyncResult, 'source' | 'remote' | 'direction' | 'mode'>;

const strategy = 'full';

export function successful(heading: Heading, outcome: DirectionOutcome, durationMs: number): SyncResult {
  const { changed, transferred, consistent, generation, conflicts, keptAt } = outcome;
  return {
    ...heading,
    outcome: changed ? 'synced' : 'unchanged',
    strategy,
    filesTransferred: transferred.files,
    bytesTransferred: transferred.bytes,
    deleted: transferred.deleted,
    consistent,
    generation,
    durationMs,
    ...(conflicts === undefined ? {} : { conflicts }),
    ...(keptAt === undefined ? {} : { keptAt }),
  };
}

const nothing = { strategy, filesTransferred: 0, bytesTransferred: 0, deleted: 0, consistent: null } as const;

export function planned(heading: Heading, plan: DirectionPlan, durationMs: number): SyncResult {
  const { uploads, deletions, generation } = plan;
  return { ...heading, ...nothing, outcome: 'planned', generation, durationMs, plan: { uploads, deletions } };
}

/** Refusals change nothing on either side; everything else has failed. */
const refusals: ReadonlySet<number> = new Set([15, 75]);

export function unsuccessful(heading: Heading, error: CryptosyncError, durationMs: number): SyncResult {
  const refused = refusals.has(error.exit) || error.code === 'DECRYPTION_FAILED';
  return {
    ...heading,
    ...nothing,
    outcome: refused ? 'refused' : 'failed',
    generation: null,
    durationMs,
    error,
  };
}
