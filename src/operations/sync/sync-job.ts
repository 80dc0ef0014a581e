/**
 * One run's work as data: what goes where, how, and which files on this machine remember it. It knows no profile and
 * no tree of clients: a command makes it of a mapping, the library of what its caller gives.
 */
import type { Profile } from '../../clients/profile.ts';
import type { DeleteLimit } from '../../remotes/guard.ts';
import type { TransferStats } from '../../remotes/rclone-log.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { Route } from './mapping.ts';

/** What is asked for one run. */
export interface JobRequest {
  /** Downloads over local changes, which are kept aside; takes a remote whose last upload did not end. */
  readonly force?: boolean | undefined;
  /** Begins a bidirectional sync anew; where both sides differ, the named one's files win. */
  readonly resync?: 'local' | 'remote' | undefined;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
}

/** Everything that a run in any direction needs to know. */
export interface Job {
  readonly mapping: Route;
  /** The remote through its crypt layer, where there is one. */
  readonly view: Remote;
  readonly request: JobRequest;
  readonly profile: Pick<Profile, 'autoResync'>;
  readonly settings: {
    readonly deleteLimit: DeleteLimit | undefined;
    readonly bandwidthLimit: string | undefined;
    readonly flags: readonly string[] | undefined;
    readonly include: readonly string[];
    /** Milliseconds that replaced and deleted files are kept; 0 keeps none. */
    readonly keepDeleted: number;
  };
  readonly indexFile: string;
  readonly baseFile: string;
  readonly bisyncDirectory: string;
}

/** Milliseconds that replaced and deleted files are kept when nothing else is said: 30 days. */
export const defaultKeepDeleted = 30 * 86_400_000;
