/**
 * An error carries facts: a code, a message that says what happened to whom, and an advice as data. What to type next
 * is said by the face that shows it (terminal/advice), never at the throw.
 */
import type { Advice } from './advice/index.ts';
import { type ErrorCode, exitOf } from './error-codes.ts';

export type { ErrorCode } from './error-codes.ts';

export interface ErrorFacts {
  /** The next step to take; what holds for the code in general when left out. */
  readonly advice?: Advice | undefined;
  /** What a program may want to read, printed as `details` in JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** An error as data, for programs. */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  advice?: Advice;
  exit: number;
  details?: Readonly<Record<string, unknown>>;
}

/** A failure with a code. `exit` is the process's exit status for it. */
export class CryptosyncError extends Error {
  override readonly name = 'CryptosyncError';
  readonly code: ErrorCode;
  readonly advice: Advice | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.advice = facts.advice;
    this.details = facts.details;
  }

  get exit(): number {
    return exitOf[this.code];
  }

  toReport(): ErrorReport {
    return {
      code: this.code,
      message: this.message,
      ...(this.advice === undefined ? {} : { advice: this.advice }),
      exit: this.exit,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  /** A document holds errors as they are; printed, each is its report. */
  toJSON(): ErrorReport {
    return this.toReport();
  }
}

/** The errno name of a system error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  // our own errors have a code of another kind
  if (!(error instanceof Error) || error instanceof CryptosyncError) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** Something that can't be read as the file which belongs at its path: a device without an end, a silent FIFO. */
export class MisplacedFile extends Error {
  /** In the place of a system error's, for whoever looks at that. */
  readonly code = 'NOT_A_FILE';
  readonly path: string;
  /** Such as `is a FIFO`. */
  readonly why: string;

  constructor(path: string, why: string) {
    super(`${path} ${why}, and a file belongs there`);
    this.path = path;
    this.why = why;
  }
}

/** What the machine can have no more of, whatever was asked for. */
const scarcities: Readonly<Record<string, string>> = {
  ENOMEM: 'memory',
  EMFILE: 'open files',
  ENFILE: 'open files',
  EAGAIN: 'processes',
};

const explanations: Readonly<Record<string, (path: string) => CryptosyncError>> = {
  ENOSPC: (path) => new CryptosyncError('DISK_FULL', `no space is left on the disk for ${path}`),
  EDQUOT: (path) => new CryptosyncError('DISK_FULL', `the disk quota is used up at ${path}`),
  EACCES: (path) => denied(path, 'permission denied'),
  EPERM: (path) => denied(path, 'operation not permitted'),
  EROFS: (path) => denied(path, 'the file system is read-only'),
  ENOTDIR: (path) => misplaced(`a part of ${path} is not a directory`),
  EEXIST: (path) => misplaced(`something else than a directory stands at ${path}`),
  EISDIR: (path) => misplaced(`${path} is a directory, and a file belongs there`),
  ELOOP: (path) => misplaced(`the links in ${path} lead in a circle`),
  ENOENT: (path) => misplaced(`there is no ${path} any more`),
  ENOTEMPTY: (path) => misplaced(`${path} is not empty`),
  EXDEV: (path) => misplaced(`${path} lies on another file system than what belongs beside it`),
  EINVAL: (path) => misplaced(`the file system of ${path} can't do what is needed`),
  ENOSYS: (path) => misplaced(`the file system of ${path} can't do what is needed`),
  ENOTSUP: (path) => misplaced(`the file system of ${path} can't do what is needed`),
  EOPNOTSUPP: (path) => misplaced(`the file system of ${path} can't do what is needed`),
  EBUSY: (path) => new CryptosyncError('MOUNT_BUSY', `${path} is in use`),
  ETXTBSY: (path) => new CryptosyncError('MOUNT_BUSY', `${path} is in use`),
  EFBIG: (path) => new CryptosyncError('DISK_FULL', `${path} is too large for its file system`),
  ...Object.fromEntries(Object.entries(scarcities).map(([errno, what]) => [errno, () => scarce(what)])),
  ...Object.fromEntries(
    [
      'ENOTCONN',
      'EIO',
      'ESTALE',
      'ENXIO',
      'ENODEV',
      'EREMOTEIO',
      'EHOSTDOWN',
      'EHOSTUNREACH',
      'ETIMEDOUT',
      'ECONNABORTED',
      'EUCLEAN',
      'EBADMSG',
    ].map((errno) => [errno, (path: string) => failedStore(path, errno)]),
  ),
  ENAMETOOLONG: (path) => misplaced(`${path} is too long for a path`),
};

function misplaced(what: string, cause?: unknown): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', what, { advice: { to: 'check-paths' }, cause });
}

/** The file system below a path, whatever the path is for: who knows that asks `system/stores` first. */
function failedStore(path: string, errno: string): CryptosyncError {
  return new CryptosyncError('VAULT_MISSING', `the file system below ${path} has failed (${errno})`, {
    advice: { to: 'mend-store' },
  });
}

/** Whether a system error tells of what the machine has no more of, whatever was asked for. */
export function isScarcity(errno: string | undefined): boolean {
  return errno !== undefined && Object.hasOwn(scarcities, errno);
}

/** @param what could not be done, for the cause. @throws LOCKED for an error of that kind, whatever it was about */
export function verifyAmple(errno: string | undefined, what: string): void {
  if (isScarcity(errno)) throw toCryptosyncError(Object.assign(new Error(what), { code: errno }));
}

/** The same where a child says it: in the words of strerror(3), or a shell's own. */
export function scarcityIn(said: string): CryptosyncError | undefined {
  if (/cannot fork|resource temporarily unavailable/i.test(said)) return scarce('processes');
  if (/too many open files/i.test(said)) return scarce('open files');
  return /cannot allocate memory/i.test(said) ? scarce('memory') : undefined;
}

function scarce(what: string): CryptosyncError {
  return new CryptosyncError('LOCKED', `this machine has no more ${what} for this user`, {
    advice: { to: 'try-later' },
  });
}

function denied(path: string, why: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `can't use ${path}: ${why}`, {
    advice: { to: 'check-owner' },
  });
}

/**
 * Turns anything thrown into an error with a code: a system error that the machine's state explains (disk full,
 * permission, not a directory) gets its own, everything else is UNEXPECTED with the original as its cause.
 */
export function toCryptosyncError(thrown: unknown): CryptosyncError {
  if (thrown instanceof CryptosyncError) return thrown;
  if (thrown instanceof MisplacedFile) return misplaced(thrown.message, thrown);
  const errno = errnoOf(thrown);
  const explain = errno === undefined ? undefined : explanations[errno];
  if (explain !== undefined) {
    const explained = explain((thrown as NodeJS.ErrnoException).path ?? 'a file');
    return new CryptosyncError(explained.code, explained.message, {
      advice: explained.advice,
      cause: thrown,
    });
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
