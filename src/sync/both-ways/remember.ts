/** Both sides are what the newest manifest says: this machine keeps what it saw, and the place stays as it is. */
import { identityOf } from '../../remotes/control/state.ts';
import { placeOf } from '../../remotes/remote.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import type { TransferContext } from '../context.ts';
import { type Job, scopeOf } from '../job.ts';
import { type RecordEntry, type RecordHead, replaceRecord } from '../tree/record.ts';
import type { Outlook } from './outlook.ts';

export function remember(
  context: TransferContext,
  job: Job,
  { footing: { lineage, record } }: Outlook,
  entries: readonly RecordEntry[],
): void {
  const { marker } = lineage;
  if (marker === undefined) return;
  const { source, raw } = job.mapping;
  const own = lineage.footing.kind === 'recorded' ? record?.head : undefined;
  const head: RecordHead = {
    place: placeOf(raw),
    source: source.directory,
    generation: marker.generation,
    id: identityOf(marker),
    at: marker.at,
    manifest: own?.manifest,
    trash: own?.trash ?? [],
    ...(own?.keepsTimes !== undefined && { keepsTimes: own.keepsTimes }),
    fullAt: toIsoSeconds(context.clock.now()),
    scope: scopeOf(job),
    sealed: marker.version === 2 && typeof marker.seal === 'string',
  };
  replaceRecord(job.recordFile, head, entries);
}
