/** Whether a place holds a generation as it was committed: by its list, or by reading all of it, or a part in turn. */
import { identityOf, readState } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import type { TransferContext } from '../context.ts';
import type { Chosen } from '../generations/choice.ts';
import type { Past } from '../generations/history.ts';
import { includes } from '../include.ts';
import type { Job } from '../job.ts';
import { isKeyOfAll } from '../source.ts';
import { openRecord } from '../tree/record.ts';
import { type Listing, listingOf } from '../upload/full-pass/listing.ts';
import { spellingOf } from '../upload/naming/spelling.ts';
import { bytesIn, progressOf } from '../upload/progress.ts';
import { compareListing, compareWhereabouts, type Expected, expectedIn } from './compare.ts';
import { beginList, type EarlyList } from './early-list.ts';
import type { Findings } from './findings.ts';
import { type Journal, openJournal } from './journal.ts';
import { readAndCompare } from './read.ts';

/** How closely is looked: at the list alone, at everything, or at so much of it as was not read for the longest. */
export type Depth =
  | { readonly kind: 'quick' }
  | { readonly kind: 'deep' }
  | { readonly kind: 'sample'; readonly bytes?: number; readonly percent?: number };

export interface VerifySettings {
  readonly place: Place;
  readonly past: Past;
  readonly chosen: Chosen;
  /** Asked for before; of a place at its newest generation. */
  readonly list?: EarlyList | undefined;
  readonly job: Job;
  readonly depth: Depth;
  /** Where this machine keeps what was read when. */
  readonly journalFile: string;
}

/** @throws what the place as a whole fails with, INTERRUPTED; a check that reads goes on from there */
export async function verifyGeneration(
  context: TransferContext,
  settings: VerifySettings,
): Promise<Findings> {
  const { place, past, chosen, job, depth } = settings;
  const { listedHash } = await place.features();
  const expected = expectedIn(chosen.tree, listedHash);
  // a run that did not end may have moved anything of it
  const isPlain = chosen.isCurrent && past.begun === undefined;
  const compared = isPlain
    ? compareListing(
        expected,
        await listedAt(place, expected, settings.list ?? beginList(place)),
        await toleranceOf(place, job),
      )
    : await compareWhereabouts(place, expected, chosen, context.signal);
  const known = new Map(compared.damaged.map((finding) => [finding.object, finding]));
  const now = context.clock.now().getTime();
  const journal = openJournal(settings.journalFile, now);
  try {
    const sound = expected.filter(({ object }) => !known.has(object));
    // what a vault can't be read without is read by every check
    const quick = sound.filter(
      ({ object }) => compared.suspect.has(object) || isKeyOfAll(job.mapping.source, object),
    );
    const due = depth.kind === 'quick' ? [] : dueIn(sound, depth, journal, now);
    const always = new Set(depth.kind === 'deep' ? due : [...quick, ...due]);
    const belied = sound.filter((one) => compared.belied.has(one.object) && !always.has(one));
    const chosenFiles = depth.kind === 'deep' ? due : [...always, ...belied];
    // a store that tells another hash of a file that was read whole tells hashes of something else (SSE-KMS of AWS)
    let isListRight = true;
    const total = bytesIn(chosenFiles);
    const progress = progressOf(job, place, { bytes: total, transfers: chosenFiles.length, deletes: 0 });
    const read = { files: 0, bytes: 0 };
    const result = await readAndCompare(place, chosenFiles, {
      pathsOf: ({ entry, object }) => (isPlain || entry.kind !== 'file' ? [object] : chosen.whereOf(entry)),
      isNeeded: (one) => isListRight || always.has(one),
      onRead({ object, hash, size }, isSound) {
        if (isSound && compared.belied.has(object)) isListRight = false;
        progress.onCarried(size);
        read.files += 1;
        read.bytes += size;
        if (!isSound || hash === undefined) return;
        journal.note(object, hash, Math.max(context.clock.now().getTime(), journal.passBegan ?? 0));
      },
      signal: context.signal,
    }).finally(() => progress.end());
    const isWhole = depth.kind === 'deep';
    journal.end(isWhole, new Set(expected.map(({ object }) => object)));
    const found = {
      damaged: [...compared.damaged, ...result.damaged],
      unchecked: result.unchecked,
      files: expected.length,
      filesRead: read.files,
      bytesRead: read.bytes,
      isWhole,
    };
    return found.damaged.length === 0 ? found : await standing(place, past, found);
  } finally {
    journal.close();
  }
}

async function listedAt(place: Place, expected: readonly Expected[], list: EarlyList): Promise<Listing> {
  const objects = expected.map(({ object }) => object);
  return await listingOf(place, await list.entries, spellingOf(objects, await place.features()));
}

/** Whether a sync that went on meanwhile has moved what was looked for. */
async function standing(place: Place, { marker, begun }: Past, found: Findings): Promise<Findings> {
  const state = await readState(place);
  const isSame =
    state.kind === 'present' &&
    identityOf(state.committed) === identityOf(marker) &&
    state.begun?.id === begun?.id;
  if (isSame) return found;
  const why = 'a sync went on meanwhile';
  return {
    ...found,
    damaged: [],
    unchecked: [...found.unchecked, ...found.damaged.map(({ object }) => ({ object, why }))],
  };
}

async function toleranceOf(
  place: Place,
  { recordFile, mapping: { mode, include } }: Job,
): Promise<Parameters<typeof compareListing>[2]> {
  const { timePrecision } = await place.features();
  const keepsTimes = openRecord(recordFile)?.head.keepsTimes !== false;
  const isIncluded = includes(include);
  return {
    precision: keepsTimes ? timePrecision : undefined,
    tellsAdded: (path) => mode === 'sync' && isIncluded(path),
  };
}

/** What is to be read: a pass that was cut off goes on, a sample takes what was not read for the longest. */
function dueIn(
  sound: readonly Expected[],
  depth: Exclude<Depth, { kind: 'quick' }>,
  journal: Journal,
  now: number,
): Expected[] {
  const readAt = ({ object, hash }: Expected): number => journal.readAt(object, hash ?? '');
  if (depth.kind === 'deep') {
    // later than everything that was read before, whatever the clock says
    const newest = sound.reduce((latest, one) => Math.max(latest, readAt(one)), 0);
    if (journal.passBegan === undefined) journal.beginPass(Math.max(now, newest + 1));
    const since = journal.passBegan ?? now;
    return sound.filter((one) => readAt(one) < since);
  }
  const { bytes, percent = 0 } = depth;
  const wanted = bytes ?? (bytesIn(sound) * percent) / 100;
  // what a clock that was wrong has noted would not come round before that time
  const readBefore = (one: Expected): number => (readAt(one) > now ? 0 : readAt(one));
  const oldestFirst = sound.map((one) => ({ one, at: readBefore(one) })).sort((a, b) => a.at - b.at);
  const taken: Expected[] = [];
  let sum = 0;
  for (const { one } of oldestFirst) {
    if (sum >= wanted && taken.length > 0) break;
    taken.push(one);
    sum += one.size;
  }
  return taken;
}
