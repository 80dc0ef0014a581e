/** What the last check of a place found, kept beside its record: status looks there, for a ledger has a long way to it. */

import { toIsoSeconds } from '../../system/clock.ts';
import { kindOf, readTextIfPresent, writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import type { VerifyResult } from './request.ts';

export interface LastCheck {
  /** ISO 8601. */
  readonly at: string;
  readonly outcome: VerifyResult['outcome'];
  readonly how: VerifyResult['how'];
  readonly remote: string | null;
  readonly generation: number | null;
  /** How many damages were found and not repaired. */
  readonly damaged: number;
  readonly error?: string;
}

export function writeLastCheck(file: string, now: Date, result: VerifyResult): void {
  const { outcome, how, remote, generation, damaged, error } = result;
  const left = damaged.filter(({ repaired }) => repaired !== true).length;
  const check: LastCheck = {
    ...{ at: toIsoSeconds(now), outcome, how, remote, generation, damaged: left },
    ...(error && { error: error.code }),
  };
  writeFileAtomic(file, `${JSON.stringify(check)}\n`, 0o600);
}

/** Undefined where nobody has looked yet. */
export function readLastCheck(file: string): LastCheck | undefined {
  // mostly there is none, and an error that says so costs more than to look
  if (kindOf(file) === 'none') return undefined;
  try {
    const check = parseStoredJson(readTextIfPresent(file) ?? 'null') as LastCheck | null;
    return typeof check?.at === 'string' && typeof check.outcome === 'string' ? check : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
