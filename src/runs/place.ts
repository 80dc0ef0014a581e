/**
 * A place that a profile is synced with: what is here, what is there, and which way it goes. An outcome is one place's
 * and no other's: what went to another path, or came down, says nothing of it.
 */

export interface Place {
  /** The directory on this machine; null for the vault's ciphertext. Undefined where an older line did not say. */
  readonly source?: string | null | undefined;
  readonly direction: string;
  /** `name:path`. */
  readonly remote: string;
  /** What stands behind the remote's name; undefined when that can't be told, or an older line did not say. */
  readonly backend?: string | undefined;
}

/** True when an outcome that was recorded for one place is also the other's. What is not known speaks not against it. */
export function isSamePlace(one: Place, other: Place): boolean {
  return (
    one.direction === other.direction &&
    withoutSlashes(one.remote) === withoutSlashes(other.remote) &&
    isSameAsFarAsKnown(one.backend, other.backend) &&
    isSameAsFarAsKnown(one.source, other.source)
  );
}

function isSameAsFarAsKnown(one: string | null | undefined, other: string | null | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/** `r:path/` is `r:path`. */
function withoutSlashes(remote: string): string {
  return remote.replace(/\/+$/, '');
}

/** What a line of a ledger tells of each place; one of 0.1 tells of the worst at most. */
export function partsOf(line: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { places } = line;
  return Array.isArray(places) && places.length > 0 ? places : [line];
}

/** The places that a line of a ledger names. */
export function placesIn(line: Readonly<Record<string, unknown>>): Place[] {
  return partsOf(line).flatMap((part) => parsePlace(part) ?? []);
}

/** A place out of a line of a ledger, where it is one. */
export function parsePlace(value: unknown): Place | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { source, direction = 'upload', remote, backend } = value as Record<string, unknown>;
  if (typeof remote !== 'string' || typeof direction !== 'string') return undefined;
  return {
    remote,
    direction,
    ...(typeof source === 'string' || source === null ? { source } : {}),
    ...(typeof backend === 'string' ? { backend } : {}),
  };
}
