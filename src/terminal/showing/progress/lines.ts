/**
 * Progress for programs (`--progress json`): on stderr a JSON document a line, as docs/progress.md says. What a line says
 * stands in the types here, of which schema/progress.schema.json is made. Fields may be added, none changes its meaning.
 */

import type { Around } from '../../../operations/context.ts';
import type { TransferStats } from '../../../remotes/transfer.ts';
import { toCryptosyncError } from '../../../system/errors.ts';
import type { ProgressLine, Work } from './schema.ts';

/** Draws nothing, and tells `write` of a piece of work instead: that it begins, how far it is, and how it ended. */
export function progressLines(
  work: Work,
  write: (line: string) => void = writeToStderr,
): { readonly around: Around; readonly onProgress: (stats: TransferStats) => void } {
  const tell = (line: DistributiveOmit<ProgressLine, keyof Work | 'at'>): void => {
    const { event, ...rest } = line;
    const whole = { event, at: new Date().toISOString(), ...work, ...rest };
    write(`${JSON.stringify(whole)}\n`);
  };
  return {
    around: async (run) => {
      tell({ event: 'begin' });
      const begun = performance.now();
      const end = (code: string | null): void =>
        tell({ event: 'end', ok: code === null, code, milliseconds: Math.round(performance.now() - begun) });
      try {
        const result = await run();
        end(null);
        return result;
      } catch (error) {
        end(toCryptosyncError(error).code);
        throw error;
      }
    },
    onProgress: ({ bytes, totalBytes, transfers, totalTransfers, deletes, speed, eta }) =>
      tell({
        event: 'progress',
        bytes,
        totalBytes,
        files: transfers,
        totalFiles: totalTransfers,
        deletes,
        bytesPerSecond: Math.round(speed),
        secondsLeft: eta ?? null,
      }),
  };
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

function writeToStderr(line: string): void {
  process.stderr.write(line);
}
