/** Whether a remote answers, and whether what lies there is this vault's, whole. */
import { statSync } from 'node:fs';
import { vaultLock } from '../../clients/layout.ts';
import { readLastSync } from '../../clients/ledger.ts';
import { markerPath, parseMarker } from '../../remotes/marker.ts';
import { isNotFound, rclone, rcloneFailure } from '../../remotes/rclone.ts';
import { localDirectory, type Remote, rclonePath } from '../../remotes/remote.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { remoteOf } from '../vault-of.ts';
import { checkClock } from './clock-skew.ts';
import type { Examination, ProfileCase } from './examination.ts';
import { selectionOf } from './examination.ts';
import { type Diagnosis, inOrder } from './finding.ts';
import { isHeld } from './locks.ts';

/** Milliseconds for one question to a remote. */
export const remoteDeadline = 20_000;

export async function checkRemote(examination: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  const { name, layout, profile } = one;
  if (!examination.checkRemote || profile.remote === undefined) return [];
  let remote: Remote;
  try {
    remote = remoteOf(layout, profile);
  } catch {
    return []; // told by the configuration's check
  }
  try {
    const isThere = await probe(examination, remote);
    const reached = inOrder('remote', name, `${rclonePath(remote)} answers`);
    const lost = isThere ? [] : checkLost(one, remote);
    return [
      reached,
      ...lost,
      ...(await checkMarker(examination, one, remote)),
      ...(await checkClock(examination, one)),
    ];
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code === 'INTERRUPTED') throw error;
    const base = { id: 'remote-unreachable', severity: 'error' as const, subject: name, what: error.message };
    const why = 'No sync can work, and nothing could be restored at the moment.';
    return [{ ...base, why, mend: error.hint ?? null }, ...(await checkClock(examination, one))];
  }
}

/** @returns false when the place does not exist. @throws what rclone says */
async function probe({ context }: Examination, remote: Remote): Promise<boolean> {
  const directory = localDirectory(remote);
  if (directory !== undefined) return statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  const result = await rclone(
    {
      args: ['lsf', '--max-depth', '1', '--contimeout', '10s', rclonePath(remote)],
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
      what: `${rclonePath(remote)} does not exist, although it was synced to`,
      why: 'The backup is gone, or its disk is not mounted.',
      mend: `mount its disk, or send the vault again: cryptosync sync ${selectionOf(layout)}`,
    },
  ];
}

/** What the marker says (DESIGN section 6); a profile with mappings has one at each of their places. */
async function checkMarker(
  { context }: Examination,
  { name, layout, profile, vault }: ProfileCase,
  remote: Remote,
): Promise<Diagnosis[]> {
  if (profile.mappings !== undefined) return [];
  const reading = parseMarker(await readRemoteFile(context, remote, markerPath));
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
  if (reading.kind === 'absent') return [];
  const { marker } = reading;
  if (vault.vaultId !== undefined && marker.vaultId !== vault.vaultId) {
    const what = `${rclonePath(remote)} holds another vault (${marker.vaultId})`;
    const why = 'Syncs are refused: they would overwrite it.';
    const mend = `cryptosync config set remote.path PATH ${selectionOf(layout)}`;
    return [{ ...base, id: 'remote-foreign', what, why, mend }];
  }
  if (marker.state === 'committed' || isHeld(vaultLock(layout, vault.encryptedDir))) return [];
  return [
    {
      ...base,
      id: 'remote-incomplete',
      severity: 'warning',
      what: `the last transfer to ${rclonePath(remote)} did not come to its end`,
      why: 'What lies there is partly newer than its last complete state.',
      mend: `cryptosync sync ${selectionOf(layout)}`,
    },
  ];
}

async function readRemoteFile(
  context: Examination['context'],
  remote: Remote,
  path: string,
): Promise<string | undefined> {
  const directory = localDirectory(remote);
  if (directory !== undefined) return readTextIfPresent(`${directory}/${path}`);
  const result = await rclone(
    { args: ['cat', rclonePath(remote, path)], configFile: remote.configFile, deadline: remoteDeadline },
    context,
  );
  if (isNotFound(result)) return undefined;
  if (result.exitCode !== 0) throw rcloneFailure(result, rclonePath(remote), 'read the marker');
  return result.stdout === '' ? undefined : result.stdout;
}
