/**
 * Asking a file system that may never answer. A call of our own can't be taken back: neither Ctrl-C nor a deadline
 * ends a thread that waits for a FUSE daemon or a server. So a child asks, and is left behind when it is late.
 */
import { verifyAmple } from '../errors.ts';
import { runAndWait } from '../process/blocking.ts';

export type Health =
  | { readonly kind: 'alive' }
  /** Every call fails: the errno's name, and what it says. */
  | { readonly kind: 'dead'; readonly errno: string; readonly says: string }
  /** No answer within the deadline. */
  | { readonly kind: 'silent' };

/** What can be wrong with a store: the exit status of the script, the errno, and its text in the C locale. */
const failures = [
  { status: 10, errno: 'ENOTCONN', says: 'transport endpoint is not connected' },
  { status: 11, errno: 'EIO', says: 'input/output error' },
  { status: 12, errno: 'ESTALE', says: 'stale file handle' },
  { status: 13, errno: 'EACCES', says: 'permission denied' },
  { status: 14, errno: 'EPERM', says: 'operation not permitted' },
  { status: 15, errno: 'EHOSTDOWN', says: 'host is down' },
  { status: 16, errno: 'ECONNABORTED', says: 'software caused connection abort' },
] as const;
const otherFailure = 30;
/** A shell's own, where it can't start what it is told. */
const notForked = 2;
const late = 31;

const cases = failures.map(({ status, says }) => `*"${says}"*) exit ${status};;`).join(' ');

/**
 * The shell can be told to stop waiting; the one that it waits for may stand in a call that even SIGKILL does not
 * end. A stat may be answered from the kernel's cache, a statfs is not; and only a stat tells of another user's mount.
 */
const script = `trap 'kill -9 $asking 2>/dev/null; exit ${late}' TERM
(
  said=$( { stat -- "$1" && stat -f -- "$1"; } 2>&1 >/dev/null) && exit 0
  case $(printf %s "$said" | tr A-Z a-z) in
    *"no such file"*|*"not a directory"*) exit 0;; *"cannot fork"*) exit ${notForked};;
    ${cases} *) exit ${otherFailure};;
  esac
) &
asking=$!
wait $asking
exit $?`;

/** Milliseconds that a store has to answer. */
export const answerDeadline = 5000;

/** What was sick a moment ago is not waited for again: each wait is several seconds, and a command looks often. */
const remembered = 20_000;
const sick = new Map<string, { readonly health: Health; readonly until: number }>();

/**
 * Whether the file system at a path answers; that there is nothing at the path is an answer.
 * @throws LOCKED when the machine has no room for the child that asks
 */
export function probeDirectory(path: string, deadline: number = answerDeadline): Health {
  const before = sick.get(path);
  if (before !== undefined && Date.now() < before.until) return before.health;
  const health = ask(path, deadline);
  if (health.kind === 'alive') sick.delete(path);
  else sick.set(path, { health, until: Date.now() + remembered });
  return health;
}

function ask(path: string, deadline: number): Health {
  const { status, startError } = runAndWait('sh', ['-c', script, 'sh', path], deadline);
  // a store is not sick because nobody could be sent to ask it
  verifyAmple(status === notForked ? 'EAGAIN' : startError, `${path} can't be asked`);
  if (status === 0) return { kind: 'alive' };
  if (status === undefined || status === late) return { kind: 'silent' };
  const failure = failures.find((known) => known.status === status);
  return failure === undefined
    ? { kind: 'dead', errno: 'EIO', says: 'it fails' }
    : { kind: 'dead', errno: failure.errno, says: failure.says };
}
