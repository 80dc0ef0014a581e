/** What the ledger says of the last syncs of each place that the profile has now. */

import { syncLocks } from '../../clients/held-locks.ts';
import type { PlaceHistory, SyncHistory } from '../../runs/last-sync.ts';
import type { Advice } from '../../system/advice/index.ts';
import { isRecent } from '../../system/clock.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import type { Diagnosis } from '../finding.ts';
import { backendOf } from './remote-settings.ts';

const day = 86_400_000;

export function checkHistory(examination: Examination, one: ProfileCase): Diagnosis[] {
  if (backendOf(one) === undefined) return [];
  const history = one.readHistory();
  return [...checkLastSync(examination, one, history), ...checkAges(examination, one, history)];
}

function checkLastSync(
  { heldLocks }: Examination,
  { name, layout, profile, vault }: ProfileCase,
  history: SyncHistory,
): Diagnosis[] {
  const locks = syncLocks(layout, profile, vault.encryptedDir);
  const isAtWork = history.lastSync?.outcome === 'unfinished' && locks.some((path) => heldLocks.has(path));
  // what went wrong before it is not mended yet
  const lastSync = isAtWork ? history.lastEnded : history.lastSync;
  const mend: Advice = { to: 'sync-profile', ...namesOf(layout) };
  const base = { severity: 'warning' as const, subject: name, mend };
  const which = lastSync?.remote === undefined ? 'the last sync' : `the last sync with ${lastSync.remote}`;
  switch (lastSync?.outcome) {
    case 'failed':
    case 'refused': {
      const what = `${which} (${lastSync.at}) ${lastSync.outcome === 'failed' ? 'failed' : 'was refused'}: ${lastSync.error ?? 'unknown'}`;
      return [
        { ...base, id: `sync-${lastSync.outcome}`, what, why: 'What has changed since is not backed up.' },
      ];
    }
    case 'interrupted':
    case 'unfinished': {
      const what = `${which} (${lastSync.at}) was ${lastSync.outcome === 'interrupted' ? 'interrupted' : 'cut off'}`;
      return [{ ...base, id: 'sync-interrupted', what, why: 'The remote may be between two states.' }];
    }
    default:
      return [];
  }
}

/** Several mappings are several backups: each has an age of its own. */
function checkAges(examination: Examination, one: ProfileCase, { places }: SyncHistory): Diagnosis[] {
  return places.flatMap((place) => checkAge(examination, one, place));
}

function checkAge(
  { context, maxAge }: Examination,
  { name, layout, profile }: ProfileCase,
  { remote, direction, lastSuccess }: PlaceHistory,
): Diagnosis[] {
  const since = Date.parse(lastSuccess ?? profile.createdAt);
  const age = context.clock.now().getTime() - since;
  if (isRecent(age, maxAge)) return [];
  const days = Math.floor(age / day);
  return [
    {
      id: lastSuccess === null ? 'sync-never' : 'sync-old',
      severity: 'warning',
      subject: name,
      what:
        age < 0
          ? `the last successful sync with ${remote} is dated ${lastSuccess ?? profile.createdAt}, which is yet to come: was the clock changed?`
          : lastSuccess === null
            ? `it was set up ${days} days ago and never synced with ${remote}`
            : `the last successful sync with ${remote} was ${days} days ago (${lastSuccess})`,
      why:
        direction === 'download'
          ? 'What has changed there since is not here.'
          : 'What has changed since is not backed up.',
      mend: { to: 'sync-profile', ...namesOf(layout) },
    },
  ];
}
