/** How a sync of one mapping ended. */

import type { PlannedFile, TransferResult } from '../remotes/transfer.ts';
import type { Direction, TransferMode } from '../remotes/tuning.ts';
import { CryptosyncError } from '../system/errors.ts';
import { inShort, shownPath } from '../system/names.ts';

export interface SyncResult {
  /** The directory on this machine; null when the profile could not be read. */
  readonly source: string | null;
  readonly remote: string | null;
  readonly direction: Direction;
  readonly mode: TransferMode;
  /** `planned` is the outcome of a dry run. `refused`: the guard said no, and nothing changed. */
  readonly outcome: 'synced' | 'unchanged' | 'planned' | 'refused' | 'failed';
  /** How the remote was looked at: not at all beyond what it says of itself, at what changed, or as a whole. */
  readonly strategy: Strategy;
  readonly filesTransferred: number;
  readonly bytesTransferred: number;
  readonly deleted: number;
  /** Whether both sides equal one moment of the source; null when nothing was looked at. */
  readonly consistent: boolean | null;
  /** The number of completed transfers to this remote; null when it is not known. */
  readonly generation: number | null;
  readonly durationMs: number;
  /** What the source held when an upload looked at it. */
  readonly held?: Held;
  /** Files that were changed on both sides: which version kept the name, and where the other one is. */
  readonly conflicts?: readonly SyncConflict[];
  /** What is here and is not at the remote, with the reason: the error tells of it, too. */
  readonly notCarried?: readonly NotCarried[];
  /** What somebody else added, changed or removed at the remote, seen on a full pass and mended. */
  readonly behindOurBack?: readonly string[];
  /** Directories of the vault in which nothing could be read, as its engine left them at that moment. */
  readonly unreadable?: readonly string[];
  /** Where a download put what was there before, when it was not the same. */
  readonly keptAt?: string;
  /** Of a dry run. */
  readonly plan?: Omit<DirectionPlan, 'generation'>;
  readonly error?: CryptosyncError;
}

/** How much there is of a source. */
export interface Held {
  /** Files and links. */
  readonly files: number;
  readonly bytes: number;
}

export type Strategy = 'none' | 'incremental' | 'full';

/** Something that a place can't hold. */
export interface NotCarried {
  /** For people. */
  readonly path: string;
  readonly why: string;
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
  readonly held?: Held;
  readonly conflicts?: readonly SyncConflict[];
  readonly keptAt?: string;
  readonly strategy?: Strategy;
  readonly notCarried?: readonly NotCarried[];
  /** What somebody else did at the place, for people. */
  readonly behindOurBack?: readonly string[];
  /** Directories in which nothing can be read. */
  readonly unreadable?: readonly string[];
}

/** What a dry run would do. */
export interface DirectionPlan {
  readonly transfers: readonly PlannedFile[];
  readonly deletions: readonly PlannedFile[];
  /** Files and directories that only get another path there. */
  readonly renames: readonly { readonly from: string; readonly to: string }[];
  /** What only gets another mode, owner, time or attribute. */
  readonly metadata: readonly string[];
  readonly notCarried: readonly NotCarried[];
  readonly generation: number | null;
}

type Heading = Pick<SyncResult, 'source' | 'remote' | 'direction' | 'mode'>;

export function successful(heading: Heading, outcome: DirectionOutcome, durationMs: number): SyncResult {
  const { changed, transferred, consistent, generation, conflicts, keptAt, held } = outcome;
  const { strategy = 'full', notCarried = [], behindOurBack = [], unreadable = [] } = outcome;
  return {
    ...heading,
    outcome: notCarried.length > 0 ? 'failed' : changed ? 'synced' : 'unchanged',
    strategy,
    filesTransferred: transferred.files,
    bytesTransferred: transferred.bytes,
    deleted: transferred.deleted,
    consistent,
    generation,
    durationMs,
    ...(held === undefined ? {} : { held }),
    ...(conflicts === undefined ? {} : { conflicts }),
    ...(keptAt === undefined ? {} : { keptAt }),
    ...(behindOurBack.length === 0 ? {} : { behindOurBack: behindOurBack.slice(0, mostNamed) }),
    ...(unreadable.length === 0 ? {} : { unreadable: unreadable.slice(0, mostNamed).map(shownPath) }),
    ...(notCarried.length === 0 ? {} : { notCarried, error: leftOut(heading, notCarried) }),
  };
}

/** Paths that a result names at the most. */
const mostNamed = 100;

/** Everything else is there: but what is not can't be told as done. */
function leftOut({ remote }: Heading, notCarried: readonly NotCarried[]): CryptosyncError {
  const shown = notCarried.slice(0, 3).map(({ path, why }) => `${inShort(path)} (${why})`);
  const more = notCarried.length > shown.length ? `, and ${notCarried.length - shown.length} more` : '';
  return new CryptosyncError('SYNC_FAILED', `${remote} holds everything but ${shown.join(', ')}${more}`, {
    advice: { to: 'rename-not-carried' },
    details: { notCarried: notCarried.slice(0, mostNamed) },
  });
}

const nothing = {
  strategy: 'none',
  filesTransferred: 0,
  bytesTransferred: 0,
  deleted: 0,
  consistent: null,
} as const;

export function planned(heading: Heading, plan: DirectionPlan, durationMs: number): SyncResult {
  const { generation, ...changes } = plan;
  return {
    ...heading,
    ...nothing,
    outcome: 'planned',
    generation,
    durationMs,
    plan: changes,
  };
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
