/** What a check finds at a place. */
import type { Entry } from '../tree/entry.ts';

/**
 * `missing`, `emptied`, another `size`, other `content`; `kind`: something stands there that is no file; `added`: it
 * belongs to nothing; `manifest`: what tells what belongs there.
 */
export type Damage = 'missing' | 'emptied' | 'size' | 'content' | 'kind' | 'added' | 'manifest';

export interface Finding {
  /** At the place, below it. */
  readonly object: string;
  readonly damage: Damage;
  /** What should be there; undefined for what should not. */
  readonly entry?: Entry | undefined;
}

/** What could not be looked at, which is neither whole nor damaged. */
export interface Unchecked {
  readonly object: string;
  readonly why: string;
}

export interface Findings {
  readonly damaged: readonly Finding[];
  readonly unchecked: readonly Unchecked[];
  /** Files and links that should be there. */
  readonly files: number;
  /** What was read and compared. */
  readonly filesRead: number;
  readonly bytesRead: number;
  /** Of a check that reads: whether, with what earlier ones have read since it began, all was read. */
  readonly isWhole: boolean;
}
