/** The ledger as an observer: its first line before the work, its last one when it is done. */
import type { Warn } from '../../system/advice/index.ts';
import type { Clock } from '../../system/clock.ts';
import { beginRun, type LedgerRun } from '../ledger.ts';
import type { RunEnd, RunObserver } from '../observer.ts';

/** A ledger that can't be written (a full disk) is a warning: the work itself may still be possible. */
export function ledgerObserver(path: string, clock: Clock, warn: Warn): RunObserver {
  let line: LedgerRun | undefined;
  const tell = async (write: () => Promise<void> | undefined): Promise<void> => {
    try {
      await write();
    } catch (error) {
      warn(`the ledger can't be written: ${(error as Error).message}`);
    }
  };
  return {
    began: (run) =>
      tell(async () => {
        line = beginRun(path, run, clock, run.facts);
        await line.begun;
      }),
    ended: (_run, end) => tell(() => line?.end(end.outcome, keptOf(end))),
  };
}

function keptOf({ facts, error, exitCode, durationMs }: RunEnd): Readonly<Record<string, unknown>> {
  return { durationMs, ...facts, ...(error && { error: error.code, exitCode }) };
}
