/** What a coordinator is made of, and what it is asked. */
import type { EncryptionConfig } from '../executor/options.ts';
import type { Warn } from '../system/advice/index.ts';
import type { Clock } from '../system/clock.ts';
import type { Log } from '../system/log.ts';
import type { SessionHooks } from './hooks.ts';
import type { Registry } from './registry.ts';
import type { WorkloadSource } from './workload/store.ts';

export interface CoordinatorSettings {
  /** The directory of all tenants, an absolute path: a tenant's files lie in `<root>/<tenant>/session`. */
  readonly root: string;
  /** `workloadsIn(directory)`, `givenWorkloads({…})`, or a function of the program's own. */
  readonly workloads: WorkloadSource;
  /** Default: the one of a single node. */
  readonly registry?: Registry | undefined;
  /** Claims and syncs that run at the same time; others wait. Default 4. */
  readonly concurrency?: number | undefined;
  /**
   * Keeps a process that waits for the next sync, from the first one until `close()`: a claim and a release begin
   * 0.05 to 0.1 s sooner, for 60 MB. It holds no key. Default false.
   */
  readonly keepsSpare?: boolean | undefined;
  /** In the place of a workload's own hooks, for a program that runs tenants itself. */
  readonly hooks?: SessionHooks | undefined;
  /** What rclone and hooks inherit. Default `process.env`. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
  readonly onWarning?: Warn | undefined;
}

export interface ClaimRequest {
  readonly workloadId: string;
  /** Copied and checked; what is given stays the caller's to wipe. Bytes leave no trace, a string does. */
  readonly encryption?: EncryptionConfig | undefined;
  /** Calls the claim off, as long as it has not ended. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReleaseRequest {
  /** Forgets the key also when not everything could be sent; the files stay where they are. */
  readonly force?: boolean | undefined;
}

export interface CloseRequest {
  /** Milliseconds for the final syncs. Default 60,000. */
  readonly drain?: number | undefined;
}
