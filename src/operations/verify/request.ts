/** What is asked of a check, and what it found. */
import type { Damage } from '../../sync/verify/findings.ts';
import type { Depth } from '../../sync/verify/verify.ts';
import type { CryptosyncError } from '../../system/errors.ts';
import type { ReturnRequest } from '../generations/return-request.ts';

export interface VerifyRequest extends ReturnRequest {
  readonly depth: Depth;
  /** Brings all of it back to a scratch directory, opens it and reads it, too. */
  readonly drill: boolean;
  /** A directory for the drill; one of the client's own when left out. */
  readonly scratch?: string | undefined;
  /** Sends again what is damaged there and sound here. */
  readonly repair: boolean;
}

export type How = 'quick' | 'sample' | 'deep' | 'drill';

/** `unchecked`: it could not be looked at, or not at all of it; that is neither of the others. */
export type Verdict = 'verified' | 'damaged' | 'unchecked';

export interface NamedDamage {
  /** At the place, for people. */
  readonly path: string;
  readonly damage: Damage | 'unreadable';
  /** What it is called in the vault; only where that can be told. */
  readonly plaintext?: string;
  /** It was sent again and is right now. */
  readonly repaired?: true;
}

/** How a return went. */
export interface DrillResult {
  /** Until all was fetched and compared, and until it was opened and read. */
  readonly restoreMs: number;
  readonly totalMs: number;
  /** Files in the clear that were read. */
  readonly files: number;
  /** How many of them are not as in the mounted vault, or only in one of both; null where it is not mounted. */
  readonly differentFromLive: number | null;
}

/** Of one mapping. */
export interface VerifyResult {
  readonly source: string | null;
  readonly remote: string | null;
  readonly generation: number | null;
  readonly id: string | null;
  /** When the generation was committed, ISO 8601. */
  readonly at: string | null;
  readonly how: How;
  readonly outcome: Verdict;
  readonly seal: 'right' | 'none' | 'unknown' | null;
  readonly files: number;
  readonly filesRead: number;
  readonly bytesRead: number;
  readonly damaged: readonly NamedDamage[];
  readonly unchecked: readonly { readonly path: string; readonly why: string }[];
  readonly drill?: DrillResult;
  readonly durationMs: number;
  readonly error?: CryptosyncError;
}
