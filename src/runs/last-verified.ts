/** What a ledger says of checks: which generation was looked at, how closely, and what was found. */
import { type LedgerEntry, readLedgerBackwards } from './ledger.ts';
import { type Place, parsePlace, partsOf } from './place.ts';

/** A check of a generation. */
export interface Verified {
  /** ISO 8601. */
  readonly at: string;
  /** `quick`, `sample`, `deep` or `drill`. */
  readonly how: string;
}

/** One check of one place, as the ledger has it. */
interface LastVerification extends Verified {
  /** `verified`, `damaged`, or `unchecked` for a check that could not be made; `unfinished` when it never ended. */
  readonly outcome: string;
  readonly remote?: string;
  readonly generation?: number;
  readonly error?: string;
}

const levels: readonly string[] = ['quick', 'sample', 'deep', 'drill'];

/** What is known of one generation. */
export interface Checked {
  /** Its closest successful check, and of equal ones the newest; null while nobody looked. */
  readonly verified: Verified | null;
  /** The newest check that found damage, and after which no check as close found none. */
  readonly damaged: Verified | null;
}

/** By the id of the generation. */
export function readLastVerified(path: string): Map<string, Checked> {
  const found = new Map<string, Checked>();
  for (const { id, verification } of readChecks(path)) {
    const { at, how, outcome } = verification;
    if (id === undefined) continue;
    const { verified, damaged } = found.get(id) ?? { verified: null, damaged: null };
    const isCloser = verified === null || levels.indexOf(how) > levels.indexOf(verified.how);
    // the newest comes first: what was found whole as closely since has been mended
    if (outcome === 'verified' && isCloser) found.set(id, { verified: { at, how }, damaged });
    if (outcome === 'damaged' && damaged === null && isCloser)
      found.set(id, { verified, damaged: { at, how } });
  }
  return found;
}

interface Check {
  readonly place: Place | undefined;
  /** Of the generation. */
  readonly id: string | undefined;
  readonly verification: LastVerification;
}

function* readChecks(path: string): Generator<Check> {
  const ended = new Set<string>();
  for (const entry of readLedgerBackwards(path)) {
    if (entry.operation !== 'verify') continue;
    if (entry.event === 'ended') ended.add(entry.run);
    else if (ended.has(entry.run)) continue;
    for (const part of partsOf(entry)) yield checkIn(entry, Object(part));
  }
}

function checkIn(entry: LedgerEntry, part: Readonly<Record<string, unknown>>): Check {
  const text = (name: string): string | undefined =>
    typeof part[name] === 'string' ? (part[name] as string) : undefined;
  const place = parsePlace(part);
  const { generation } = part;
  const error = text('error');
  const outcome = entry.event === 'ended' ? (text('outcome') ?? entry.outcome ?? 'unknown') : 'unfinished';
  const verification = {
    at: entry.at,
    how: text('how') ?? 'quick',
    outcome,
    ...(place === undefined ? {} : { remote: place.remote }),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(error === undefined ? {} : { error }),
  };
  return { place, id: text('id'), verification };
}
