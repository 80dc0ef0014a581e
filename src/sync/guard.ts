/**
 * The guard: whether an upload may begin. It looks at facts and answers with an error or nothing; it touches neither
 * side. Every refusal has its own code and says how to go on (docs/sync.md).
 */

import type { DeleteLimit } from '../remotes/tuning.ts';
import { CryptosyncError } from '../system/errors.ts';

export interface SourceFacts {
  readonly kind: 'vault' | 'directory';
  readonly directory: string;
  /** `missing`: there is none; `bare`: nothing in it but what an engine puts into an empty vault. */
  readonly state: 'missing' | 'bare' | 'filled';
}

export interface RemoteFacts {
  /** As rclone writes it. */
  readonly place: string;
  /** Whose data lies there, as the place says itself; undefined when it does not, or can't be read. */
  readonly owner: string | undefined;
  /** Nothing lies there but, perhaps, the tool's own directory. */
  readonly isEmpty: boolean;
  /** The remote holds the very configuration file of this vault; looked at only where the owner is not told. */
  readonly hasOwnConfig: boolean;
}

/** Deletions up to this many are never refused unless a limit was given. */
const alwaysAllowed = 10;
const defaultShare = 50;

/** The source must be a vault with content. @throws VAULT_MISSING, VAULT_EMPTY */
export function verifySource(source: SourceFacts): void {
  if (source.state === 'missing') {
    throw new CryptosyncError(
      'VAULT_MISSING',
      source.kind === 'vault'
        ? `there is no vault in ${source.directory}`
        : `there is no directory ${source.directory}`,
      {
        advice: { to: 'mount-disk' },
      },
    );
  }
  if (source.state === 'bare') {
    throw new CryptosyncError('VAULT_EMPTY', `the ${source.kind} ${source.directory} holds no files at all`, {
      advice: { to: 'restore-emptied' },
    });
  }
}

/** A torn file must not go over its good copy on the remote (hazards.md C8). @throws VERIFY_FAILED */
export function verifyUntorn(directory: string, torn: readonly string[]): void {
  if (torn.length === 0) return;
  throw new CryptosyncError(
    'VERIFY_FAILED',
    `${torn.length} files in ${directory} are cut short, as a full disk leaves them: ${torn.slice(0, 3).join(', ')}`,
    {
      advice: { to: 'restore-torn-files' },
      details: { torn: torn.slice(0, 100) },
    },
  );
}

/** The remote must be empty, or this vault's own. @throws VAULT_FOREIGN, REMOTE_NOT_EMPTY */
export function verifyRemoteIdentity(remote: RemoteFacts, vaultId: string | undefined): void {
  const { owner } = remote;
  if (owner !== undefined) {
    if (owner === vaultId) return;
    throw new CryptosyncError('VAULT_FOREIGN', `${remote.place} holds another vault`, {
      advice: { to: 'separate-vaults' },
      details: { expected: vaultId ?? null, found: owner },
    });
  }
  if (remote.isEmpty || remote.hasOwnConfig) return;
  throw new CryptosyncError('REMOTE_NOT_EMPTY', `${remote.place} holds files that are not of this vault`, {
    advice: { to: 'choose-empty-path' },
  });
}

/** What the guard says after a transfer has begun is no refusal: the remote has changed, and is marked so. */
export function stoppedMidway(error: CryptosyncError): CryptosyncError {
  if (error.exit !== refusal) return error;
  return new CryptosyncError('SYNC_FAILED', `stopped in mid-transfer: ${error.message}`, {
    advice: error.advice,
    details: { ...error.details, refusal: error.code },
    cause: error,
  });
}

/** The exit code of refusals (docs/exit-codes.md). */
const refusal = 15;

/**
 * A source from which all files were deleted takes nothing off the remote unless a limit says so, however few they
 * were. @throws VAULT_EMPTY
 */
export function verifyNotEmptied(
  { kind, filesOfAnEmptyOne }: { readonly kind: SourceFacts['kind']; readonly filesOfAnEmptyOne: number },
  place: string,
  { sourceFiles, deletions }: { readonly sourceFiles: number; readonly deletions: number },
  limit: DeleteLimit | undefined,
): void {
  if (deletions === 0 || limit !== undefined || sourceFiles > filesOfAnEmptyOne) return;
  throw new CryptosyncError(
    'VAULT_EMPTY',
    `the ${kind} holds no files any more, and ${deletions} in ${place} would be deleted`,
    {
      advice: { to: 'allow-emptying', deletions, kind },
      details: { deletions },
    },
  );
}

/** True when the planned deletions are so few that the number of files on the remote does not matter. */
export function isWithinLimit(deletions: number, limit: DeleteLimit | undefined): boolean {
  if (deletions === 0) return true;
  if (limit === undefined) return deletions <= alwaysAllowed;
  return limit.kind === 'count' && deletions <= limit.files;
}

/** @throws DELETE_LIMIT when more would be deleted than allowed. */
export function verifyDeletions(
  place: string,
  deletions: number,
  remoteFiles: number,
  limit: DeleteLimit | undefined,
): void {
  if (isWithinLimit(deletions, limit)) return;
  const share = remoteFiles === 0 ? 100 : (deletions / remoteFiles) * 100;
  if (limit?.kind !== 'count' && share <= (limit?.percent ?? defaultShare)) return;
  const allowed =
    limit === undefined
      ? `${defaultShare}%`
      : limit.kind === 'count'
        ? `${limit.files} files`
        : `${limit.percent}%`;
  throw new CryptosyncError(
    'DELETE_LIMIT',
    `this would delete ${deletions} of the ${remoteFiles} files in ${place}, and ${allowed} are allowed`,
    {
      advice: { to: 'allow-deletions', deletions },
      details: { deletions, remoteFiles },
    },
  );
}

/** What a plan deletes on a side, judged before it is carried out. @throws VAULT_EMPTY, DELETE_LIMIT */
export function verifyPlanned(
  source: { readonly kind: SourceFacts['kind']; readonly filesOfAnEmptyOne: number },
  place: string,
  { deletions, sourceFiles, knownFiles }: PlannedDeletions,
  limit: DeleteLimit | undefined,
): void {
  verifyNotEmptied(source, place, { sourceFiles, deletions }, limit);
  verifyDeletions(place, deletions, knownFiles, limit);
}

export interface PlannedDeletions {
  readonly deletions: number;
  /** On the side that counts. */
  readonly sourceFiles: number;
  /** On the side that loses them. */
  readonly knownFiles: number;
}

/** How many of what leaves its path is gone for good. */
export function deletionsIn(leaving: readonly { readonly why: string }[]): number {
  return leaving.filter(({ why }) => why !== 'replaced').length;
}
