/**
 * The key check object: a known text, written through the crypt layer before anything else. A wrong key makes rclone
 * show an empty remote, or mix two keys in one place, with exit 0 (hazards.md R1): so this must decrypt before a run
 * in any direction. Nothing here but `writeKeyCheck` changes the remote.
 *
 * It fills exactly two blocks of crypt's format (64 KiB each, authenticated one by one; rclone.org/crypt, "File
 * formats"). A whole block fails with words of its own, where a short one gives "unexpected EOF" like a broken
 * connection (R2); and a second block that opens tells a damaged first one from a wrong key.
 */

import { CryptosyncError } from '../../system/errors.ts';
import { eitherSignal } from '../../system/turns.ts';
import type { Place } from '../place.ts';
import { callRemote } from '../rclone/ask.ts';
import type { RcloneCall, RcloneDependencies, RcloneResult } from '../rclone/call.ts';
import { isNotFound, rcloneFailure } from '../rclone/failure.ts';
import { controlDirectory, type Remote, rclonePath } from '../remote.ts';

export interface KeyCheck {
  /** The place as it lies on the remote, encrypted. */
  readonly raw: Remote;
  /** The same place seen through the crypt layer (`cryptRemote`). */
  readonly decrypted: Remote;
  /** Whose data lies there: the id of a vault or mapping. It is written into the object; undefined takes anybody's. */
  readonly owner: string | undefined;
}

/** `absent-on-empty`: there is no key check object, and nothing else either: the first sync may write one. */
export type KeyCheckVerdict = 'verified' | 'absent-on-empty';

const objectName = 'key-check';
const objectPath = `${controlDirectory}/${objectName}`;
/** As a layer that hides no names writes it. */
const unhiddenName = `${objectName}.bin`;
/** Bytes of content in a block of crypt's format. */
const blockSize = 64 * 1024;
const objectSize = 2 * blockSize;
const heading = 'cryptosync key check 1';
/** Milliseconds for one question. With no retries below it a wrong key is known within a second or two. */
const deadline = 30_000;

const wrongKey = /failed to authenticate decrypted block/;
const malformed = /not an encrypted file/;
/** Of an object that has its whole length on the remote: the answer was cut off on its way. */
const cutOff = /too short to be encrypted|truncated block header/;

/**
 * Decides whether the key, the salt and the name encryption are those of what lies on the remote.
 * @throws DECRYPTION_FAILED when they are not, or when files lie there without a key check object of theirs;
 * VAULT_FOREIGN when they are, but the data is of another owner; VERIFY_FAILED when the key is right and the object
 * damaged, or cut short beside other files; REMOTE_UNREACHABLE and its like when the remote can't be asked.
 */
export async function verifyKeyCheck(
  check: KeyCheck,
  dependencies: RcloneDependencies,
): Promise<KeyCheckVerdict> {
  const first = await readBlock(check, 0, dependencies);
  if (first.exitCode === 0 && first.stdout.startsWith(heading)) {
    verifyOwner(check, first.stdout);
    return 'verified';
  }
  // A store without directories answers for a missing object with nothing and success.
  const size = isNotFound(first) ? undefined : await sizeOfObject(check, first, dependencies);
  if (size === undefined) {
    if ((await countRawFiles(check, dependencies)) === 0) return 'absent-on-empty';
    throw decryptionFailed(check, 'holds files, and none that this key, salt and name encryption open');
  }
  if (size !== objectSize) {
    // The one file there is: what a first sync left behind that was killed while it wrote this very object.
    if ((await countRawFiles(check, dependencies)) === 1) return 'absent-on-empty';
    throw damaged(check, `it has ${size} bytes instead of ${objectSize}`);
  }
  if (first.stdout !== '') throw damaged(check, 'it holds something else');
  const said = first.errors.join('\n');
  if (malformed.test(said)) throw damaged(check, 'it is not in the format of an encrypted file');
  if (!wrongKey.test(said)) throw readingFailed(check, first);
  const second = await readBlock(check, blockSize, dependencies);
  if (second.exitCode === 0) throw damaged(check, 'one of its two blocks decrypts and the other does not');
  if (!wrongKey.test(second.errors.join('\n'))) throw readingFailed(check, second);
  throw decryptionFailed(check, 'does not decrypt with this key and salt');
}

/** What a key check object that does not open fails with, when it is read like any other file. */
const unopened: ReadonlySet<string> = new Set(['SYNC_FAILED', 'VERIFY_FAILED', 'DECRYPTION_FAILED']);

/**
 * The same, asked first through a place that is open already: each process of rclone's own would derive the key anew. Only
 * what does not read as it was written for this owner, beside other files, needs those.
 * @throws as `verifyKeyCheck`
 */
export async function verifyKeyCheckIn(
  decrypted: Place,
  check: KeyCheck,
  dependencies: RcloneDependencies,
): Promise<KeyCheckVerdict> {
  if (check.owner !== undefined && (await readsRight(decrypted, check.owner))) return 'verified';
  if ((await countRawFiles(check, dependencies)) === 0) return 'absent-on-empty';
  return await verifyKeyCheck(check, dependencies);
}

/** Whether the object reads, as a whole, as it was written for this owner. @throws REMOTE_UNREACHABLE and its like */
async function readsRight(decrypted: Place, owner: string): Promise<boolean> {
  try {
    const content = await decrypted.read(objectPath, objectSize);
    return content?.equals(Buffer.from(contentFor(owner))) === true;
  } catch (error) {
    if (error instanceof CryptosyncError && unopened.has(error.code)) return false;
    throw error;
  }
}

/**
 * Whether nothing lies in a place but, perhaps, the tool's own directory. What a crypt layer that hides no names has
 * written into that directory is something: who does not look through the layer would take the place for a new one.
 * @param names those at the top of the place, where they are known
 */
export async function isUnused(place: Place, names?: readonly string[]): Promise<boolean> {
  const found = names ?? (await place.names(''));
  if (found.length === 0) return true;
  if (found.some((name) => name !== `${controlDirectory}/`)) return false;
  return !(await place.names(controlDirectory)).includes(unhiddenName);
}

/**
 * Writes the key check object and reads it back, so that what is sent afterwards can be opened. Only for a place
 * that was called `absent-on-empty`, and before anything else is written there.
 * @param decrypted open; the object goes there in one piece of known size
 * @throws what rclone fails with, or what reading back finds.
 */
export async function writeKeyCheck(
  decrypted: Place,
  check: KeyCheck,
  dependencies: RcloneDependencies,
): Promise<void> {
  const { owner = '' } = check;
  await decrypted.write(objectPath, Buffer.from(contentFor(owner)));
  if (await readsRight(decrypted, owner)) return;
  if ((await verifyKeyCheck(check, dependencies)) === 'verified') return;
  throw new CryptosyncError(
    'SYNC_FAILED',
    `${rclonePath(check.raw)} took the key check object and did not keep it`,
    { advice: { to: 'check-remote-keeps' } },
  );
}

function contentFor(owner: string): string {
  return `${heading}\n${owner}\n`.padEnd(objectSize - 1, '.').concat('\n');
}

function ask(
  remote: Remote,
  call: Pick<RcloneCall, 'args' | 'input' | 'onStdoutLine'>,
  dependencies: RcloneDependencies,
): Promise<RcloneResult> {
  const action = 'look for the key check object';
  return callRemote(remote, { ...call, action, deadline, lowLevelRetries: 1 }, dependencies);
}

function readBlock(check: KeyCheck, offset: number, dependencies: RcloneDependencies): Promise<RcloneResult> {
  const range = ['--offset', String(offset), '--count', String(blockSize)];
  return ask(
    check.decrypted,
    { args: ['cat', ...range, rclonePath(check.decrypted, objectPath)] },
    dependencies,
  );
}

/** Bytes of content that the object has by its length on the remote; undefined when it is not there. */
async function sizeOfObject(
  check: KeyCheck,
  reading: RcloneResult,
  dependencies: RcloneDependencies,
): Promise<number | undefined> {
  if (reading.timedOut) throw readingFailed(check, reading);
  const args = ['lsjson', '--files-only', rclonePath(check.decrypted, controlDirectory)];
  const result = await ask(check.decrypted, { args }, dependencies);
  if (isNotFound(result)) return undefined;
  if (result.exitCode !== 0)
    throw rcloneFailure(result, rclonePath(check.raw), 'look for the key check object');
  const entries = JSON.parse(result.stdout) as { Name: string; Size: number }[];
  return entries.find(({ Name }) => Name === objectName)?.Size;
}

/** Counts the files that lie on the remote, whoever put them there, as far as two: more makes no difference. */
async function countRawFiles(
  { raw }: KeyCheck,
  { environment, signal }: RcloneDependencies,
): Promise<number> {
  const enough = new AbortController();
  let count = 0;
  const onStdoutLine = (): void => {
    count += 1;
    if (count === 2) enough.abort();
  };
  const args = ['lsf', '--recursive', '--files-only', '--links', rclonePath(raw)];
  const either = eitherSignal(signal, enough.signal);
  try {
    const result = await ask(raw, { args, onStdoutLine }, { environment, signal: either });
    if (result.exitCode !== 0 && !isNotFound(result)) throw rcloneFailure(result, rclonePath(raw), 'list it');
  } catch (error) {
    if (!enough.signal.aborted || signal?.aborted) throw error;
  }
  return count;
}

function readingFailed({ raw }: KeyCheck, reading: RcloneResult): CryptosyncError {
  const place = rclonePath(raw);
  if (reading.exitCode === 0 || cutOff.test(reading.errors.join('\n'))) {
    return new CryptosyncError('REMOTE_UNREACHABLE', `the connection to ${place} broke while it was read`, {
      cause: reading.errors.at(-1),
    });
  }
  return rcloneFailure(reading, place, 'read the key check object');
}

/** An id; where nobody owns it, nothing. */
const ownerFormat = /^\P{Cc}{0,1000}$/u;

function verifyOwner(check: KeyCheck, text: string): void {
  const { raw, owner } = check;
  const [, found = ''] = text.split('\n');
  if (!ownerFormat.test(found)) throw damaged(check, 'whose it is can not be read');
  if (owner === undefined || found === owner) return;
  throw new CryptosyncError('VAULT_FOREIGN', `${rclonePath(raw)} holds other data under the same key`, {
    advice: { to: 'separate-data' },
    details: { expected: owner, found },
  });
}

function decryptionFailed({ raw }: KeyCheck, why: string): CryptosyncError {
  return new CryptosyncError('DECRYPTION_FAILED', `${rclonePath(raw)} ${why}`, {
    advice: { to: 'give-first-key' },
    details: { remote: rclonePath(raw) },
  });
}

function damaged({ raw }: KeyCheck, how: string): CryptosyncError {
  return new CryptosyncError(
    'VERIFY_FAILED',
    `the key check object in ${rclonePath(raw)} is damaged: ${how}`,
    {
      advice: { to: 'restore-older-remote' },
    },
  );
}
