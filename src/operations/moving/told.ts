/** An archive on its way, and how far it has come. */
import type { TransferStats } from '../../remotes/transfer.ts';
import { progressOf } from '../../sync/upload/progress.ts';

export interface Told {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** No more is told. */
  end(): void;
}

/** @param total bytes that it is about to have: of holes, an archive has none. @param onProgress nobody where left out */
export function told(
  archive: AsyncIterable<Uint8Array>,
  total: number,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Told {
  let moved = 0;
  const amount = { bytes: total, transfers: 1, deletes: 0 };
  const progress = progressOf({ request: { onProgress } }, { movedBytes: () => moved }, amount);
  return {
    bytes: (async function* () {
      for await (const chunk of archive) {
        yield chunk;
        moved += chunk.length;
      }
    })(),
    end: progress.end,
  };
}
