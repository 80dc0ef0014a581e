/** What is asked of a restore, and how it ended. */
import type { NotCarried } from '../../sync/result.ts';
import type { ReturnRequest } from '../generations/return-request.ts';

export interface RestoreRequest extends ReturnRequest {
  /** A remote in the client's rclone.conf and a path on it, instead of the profile's. */
  readonly from?: { readonly name: string; readonly path: string } | undefined;
  /** Refuses a remote whose newest generation is an older one: it was set back. */
  readonly atLeast?: number | undefined;
  /** A directory that is not there yet, or empty, instead of the vault's place. */
  readonly to?: string | undefined;
}

/** Of one mapping. */
export interface RestoreResult {
  readonly remote: string;
  readonly generation: number;
  readonly id: string;
  /** When it was committed, ISO 8601. */
  readonly at: string;
  /** Where it is now. */
  readonly directory: string;
  /** What was asked for of it; null when all of it was. */
  readonly paths: readonly string[] | null;
  /** Where what was there before is now; null when nothing was. */
  readonly keptAside: string | null;
  /** What was needed for it, of the ciphertext where it is one. */
  readonly files: number;
  readonly bytes: number;
  /** What of it this run fetched, and what had come before. */
  readonly filesFetched: number;
  readonly filesResumed: number;
  readonly bytesFetched: number;
  /** Whether the manifest carries the vault's seal; `none` for one of before it had one, or of a plain directory. */
  readonly seal: 'right' | 'none' | 'unknown';
  readonly notRestored: readonly NotCarried[];
  readonly durationMs: number;
}
