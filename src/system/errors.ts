/**
 * Every failure that a user can cause has a code here, and every code its exit status and its general advice.
 * A message says what happened; the hint says the next step. Exit codes: DESIGN section 8, docs/exit-codes.md.
 */

interface CatalogueEntry {
  readonly exit: number;
  readonly hint?: string;
}

export const catalogue = {
  UNEXPECTED: { exit: 1, hint: 'This is a bug. Run it again with --verbose and report what it prints.' },
  USAGE: { exit: 2, hint: 'See --help.' },
  INVALID_CLIENT_ID: {
    exit: 2,
    hint: 'A name starts with a letter or digit, and has at most 64 letters, digits, dots, underscores and hyphens.',
  },
  PARTIAL: { exit: 3, hint: 'Each result says what happened to its client.' },
  CLIENT_NOT_FOUND: { exit: 10, hint: 'See which clients there are: cryptosync status --all' },
  PROFILE_NOT_FOUND: { exit: 10 },
  CONFIG_INVALID: { exit: 10 },
  REMOTE_NOT_CONFIGURED: { exit: 10 },
  REMOTE_TYPE_UNKNOWN: { exit: 10 },
  ALREADY_INSTALLED: { exit: 10 },
  TOOL_MISSING: { exit: 11 },
  TOOL_TOO_OLD: { exit: 11 },
  FUSE_UNAVAILABLE: { exit: 11 },
  WRONG_PASSWORD: { exit: 12, hint: 'Nothing has changed. Try again with the right password.' },
  INVALID_PASSWORD: {
    exit: 12,
    hint: 'A password has 1 to 2048 bytes, and no carriage return, line feed or NUL. One newline at the end of a file is dropped.',
  },
  PASSWORD_REQUIRED: {
    exit: 12,
    hint: 'Give it with --password-file PATH, --password-command CMD or CRYPTOSYNC_PASSWORD, or run on a terminal.',
  },
  INVALID_ENCRYPTION_KEY: { exit: 12, hint: 'Make one with: cryptosync key generate' },
  DECRYPTION_FAILED: { exit: 12 },
  KEY_REQUIRED: {
    exit: 12,
    hint: 'Give it with --encryption-key-file PATH or CRYPTOSYNC_ENCRYPTION_KEY, or run on a terminal.',
  },
  MOUNT_FAILED: { exit: 13 },
  MOUNT_BUSY: { exit: 13 },
  MOUNT_DIR_NOT_EMPTY: { exit: 13 },
  REMOTE_UNREACHABLE: {
    exit: 14,
    hint: 'Check the network and the address, then run the same command again.',
  },
  REMOTE_AUTH_FAILED: { exit: 14 },
  SYNC_FAILED: { exit: 14, hint: 'Mend the cause and run the same command again: it goes on from there.' },
  BISYNC_NEEDS_RESYNC: { exit: 14 },
  DISK_FULL: { exit: 14, hint: 'Make room, then run the same command again.' },
  VAULT_MISSING: { exit: 15 },
  VAULT_EMPTY: { exit: 15 },
  VAULT_MISMATCH: { exit: 15 },
  VAULT_FOREIGN: { exit: 15 },
  REMOTE_NOT_EMPTY: { exit: 15 },
  DELETE_LIMIT: { exit: 15 },
  LOCAL_CHANGES: { exit: 15 },
  VERIFY_FAILED: { exit: 16 },
  LOCKED: { exit: 75, hint: 'Run it again later, or let it wait: --wait 10m' },
  VAULT_MOUNTED: { exit: 75 },
  INTERRUPTED: { exit: 130, hint: 'Run the same command again: it goes on from here.' },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export interface ErrorFacts {
  /** The next step to take; the catalogue's general advice when left out. */
  readonly hint?: string | undefined;
  /** What a program may want to read, printed as `details` in JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** What `--json` prints of an error. */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  hint?: string;
  exit: number;
  details?: Readonly<Record<string, unknown>>;
}

/** A failure with a code. `exit` is the process's exit status for it. */
export class CryptosyncError extends Error {
  override readonly name = 'CryptosyncError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    const entry: CatalogueEntry = catalogue[code];
    this.hint = facts.hint ?? entry.hint;
    this.details = facts.details;
  }

  get exit(): number {
    return catalogue[this.code].exit;
  }

  toReport(): ErrorReport {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      exit: this.exit,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** The errno name of a system error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const advice: Readonly<Record<string, (path: string) => CryptosyncError>> = {
  ENOSPC: (path) => new CryptosyncError('DISK_FULL', `no space is left on the disk for ${path}`),
  EDQUOT: (path) => new CryptosyncError('DISK_FULL', `the disk quota is used up at ${path}`),
  EACCES: (path) => denied(path, 'permission denied'),
  EPERM: (path) => denied(path, 'operation not permitted'),
  EROFS: (path) => denied(path, 'the file system is read-only'),
  ENOTDIR: (path) => misplaced(`a part of ${path} is not a directory`),
  EEXIST: (path) => misplaced(`something else than a directory stands at ${path}`),
  EISDIR: (path) => misplaced(`${path} is a directory, and a file belongs there`),
  ELOOP: (path) => misplaced(`the links in ${path} lead in a circle`),
  ENAMETOOLONG: (path) => misplaced(`${path} is too long for a path`),
};

function misplaced(what: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', what, { hint: 'Check --root and the paths in the profile.' });
}

function denied(path: string, why: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `can't use ${path}: ${why}`, {
    hint: 'Check who owns it, or run as that user.',
  });
}

/**
 * Turns anything thrown into an error with a code: a system error that the machine's state explains (disk full,
 * permission, not a directory) gets its own, everything else is UNEXPECTED with the original as its cause.
 */
export function toCryptosyncError(thrown: unknown): CryptosyncError {
  if (thrown instanceof CryptosyncError) return thrown;
  const errno = errnoOf(thrown);
  const explain = errno === undefined ? undefined : advice[errno];
  if (explain !== undefined) {
    const explained = explain((thrown as NodeJS.ErrnoException).path ?? 'a file');
    return new CryptosyncError(explained.code, explained.message, { hint: explained.hint, cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CryptosyncError('UNEXPECTED', message, { cause: thrown });
}

/** The error that an aborted operation ends with: the abort's own reason when it has a code. */
export function interruption(signal: AbortSignal): CryptosyncError {
  return signal.reason instanceof CryptosyncError
    ? signal.reason
    : new CryptosyncError('INTERRUPTED', 'interrupted');
}
