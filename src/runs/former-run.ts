/** How the run before this one ended, so that a return to order can be told. */
import { type LedgerEntry, readLedgerBackwards } from './ledger.ts';
import { type Run, resultOfCode } from './observer.ts';

/**
 * True when the last run of the same operation was not in order: it failed, was refused, found damage, or never ended.
 * One that was put off says nothing, and neither does one that is still at work.
 * @throws what stops the ledger from being read
 */
export function wasInTrouble(ledger: string, { id, operation }: Pick<Run, 'id' | 'operation'>): boolean {
  const ended = new Set<string>([id]);
  for (const entry of readLedgerBackwards(ledger)) {
    if (entry.operation !== operation || ended.has(entry.run)) continue;
    ended.add(entry.run);
    if (entry.event === 'started' ? isAtWork(entry) : isPutOff(entry)) continue;
    return entry.event === 'started' || entry.error !== undefined;
  }
  return false;
}

function isPutOff({ error }: LedgerEntry): boolean {
  return typeof error === 'string' && resultOfCode(error) === 'skipped';
}

function isAtWork({ pid }: LedgerEntry): boolean {
  if (typeof pid !== 'number') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
