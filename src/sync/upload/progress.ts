/** How far a run is, told while it goes on: what is planned is known, what has moved is counted. */
import type { Place } from '../../remotes/place.ts';
import type { Job } from '../job.ts';

/** What a run, or a pass of it, is about to move. */
export interface Amount {
  readonly bytes: number;
  readonly transfers: number;
  readonly deletes: number;
}

export interface Progress {
  /** Told of every file that has arrived, and its bytes. */
  readonly onCarried: (bytes: number) => void;
  end(): void;
}

/** Milliseconds between two tellings. */
const interval = 500;

/** @param request whom to tell; nobody where it says nothing */
export function progressOf(
  { request: { onProgress } }: Pick<Job, 'request'>,
  place: Pick<Place, 'movedBytes'>,
  amount: Amount,
): Progress {
  const { bytes: totalBytes, transfers: totalTransfers, deletes } = amount;
  const begin = performance.now();
  const before = place.movedBytes();
  let [bytes, transfers] = [0, 0];
  const tell = (): void => {
    const moved = Math.max(bytes, Math.min(place.movedBytes() - before, totalBytes));
    const seconds = (performance.now() - begin) / 1000;
    const speed = seconds > 0 ? moved / seconds : 0;
    const eta = speed > 0 ? Math.round((totalBytes - moved) / speed) : undefined;
    onProgress?.({ bytes: moved, transfers, checks: 0, deletes, totalBytes, totalTransfers, speed, eta });
  };
  const timer = onProgress === undefined ? undefined : setInterval(tell, interval);
  timer?.unref();
  return {
    onCarried(size) {
      bytes += size;
      transfers += 1;
    },
    end() {
      clearInterval(timer);
      if (onProgress !== undefined) tell();
    },
  };
}

export function bytesIn(entries: readonly { readonly size: number }[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}
