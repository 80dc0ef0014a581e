/**
 * Calls into a mount. Its daemon may never answer (hazards.md C8), and a process with a thread that waits for it can't
 * even exit: so a child makes the call and is left alone when it is late. Nothing in this folder touches a mount
 * from this process.
 */
import { basename, dirname } from 'node:path';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError, scarcityIn } from '../../system/errors.ts';
import { temporaryNameFor } from '../../system/files.ts';
import { type Command, lastLines, run } from '../../system/process.ts';
import { noSpaceLeft } from '../engines/failure.ts';

export type MountAnswer =
  | { readonly kind: 'done'; readonly output: string }
  /** What the call failed with, in the C locale. */
  | { readonly kind: 'failed'; readonly said: string }
  /** No answer within the deadline. */
  | { readonly kind: 'silent' };

/** Milliseconds for a small call into a mount. */
const deadline = 30_000;
/** Milliseconds given to a late child to end before it is made to, and again before it is left behind. */
const endTime = 500;
/** Milliseconds after which a child ends that nobody asks for its answer: longer than any mount takes. */
const longest = 600_000;

/**
 * Runs a POSIX shell script; `$1` and on are its arguments.
 * @param milliseconds the deadline.
 */
async function runScript(
  script: string,
  args: readonly string[],
  milliseconds: number,
  input?: string,
): Promise<MountAnswer> {
  return await beginScript(script, args, { input })(milliseconds);
}

/** Starts one. @returns what waits for its answer, with a deadline that counts from then on, and throws LOCKED */
function beginScript(
  script: string,
  args: readonly string[],
  terms: Pick<Command, 'input' | 'descriptors'>,
): (milliseconds: number) => Promise<MountAnswer> {
  const ending = new AbortController();
  const running = run({
    file: 'sh',
    args: ['-c', script, 'sh', ...args],
    environment: { ...minimalEnvironment(process.env), LC_ALL: 'C' },
    ...terms,
    deadline: longest,
    killAfter: endTime,
    signal: ending.signal,
  });
  // undefined for one that was ended because it was late
  const answer = running.catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  answer.catch(() => {}); // whoever asks is told
  return async (milliseconds) => {
    const timer = setTimeout(() => ending.abort(), milliseconds);
    let lastStraw: NodeJS.Timeout | undefined;
    const left = new Promise<undefined>((resolve) => {
      lastStraw = setTimeout(() => resolve(undefined), milliseconds + 2 * endTime);
    });
    const finished = await Promise.race([answer, left]).finally(() => {
      clearTimeout(timer);
      clearTimeout(lastStraw);
    });
    if (finished === undefined || finished.timedOut) return { kind: 'silent' };
    if (finished.exitCode === 0) return { kind: 'done', output: finished.stdout };
    const scarcity = scarcityIn(finished.stderr);
    if (scarcity !== undefined) throw scarcity;
    return { kind: 'failed', said: lastLines(finished.stderr, 2) || `exit ${finished.exitCode}` };
  };
}

const isDead =
  /transport endpoint is not connected|socket not connected|software caused connection abort|input\/output error|stale file handle|host is down/i;
const isDenied = /permission denied|operation not permitted/i;

/**
 * Asks a mount whether its daemon answers.
 * @param milliseconds how long it may take.
 * @throws MOUNT_FAILED for an answer that is neither.
 */
export async function probeMount(
  mountDir: string,
  milliseconds: number,
): Promise<'answers' | 'dead' | 'silent' | 'denied'> {
  // the kernel answers a statfs on another user's mount with zeros (fuse_statfs): only a stat is denied
  const script = 'stat -- "$1" > /dev/null && exec stat -f -- "$1" > /dev/null';
  const answer = await runScript(script, [mountDir], milliseconds);
  if (answer.kind === 'done') return 'answers';
  if (answer.kind === 'silent') return 'silent';
  if (isDead.test(answer.said)) return 'dead';
  if (isDenied.test(answer.said)) return 'denied';
  throw new CryptosyncError('MOUNT_FAILED', `the mount ${mountDir} can't be asked: ${answer.said}`);
}

/** An engine may give a vault up at any moment: a call must never reach the bare directory below its mount. */
export const enterMount = `cd "$1" && stat -c %d . .. | {
  read -r here; read -r above; [ "$here" != "$above" ] || { echo "not mounted any more" >&2; false; }
}`;

function silent(mountDir: string): CryptosyncError {
  return new CryptosyncError(
    'MOUNT_FAILED',
    `the mount ${mountDir} gave no answer within ${deadline / 1000} s`,
    { advice: { to: 'check-full-disk' } },
  );
}

export type FoundText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly said: string };

const readBeginning = 'exec head -c 4096 -- "$2"';

/** The beginning (4096 bytes) of a file at the top of a mount. @throws MOUNT_FAILED when the mount does not answer */
export async function readFileInMount(mountDir: string, name: string): Promise<FoundText> {
  const answer = await runScript(`${enterMount} && ${readBeginning}`, [mountDir, name], deadline);
  return foundIn(mountDir, answer);
}

/** A reading that waits for its mount. */
export interface PreparedReading {
  /** Reads, now that it is mounted. @throws MOUNT_FAILED when the mount does not answer */
  read(): Promise<FoundText>;
  /** Ends what waits, where nothing was read. */
  forget(): void;
}

/** The directory below the mount is open as 3: while that is what is entered, nothing is mounted. */
const enterComingMount = `read -r _ && cd "$1" && {
  ! [ . -ef /proc/self/fd/3 ] || { echo "not mounted any more" >&2; false; }
}`;

/**
 * The same as `readFileInMount` on a directory on which something is about to be mounted: the shell that reads is
 * started while the engine derives its key, which takes longer than that.
 * @param below the directory, opened while nothing was mounted on it. It may be closed afterwards.
 */
export function prepareReading(mountDir: string, name: string, below: number): PreparedReading {
  const begin = Promise.withResolvers<string>();
  const terms = { input: begin.promise, descriptors: [below] };
  const answer = beginScript(`${enterComingMount} && ${readBeginning}`, [mountDir, name], terms);
  return {
    async read() {
      begin.resolve('\n');
      return foundIn(mountDir, await answer(deadline));
    },
    // at the end of its input it ends
    forget: () => begin.resolve(''),
  };
}

/** @throws MOUNT_FAILED when the mount does not answer */
function foundIn(mountDir: string, answer: MountAnswer): FoundText {
  if (answer.kind === 'silent') throw silent(mountDir);
  if (answer.kind === 'done') return { kind: 'text', text: answer.output };
  if (/no such file or directory/i.test(answer.said)) return { kind: 'absent' };
  if (isDead.test(answer.said)) {
    throw new CryptosyncError('MOUNT_FAILED', `the daemon of the mount ${mountDir} has ended`, {
      advice: { to: 'look-in-system-log' },
    });
  }
  return { kind: 'unreadable', said: answer.said };
}

/** True when a mount's top level shows nothing. @throws MOUNT_FAILED */
export async function isMountEmpty(mountDir: string): Promise<boolean> {
  const answer = await runScript(`${enterMount} && exec ls -A`, [mountDir], deadline);
  if (answer.kind === 'silent') throw silent(mountDir);
  if (answer.kind === 'done') return answer.output === '';
  throw new CryptosyncError('MOUNT_FAILED', `the mount ${mountDir} can't be listed: ${answer.said}`);
}

const writeScript = `${enterMount} && umask 077 &&
  { dd of="$2" conv=fsync status=none && mv -f -- "$2" "$3" || { rm -f -- "$2"; exit 1; }; }`;

/** Writes a small file at the top of a mount in one step, mode 0600. @throws MOUNT_FAILED, DISK_FULL */
export async function writeFileInMount(mountDir: string, name: string, content: string): Promise<void> {
  const temporary = basename(temporaryNameFor(name));
  const answer = await runScript(writeScript, [mountDir, temporary, name], deadline, content);
  if (answer.kind === 'done') return;
  if (answer.kind === 'silent') throw silent(mountDir);
  if (noSpaceLeft.test(answer.said)) {
    throw new CryptosyncError(
      'DISK_FULL',
      `no space is left to write ${name} into the vault in ${dirname(mountDir)}`,
    );
  }
  throw new CryptosyncError('MOUNT_FAILED', `can't write ${name} into ${mountDir}: ${answer.said}`);
}
