/** What callers are told: the same documents by a program's call, by HTTP and on the command line. */
import type { TransferStats } from '../remotes/transfer.ts';
import type { FilenameEncryption } from '../remotes/tuning.ts';
import type { SyncConflict } from '../sync/result.ts';
import type { ErrorReport } from '../system/errors.ts';

/** How the files of a session were brought from its sink, or to it. */
export interface SessionSync {
  /**
   * `empty`: the sink has never held anything. `recovered`: what an interrupted session had left here and what the sink
   * has were brought together. `none`: the workload asks for nothing.
   */
  readonly outcome: 'synced' | 'unchanged' | 'empty' | 'recovered' | 'none';
  readonly files: number;
  readonly bytes: number;
  /** The highest of its mappings'; null when nothing was committed yet. */
  readonly generation: number | null;
  /** What was changed on both sides: which version has kept the name, and where the other one lies. */
  readonly conflicts?: readonly SyncConflict[];
  /** Where versions of this machine lie that gave way. */
  readonly keptAt?: readonly string[];
}

export interface SessionEncryption {
  readonly enabled: boolean;
  /** Null without encryption. */
  readonly filenameEncryption: FilenameEncryption | null;
}

export interface ClaimDocument {
  readonly tenantId: string;
  readonly containerId: string | null;
  /** `directory` is where the tenant's files are; more where the hook `claim` gave more. */
  readonly endpoints: { readonly directory: string; readonly [name: string]: string };
  readonly encryption: SessionEncryption;
  readonly sync: SessionSync;
}

export interface SyncDocument {
  readonly tenantId: string;
  readonly sync: SessionSync;
}

export interface ReleaseDocument {
  readonly tenantId: string;
  /** `forgotten`: the key was given up although not everything was sent; the files stay in `directory`. */
  readonly outcome: 'released' | 'forgotten';
  /** Null where a forced release sent nothing. */
  readonly sync: SessionSync | null;
  /** What becomes of the files in `directory`: taken away where all of them were sent and the workload does not keep them. */
  readonly files: 'removed' | 'kept';
  /** Why files were kept that should not be, in words. */
  readonly notes: readonly string[];
  readonly directory: string;
}

/** `interrupted`: its server ended without a release, and nobody has claimed it again. */
export type SessionState = 'claiming' | 'active' | 'releasing' | 'release failed' | 'interrupted';

export interface SessionDocument {
  readonly tenantId: string;
  readonly state: SessionState;
  readonly containerId: string | null;
  /** Null where a torn journal does not say. */
  readonly workloadId: string | null;
  readonly claimedAt: string | null;
  readonly directory: string;
  readonly encryption: SessionEncryption | null;
  readonly generation: number | null;
  /** The newest sync that has ended. */
  readonly lastSync: { readonly at: string; readonly outcome: string; readonly error?: ErrorReport } | null;
  readonly lastSuccess: string | null;
  /** Syncs that have failed since the last one that did not. */
  readonly failures: number;
  readonly nextSync: string | null;
  /** Of the sync that is under way. */
  readonly progress: TransferStats | null;
}
