/** Noticing that a remote has gone in the midst of transfers: by what rclone logs, and by how far it is. */
import { reachabilityOf } from '../../reachable.ts';
import { placeOf, type Remote } from '../../remote.ts';
import type { RcloneDependencies } from '../call.ts';
import { isUnreachable, rcloneFailure } from '../failure.ts';
import type { LogRecord, TransferStats } from '../log.ts';
import { watchConnection } from '../lost-connection.ts';
import { watchSilence } from '../silence.ts';

export interface TransferWatch {
  /** Aborted, with the error as its reason, when the remote has gone. */
  readonly lost: AbortSignal;
  /** Takes what rclone logs. */
  readonly look: (record: LogRecord) => void;
  /** Runs a transfer; while any runs, `readStats` is asked how far rclone is. */
  during<Result>(transfer: () => Promise<Result>): Promise<Result>;
  /** Bytes that have moved. */
  movedBytes(): number;
}

/** Milliseconds between two looks at how far rclone is. */
const interval = 500;

export function watchTransfers(
  remote: Remote,
  dependencies: RcloneDependencies,
  readStats: () => Promise<TransferStats | undefined>,
): TransferWatch {
  const lost = new AbortController();
  const now = (): number => performance.now();
  const giveUp = (answer?: 'gone' | 'silent'): void => {
    const end = { exitCode: undefined, errors: [], timedOut: answer === 'silent', isLost: true };
    lost.abort(rcloneFailure(end, placeOf(remote), 'reach it'));
  };
  const connection = watchConnection({ isUnreachable, giveUp, now });
  const ask = reachabilityOf(remote, dependencies);
  const silence = watchSilence({ ask, giveUp, now });
  let [running, moved, isAsking] = [0, 0, false];
  let timer: NodeJS.Timeout | undefined;
  const tick = async (): Promise<void> => {
    if (isAsking || lost.signal.aborted) return;
    isAsking = true;
    const stats = await readStats().catch(() => undefined);
    isAsking = false;
    if (stats === undefined) return;
    moved = Math.max(moved, stats.bytes);
    const record = { level: 'info', message: '', object: undefined, skipped: undefined, size: 0, stats };
    connection(record);
    silence(record);
  };
  return {
    lost: lost.signal,
    look: connection,
    async during(transfer) {
      running += 1;
      timer ??= setInterval(() => void tick(), interval).unref();
      try {
        return await transfer();
      } finally {
        running -= 1;
        if (running === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
    movedBytes: () => moved,
  };
}
