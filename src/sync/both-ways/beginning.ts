/** How a sync in both directions begins: from a base, anew, or where a run that did not end has stopped. */
import { placeOf } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Job } from '../job.ts';
import type { OpenRecord } from '../tree/record.ts';
import { type Base, isUnfinished, type Journal, readBase, readJournal } from './base.ts';
import type { Footing } from './footing.ts';
import type { BothSides, Look } from './look.ts';
import type { Preference } from './plan.ts';

/** Another machine's run that has not ended, or an upload, leaves a mixture of two states. @throws VAULT_MISMATCH */
export function verifyComplete(job: Job, { lineage }: Footing, journal: Journal | undefined): void {
  if (!lineage.isUnfinished || lineage.marker === undefined) return;
  if (journal !== undefined || job.request.force === true) return;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `the last sync to ${placeOf(job.mapping.raw)} did not end: it may be a mixture of two states`,
    { advice: { to: 'finish-last-sync' } },
  );
}

export function journalOf(job: Job, record: OpenRecord | undefined): Journal | undefined {
  const found = readJournal(job.bothWaysDirectory);
  if (found?.subject !== subjectOf(job)) return undefined;
  return isUnfinished(found, record?.head.at) ? found : undefined;
}

/** What 0.1 remembered of both sides. */
export function formerBase(job: Job): Base['looks'] | undefined {
  const base = readBase(job.bothWaysDirectory);
  return base?.subject === subjectOf(job) ? base.looks : undefined;
}

export function subjectOf({ mapping: { raw, crypt, include, source } }: Job): string {
  return JSON.stringify([source.directory, placeOf(raw), crypt ?? null, include]);
}

interface Beginning {
  /** Without a base: what differs was changed on both sides. */
  readonly isAnew: boolean;
  readonly preference: Preference;
}

interface KnownBefore {
  readonly hasBase: boolean;
  readonly journal: Journal | undefined;
  readonly footing: Footing;
}

export function beginningOf(
  { request, profile, mapping: { source, raw } }: Job,
  now: BothSides<Look>,
  { hasBase, journal, footing }: KnownBefore,
): Beginning {
  if (request.resync !== undefined) return { isAnew: true, preference: request.resync };
  if (journal !== undefined) return { isAnew: journal.isAnew, preference: journal.preference };
  if (hasBase) return { isAnew: false, preference: 'newer' };
  if (request.takeOver === true) return { isAnew: true, preference: 'local' };
  const isFirst = now.local.size === 0 || now.remote.size === 0;
  if (isFirst || profile.autoResync === true) return { isAnew: true, preference: 'newer' };
  const why =
    footing.record === undefined
      ? 'it is not known how they came to differ'
      : 'the remote, its encryption or the patterns are others than at their last sync';
  throw new CryptosyncError(
    'BISYNC_NEEDS_RESYNC',
    `${source.directory} and ${placeOf(raw)} both hold files, and ${why}`,
    {
      advice: { to: 'prefer-version' },
      details: { localFiles: now.local.size, remoteFiles: now.remote.size },
    },
  );
}
