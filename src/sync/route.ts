/** What goes where, and how. */
import type { CryptSettings } from '../remotes/crypt.ts';
import type { Remote } from '../remotes/remote.ts';
import type { Direction, TransferMode } from '../remotes/tuning.ts';
import type { SyncSource } from './source.ts';

/** What goes where, and how. */
export interface Route {
  readonly source: SyncSource;
  /** The place on the remote as it lies there, below any crypt layer. */
  readonly raw: Remote;
  readonly direction: Direction;
  readonly mode: TransferMode;
  readonly include: readonly string[];
  /** Undefined sends the files as they are. */
  readonly crypt: CryptSettings | undefined;
}
