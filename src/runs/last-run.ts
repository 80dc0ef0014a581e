/** When something was last begun, however it ended. */
import { type LedgerEntry, readLedgerBackwards } from './ledger.ts';

/** @returns ISO 8601; undefined when the ledger has none. */
export function lastBegun(path: string, isWanted: (entry: LedgerEntry) => boolean): string | undefined {
  for (const entry of readLedgerBackwards(path)) {
    if (entry.event === 'started' && isWanted(entry)) return entry.at;
  }
  return undefined;
}
