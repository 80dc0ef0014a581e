/**
 * Proof before sending: what a source's files are opened with must be what is known to open them. Where this machine
 * knows nothing of it (a lost state, a vault of an earlier version), the place that was sent to before does: its
 * marker is this vault's, and its copy of the same files is equal.
 */
import type { Place } from '../remotes/place.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { stoppedMidway } from './guard.ts';
import type { Proven, SyncSource } from './source.ts';

const nothing = Buffer.alloc(0);
/** Bytes that such a file may have. */
export const longestKeyFile = 1024 * 1024;

/** @throws VAULT_MISMATCH */
export async function verifyKnownThere(
  { directory }: SyncSource,
  { isProven, files: here }: Proven,
  place: Place,
): Promise<void> {
  if (isProven) return;
  for (const [name, content] of here) {
    const there = await place.read(name, longestKeyFile);
    if ((there ?? nothing).equals(content ?? nothing)) continue;
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      there === undefined
        ? `nobody has seen yet that ${name} in ${directory} opens this vault`
        : `${name} in ${directory} is not the one in ${place.name}, and nobody has seen that it opens this vault`,
      {
        advice: { to: 'prove-by-mount', files: [] },
        details: { unproven: [...here.keys()] },
      },
    );
  }
}

/** What was sent must be what was looked at before. @throws VAULT_MISMATCH */
function verifyStillProven(source: SyncSource, before: Proven): void {
  const { digests } = source.verifyProven();
  const changed = Object.keys({ ...before.digests, ...digests }).filter(
    (name) => before.digests[name] !== digests[name],
  );
  if (changed.length === 0) return;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `${changed.join(' and ')} in ${source.directory} was changed while it was sent`,
    { advice: { to: 'prove-then-sync-again' } },
  );
}

/** A configuration that changed under way may have been sent: then this is no state to be committed. */
export function verifySent(source: SyncSource, proven: Proven): void {
  try {
    verifyStillProven(source, proven);
  } catch (error) {
    throw stoppedMidway(toCryptosyncError(error));
  }
}
