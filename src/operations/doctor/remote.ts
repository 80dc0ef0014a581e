/** Whether a remote answers, and whether what lies there is this vault's, whole. */
import { statSync } from 'node:fs';
import { vaultLock } from '../../clients/layout.ts';
import { readLastSync } from '../../clients/ledger.ts';
import { markerPath, parseMarker } from '../../remotes/marker.ts';
import { rclone } from '../../remotes/rclone.ts';
import { isNotFound, rcloneFailure } from '../../remotes/rclone-failure.ts';
import { localDirectory, type Remote, rclonePath } from '../../remotes/remote.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { remoteOf } from '../vault-of.ts';
import { checkClock } from './clock-skew.ts';
import type { Examination, ProfileCase } from './examination.ts';
import { selectionOf } from './examination.ts';
import { type Diagnosis, inOrder } from './finding.ts';

/** Milliseconds for all that is asked of a remote. */
const remoteDeadline = 20_000;

export async function checkRemote(examination: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  const { layout, profile } = one;
  if (!examination.checkRemote || profile.remote === undefined) return [];
  let remote: Remote;
  try {
    remote = remoteOf(layout, profile);
  } catch {
    return []; // told by the configuration's check
  }
  const clock = checkClock(examination, one);
  return [...(await checkPlace(examination, one, remote)), ...(await clock)];
}

async function checkPlace(examination: Examination, one: ProfileCase, remote: Remote): Promise<Diagnosis[]> {
  const until = Date.now() + remoteDeadline;
  try {
    const isThere = await probe(examination, remote);
    const reached = inOrder('remote', one.name, `${rclonePath(remote)} answers`);
    const left = Math.max(until - Date.now(), 1000);
    return [
      reached,
      ...(isThere ? await checkMarker(examination, one, remote, left) : checkLost(one, remote)),
    ];
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code === 'INTERRUPTED') throw error;
    return [
      {
        id: 'remote-unreachable',
        severity: 'error',
        subject: one.name,
        what: error.message,
        why: 'No sync can work, and nothing could be restored at the moment.',
        mend: error.hint ?? null,
      },
    ];
  }
}

/** @returns false when the place does not exist. @throws what rclone says */
async function probe({ context }: Examination, remote: Remote): Promise<boolean> {
  const directory = localDirectory(remote);
  if (directory !== undefined) return statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  const result = await rclone(
    {
      args: ['lsf', '--max-depth', '1', rclonePath(remote)],
      configFile: remote.configFile,
      deadline: remoteDeadline,
      lowLevelRetries: 1,
      // the names are of no interest, and may be many
      onStdoutLine: () => {},
    },
    context,
  );
  if (isNotFound(result)) return false;
  if (result.timedOut) {
    throw new CryptosyncError(
      'REMOTE_UNREACHABLE',
      `${rclonePath(remote)} gave no answer within ${remoteDeadline / 1000} s`,
    );
  }
  if (result.exitCode !== 0) throw rcloneFailure(result, rclonePath(remote), 'list it');
  return true;
}

function checkLost({ name, layout }: ProfileCase, remote: Remote): Diagnosis[] {
  if (readLastSync(layout.ledger).lastSuccess === null) return [];
  return [
    {
      id: 'remote-gone',
      severity: 'error',
      subject: name,
      what: `${rclonePath(remote)} holds nothing of this vault, although it was synced to`,
      why: 'The backup is gone, or the disk that it lies on is not mounted.',
      mend: `mount its disk, or send the vault again: cryptosync sync ${selectionOf(layout)}`,
    },
  ];
}

/**
 * What the marker says (DESIGN section 6). A profile with mappings has one at each of their places, and below a crypt
 * layer it can't be read without the key: both are left to sync.
 */
async function checkMarker(
  { context, heldLocks }: Examination,
  one: ProfileCase,
  remote: Remote,
  deadline: number,
): Promise<Diagnosis[]> {
  const { name, layout, profile, vault } = one;
  if (profile.mappings !== undefined || profile.crypt !== undefined) return [];
  const reading = parseMarker(await readRemoteFile(context, remote, markerPath, deadline));
  const base = { severity: 'error' as const, subject: name };
  if (reading.kind === 'unreadable') {
    const what = `the marker in ${rclonePath(remote)} is torn`;
    const why = 'Nothing tells any more whose vault lies there: syncs are refused.';
    return [
      {
        ...base,
        id: 'marker-torn',
        what,
        why,
        mend: `compare it, then remove ${rclonePath(remote, markerPath)}`,
      },
    ];
  }
  if (reading.kind === 'absent') return checkLost(one, remote);
  const { marker } = reading;
  if (vault.vaultId !== undefined && marker.vaultId !== vault.vaultId) {
    const what = `${rclonePath(remote)} holds another vault (${marker.vaultId})`;
    const why = 'Syncs are refused: they would overwrite it.';
    const mend = `cryptosync config set remote.path PATH ${selectionOf(layout)}`;
    return [{ ...base, id: 'remote-foreign', what, why, mend }];
  }
  if (heldLocks.has(vaultLock(layout, vault.encryptedDir))) return [];
  const mend = `cryptosync sync ${selectionOf(layout)}`;
  if (marker.state === 'committed') {
    if (marker.consistent !== false) return [];
    const what = `the vault changed during the last transfer to ${rclonePath(remote)}`;
    const why =
      'What lies there is of more than one moment: a restored copy may miss files or hold torn ones.';
    return [{ ...base, id: 'remote-inconsistent', severity: 'warning', what, why, mend }];
  }
  return [
    {
      ...base,
      id: 'remote-incomplete',
      severity: 'warning',
      what: `the last transfer to ${rclonePath(remote)} did not come to its end`,
      why: 'What lies there is partly newer than its last complete state.',
      mend,
    },
  ];
}

async function readRemoteFile(
  context: Examination['context'],
  remote: Remote,
  path: string,
  deadline: number,
): Promise<string | undefined> {
  const directory = localDirectory(remote);
  if (directory !== undefined) return readTextIfPresent(`${directory}/${path}`);
  const result = await rclone(
    { args: ['cat', rclonePath(remote, path)], configFile: remote.configFile, deadline },
    context,
  );
  if (isNotFound(result)) return undefined;
  if (result.exitCode !== 0) throw rcloneFailure(result, rclonePath(remote), 'read the marker');
  return result.stdout === '' ? undefined : result.stdout;
}
