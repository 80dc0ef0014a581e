/** Whether a place holds what was recorded of it, byte by byte, through any crypt layer. */
import type { Place } from '../remotes/place.ts';
import { CryptosyncError } from '../system/errors.ts';
import { shownPath } from '../system/names.ts';
import { hashThere } from './hash-there.ts';
import type { Job } from './job.ts';
import { inLanes } from './lanes.ts';
import { objectOf } from './tree/objects.ts';
import { openRecord } from './tree/record.ts';

/** Reads every file back. @throws VERIFY_FAILED naming files that are missing or differ */
export async function verifyContent(job: Job, place: Place, signal: AbortSignal | undefined): Promise<void> {
  const record = openRecord(job.recordFile);
  const different: string[] = [];
  const files = [...(record?.entries() ?? [])].filter(({ kind }) => kind === 'file');
  await inLanes(
    files,
    place.lanes,
    async (entry) => {
      const found = await hashThere(place, objectOf(entry) ?? entry.path);
      if (found !== entry.hash) different.push(shownPath(entry.path));
    },
    signal,
  );
  if (different.length === 0 && record !== undefined) return;
  throw new CryptosyncError(
    'VERIFY_FAILED',
    `${different.length} files differ at ${place.name}: ${different.slice(0, 5).join(', ')}`,
    { advice: { to: 'compare-again' }, details: { different: different.slice(0, 100) } },
  );
}
