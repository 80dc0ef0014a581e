/** What is asked of a sync of a profile. */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Direction, TransferMode } from '../../remotes/tuning.ts';
import type { JobRequest } from '../../sync/job.ts';
import type { Around, KeyProvider, PasswordProvider } from '../context.ts';
import type { Neighbourhood } from './neighbour-mounts.ts';

export interface SyncRequest extends JobRequest {
  readonly layout: ProfileLayout;
  /** A path on the remote instead of the profile's. */
  readonly remotePath?: string | undefined;
  /** Instead of what the mappings say. */
  readonly direction?: Direction | undefined;
  readonly mode?: TransferMode | undefined;
  readonly dryRun: boolean;
  /** `25` or `10%`. */
  readonly maxDelete?: string | undefined;
  readonly bandwidthLimit?: string | undefined;
  /** Unmounts a vault that must be still for the while. */
  readonly remount: boolean;
  readonly password: PasswordProvider;
  readonly encryptionKey: KeyProvider;
  readonly wait: number;
  readonly around?: Around | undefined;
  /** What all syncs of a run share of their looks at other profiles; default: each looks for itself. */
  readonly neighbourhood?: Neighbourhood | undefined;
}
