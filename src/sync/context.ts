/** What a transfer is given of its surroundings: nothing that only a tree of clients has. */
import type { RunContext } from '../runs/recorded.ts';

export interface TransferContext extends RunContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}
