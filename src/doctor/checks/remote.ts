import { vaultLock } from '../../clients/layout.ts';
import { markerPath, readState } from '../../remotes/control/state.ts';
import { isPlaceThere } from '../../remotes/files.ts';
import { inPlace } from '../../remotes/open-place.ts';
import { type Remote, rclonePath } from '../../remotes/remote.ts';
import type { Advice } from '../../system/advice/index.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import { type Diagnosis, inOrder, mendOf } from '../finding.ts';
import { checkClock } from './clock-skew.ts';

/** Milliseconds for all that is asked of a remote. */
const remoteDeadline = 20_000;

export async function checkRemote(examination: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  if (!examination.checkRemote || one.profile.remote === undefined) return [];
  let remote: Remote;
  try {
    remote = one.openRemote();
  } catch {
    return []; // told by the configuration's check
  }
  const clock = checkClock(examination, one);
  return [...(await checkPlace(examination, one, remote)), ...(await clock)];
}

async function checkPlace(examination: Examination, one: ProfileCase, remote: Remote): Promise<Diagnosis[]> {
  const until = Date.now() + remoteDeadline;
  try {
    const isThere = await isPlaceThere(remote, remoteDeadline, examination.context);
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
        mend: mendOf(error),
      },
    ];
  }
}

function checkLost({ name, layout, readHistory }: ProfileCase, remote: Remote): Diagnosis[] {
  if (readHistory().lastSuccess === null) return [];
  return [
    {
      id: 'remote-gone',
      severity: 'error',
      subject: name,
      what: `${rclonePath(remote)} holds nothing of this vault, although it was synced to`,
      why: 'The backup is gone, or the disk that it lies on is not mounted.',
      mend: { to: 'mount-disk-or-sync', ...namesOf(layout) },
    },
  ];
}

/**
 * What the marker says (docs/sync.md). A profile with mappings has one at each of their places, and below a crypt
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
  const signal = AbortSignal.any([
    AbortSignal.timeout(deadline),
    ...(context.signal ? [context.signal] : []),
  ]);
  const reading = await inPlace(remote, { ...context, signal }, readState);
  const base = { severity: 'error' as const, subject: name };
  if (reading.kind === 'unreadable' || (reading.kind === 'present' && reading.marker === 'torn')) {
    const what = `the marker in ${rclonePath(remote)} is torn`;
    const why = 'Nothing tells any more whose vault lies there: syncs are refused.';
    return [
      {
        ...base,
        id: 'marker-torn',
        what,
        why,
        mend: { to: 'remove-marker', place: rclonePath(remote, markerPath) },
      },
    ];
  }
  if (reading.kind === 'absent') return checkLost(one, remote);
  const { committed, begun, vaultId } = reading;
  if (vault.vaultId !== undefined && vaultId !== vault.vaultId) {
    const what = `${rclonePath(remote)} holds another vault (${vaultId})`;
    const why = 'Syncs are refused: they would overwrite it.';
    const mend: Advice = { to: 'choose-remote-path', ...namesOf(layout) };
    return [{ ...base, id: 'remote-foreign', what, why, mend }];
  }
  if (heldLocks.has(vaultLock(layout, vault.encryptedDir))) return [];
  const mend: Advice = { to: 'sync-profile', ...namesOf(layout) };
  if (committed?.state === 'committed' && begun === undefined) {
    if (committed.consistent !== false) return [];
    const what = `the vault was in the midst of a change during the last transfer to ${rclonePath(remote)}`;
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
