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
  /** Brings back all that is sound where some of it is damaged at the remote, and tells what is not. */
  readonly skipDamaged?: boolean | undefined;
}

/** A file that was left out. */
export interface LostFile {
  /** As the remote has it: of the ciphertext where it is one. */
  readonly path: string;
  /** What it is called in the vault, where the engine can tell. */
  readonly plaintext?: string;
  readonly why: string;
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
  /** What is damaged at the remote and was skipped, as was asked for. */
  readonly lost: readonly LostFile[];
  readonly durationMs: number;
}
