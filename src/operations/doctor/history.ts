/** What the ledger says of the last syncs. */

import { vaultLock } from '../../clients/layout.ts';
import { readLastSync } from '../../clients/ledger.ts';
import type { Examination, ProfileCase } from './examination.ts';
import { selectionOf } from './examination.ts';
import type { Diagnosis } from './finding.ts';
import { backendOf } from './remote-settings.ts';

const day = 86_400_000;

export function checkHistory(examination: Examination, one: ProfileCase): Diagnosis[] {
  if (backendOf(one) === undefined) return [];
  return [...checkLastSync(examination, one), ...checkAge(examination, one)];
}

function checkLastSync({ heldLocks }: Examination, { name, layout, vault }: ProfileCase): Diagnosis[] {
  const { lastSync } = readLastSync(layout.ledger);
  const mend = `cryptosync sync ${selectionOf(layout)}`;
  const base = { severity: 'warning' as const, subject: name, mend };
  switch (lastSync?.outcome) {
    case 'failed':
    case 'refused': {
      const what = `the last sync (${lastSync.at}) ${lastSync.outcome === 'failed' ? 'failed' : 'was refused'}: ${lastSync.error ?? 'unknown'}`;
      return [
        { ...base, id: `sync-${lastSync.outcome}`, what, why: 'What has changed since is not backed up.' },
      ];
    }
    case 'interrupted':
    case 'unfinished': {
      if (heldLocks.has(vaultLock(layout, vault.encryptedDir))) return [];
      const what = `the last sync (${lastSync.at}) was ${lastSync.outcome === 'interrupted' ? 'interrupted' : 'cut off'}`;
      return [{ ...base, id: 'sync-interrupted', what, why: 'The remote may be between two states.' }];
    }
    default:
      return [];
  }
}

function checkAge({ context, maxAge }: Examination, { name, layout, profile }: ProfileCase): Diagnosis[] {
  const { lastSuccess } = readLastSync(layout.ledger);
  const since = Date.parse(lastSuccess ?? profile.createdAt);
  const age = context.clock.now().getTime() - since;
  if (!(age > maxAge)) return [];
  const days = Math.floor(age / day);
  return [
    {
      id: lastSuccess === null ? 'sync-never' : 'sync-old',
      severity: 'warning',
      subject: name,
      what:
        lastSuccess === null
          ? `it was set up ${days} days ago and never synced`
          : `the last successful sync was ${days} days ago (${lastSuccess})`,
      why: 'What has changed since is not backed up.',
      mend: `cryptosync sync ${selectionOf(layout)}`,
    },
  ];
}
