/** What every operation is given that reads all of a generation: a restore, a check. */
import type { TransferStats } from '../../remotes/transfer.ts';
import type { Wanted } from '../../sync/generations/choice.ts';
import type { Around, PasswordProvider } from '../context.ts';
import type { LookRequest } from './look.ts';

export interface ReturnRequest extends Wanted, Omit<LookRequest, 'remotePath'> {
  readonly password: PasswordProvider;
  /** Milliseconds for another run to end. */
  readonly wait: number;
  readonly around?: Around | undefined;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
}
