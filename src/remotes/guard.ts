/**
 * The guard: whether an upload may begin. It looks at facts and answers with an error or nothing; it touches neither
 * side. Every refusal has its own code and says how to go on (DESIGN section 6).
 */
import { CryptosyncError } from '../system/errors.ts';
import type { MarkerReading } from './marker.ts';

export interface SourceFacts {
  readonly kind: 'vault' | 'directory';
  readonly directory: string;
  /** `missing`: there is none; `bare`: nothing in it but what an engine puts into an empty vault. */
  readonly state: 'missing' | 'bare' | 'filled';
}

export interface RemoteFacts {
  /** As rclone writes it. */
  readonly place: string;
  readonly marker: MarkerReading;
  /** Nothing lies there but, perhaps, the tool's own directory. */
  readonly isEmpty: boolean;
  /** The remote holds the very configuration file of this vault; looked at only where the marker does not tell. */
  readonly hasOwnConfig: boolean;
}

/** What `--max-delete` says: a number of files, or a share of what the remote holds. */
export type DeleteLimit =
  | { readonly kind: 'count'; readonly files: number }
  | { readonly kind: 'share'; readonly percent: number };

/** Deletions up to this many are never refused unless a limit was given. */
const alwaysAllowed = 10;
const defaultShare = 50;

/** Reads `25` or `10%`. @throws USAGE */
export function parseDeleteLimit(text: string): DeleteLimit {
  const match = /^(\d{1,9})(%?)$/.exec(text);
  const amount = Number(match?.[1]);
  if (match === null || (match[2] === '%' && amount > 100)) {
    throw new CryptosyncError('USAGE', `${JSON.stringify(text)} is not a limit for deletions`, {
      hint: 'Give a number of files (25) or a share of the remote (10%).',
    });
  }
  return match[2] === '%' ? { kind: 'share', percent: amount } : { kind: 'count', files: amount };
}

/** The source must be a vault with content. @throws VAULT_MISSING, VAULT_EMPTY */
export function verifySource(source: SourceFacts): void {
  if (source.state === 'missing') {
    throw new CryptosyncError(
      'VAULT_MISSING',
      source.kind === 'vault'
        ? `there is no vault in ${source.directory}`
        : `there is no directory ${source.directory}`,
      {
        hint: 'Is its disk mounted? The remote was left as it is.',
      },
    );
  }
  if (source.state === 'bare') {
    throw new CryptosyncError('VAULT_EMPTY', `the ${source.kind} ${source.directory} holds no files at all`, {
      hint: 'If it was emptied by mistake, bring it back from the remote, which was left as it is.',
    });
  }
}

/** A torn file must not go over its good copy on the remote (TOOLS.md C8). @throws VERIFY_FAILED */
export function verifyUntorn(directory: string, torn: readonly string[]): void {
  if (torn.length === 0) return;
  throw new CryptosyncError(
    'VERIFY_FAILED',
    `${torn.length} files in ${directory} are cut short, as a full disk leaves them: ${torn.slice(0, 3).join(', ')}`,
    {
      hint: 'Nothing was sent. Make room on the disk, and bring these files back from the remote or its trash.',
      details: { torn: torn.slice(0, 100) },
    },
  );
}

/** The remote must be empty, or this vault's own. @throws VAULT_FOREIGN, REMOTE_NOT_EMPTY */
export function verifyRemoteIdentity(remote: RemoteFacts, vaultId: string | undefined): void {
  if (remote.marker.kind === 'present') {
    const owner = remote.marker.marker.vaultId;
    if (owner === vaultId) return;
    throw new CryptosyncError('VAULT_FOREIGN', `${remote.place} holds another vault`, {
      hint: 'Give this vault a path of its own on the remote. The vault that lies there was left as it is.',
      details: { expected: vaultId ?? null, found: owner },
    });
  }
  if (remote.isEmpty || remote.hasOwnConfig) return;
  throw new CryptosyncError('REMOTE_NOT_EMPTY', `${remote.place} holds files that are not of this vault`, {
    hint: 'Give this vault an empty path on the remote. What lies there was left as it is.',
  });
}

/** What the guard says after a transfer has begun is no refusal: the remote has changed, and is marked so. */
export function stoppedMidway(error: CryptosyncError): CryptosyncError {
  if (error.exit !== refusal) return error;
  return new CryptosyncError('SYNC_FAILED', `stopped in mid-transfer: ${error.message}`, {
    hint: error.hint,
    details: { ...error.details, refusal: error.code },
    cause: error,
  });
}

/** The exit code of refusals (DESIGN section 8). */
const refusal = 15;

/** Configuration, root directory and canary: a vault of either engine that holds no file of its owner. */
const filesOfAnEmptyVault = 3;

/**
 * A source from which all files were deleted takes nothing off the remote unless a limit says so, however few they
 * were. @throws VAULT_EMPTY
 */
export function verifyNotEmptied(
  place: string,
  sourceFiles: number,
  deletions: number,
  limit: DeleteLimit | undefined,
  kind: SourceFacts['kind'] = 'vault',
): void {
  const filesOfAnEmptyOne = kind === 'vault' ? filesOfAnEmptyVault : 0;
  if (deletions === 0 || limit !== undefined || sourceFiles > filesOfAnEmptyOne) return;
  throw new CryptosyncError(
    'VAULT_EMPTY',
    `the ${kind} holds no files any more, and ${deletions} in ${place} would be deleted`,
    {
      hint: `If they are meant to go: --max-delete ${deletions}. Otherwise bring the ${kind} back from the remote, which was left as it is.`,
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
      hint: `Look at them with --dry-run. If they are meant to go: --max-delete ${deletions}`,
      details: { deletions, remoteFiles },
    },
  );
}
