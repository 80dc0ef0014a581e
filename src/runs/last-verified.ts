/** What a ledger says of checks: which generation was looked at, how closely, and what was found. */
import { type LedgerEntry, readLedgerBackwards } from './ledger.ts';
import { type Place, parsePlace, partsOf } from './place.ts';

/** How a generation was last found to be whole. */
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

/** By the id of the generation: its closest successful check, and of equal ones the newest. */
export function readLastVerified(path: string): Map<string, Verified> {
  const found = new Map<string, Verified>();
  for (const { id, verification } of readChecks(path)) {
    if (verification.outcome !== 'verified' || id === undefined) continue;
    const { at, how } = verification;
    const known = found.get(id);
    if (known === undefined || levels.indexOf(how) > levels.indexOf(known.how)) found.set(id, { at, how });
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
