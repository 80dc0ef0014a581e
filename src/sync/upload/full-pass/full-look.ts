/** A look at the whole place: what it holds against what was recorded, and what a run that did not end has left there. */
import type { Place, PlaceFeatures } from '../../../remotes/place.ts';
import { readSyncIndex } from '../../former/source-index.ts';
import type { Lineage } from '../../lineage.ts';
import type { Change, LookSettings } from '../../tree/changes.ts';
import type { OpenRecord, RecordEntry } from '../../tree/record.ts';
import { adopted, type Listing, type Mended, mended } from './listing.ts';
import { resumed, takenSince, touchedBefore } from './unfinished.ts';

export interface FullLook {
  readonly place: Place;
  readonly listing: Listing;
  readonly lineage: Lineage;
  readonly features: PlaceFeatures;
  readonly record: OpenRecord | undefined;
  readonly known: () => Iterable<RecordEntry>;
  /** What 0.1 remembered of the source. */
  readonly indexFile: string;
}

/** @param changes what became of the source. @returns them, with all that is not as it was there */
export async function seenThere(
  changes: readonly Change[],
  look: FullLook,
  settings: LookSettings,
): Promise<Mended> {
  const { place, listing, lineage, features, record, known } = look;
  const begunAt = touchedBefore(lineage.begun);
  if (lineage.footing.kind === 'first' || lineage.marker?.version === 1) {
    const former = readSyncIndex(look.indexFile)?.files;
    return await adopted(changes, listing, features, { ...settings, former, begunAt });
  }
  const keepsTimes = record?.head.keepsTimes !== false;
  const precision = keepsTimes ? features.timePrecision : undefined;
  if (!lineage.isUnfinished) return mended(changes, known(), listing, { precision });
  const generation = lineage.marker?.generation ?? 0;
  const suspect = new Set([...(await takenSince(place, generation))].map(listing.spelling.spelled));
  const seen = mended(changes, known(), listing, { precision, suspect });
  const { listedHash } = features;
  // what a run of our own has left is nobody else's doing
  return {
    ...(await resumed(seen, listing, { begunAt, precision, listedHash }, settings)),
    behindOurBack: [],
  };
}
