/**
 * What a place says of itself, in two small files that are never written over each other: `.cryptosync/marker.json`,
 * the last committed generation, and `.cryptosync/in-progress.json`, what a run announces before it changes anything,
 * with the marker that it goes on from in it. A write that fails may take the old file away with it (rclone removes
 * what it could not finish); then the other one still says all. Neither holds a secret.
 */
import * as v from 'valibot';
import { isTime } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import type { Place } from '../place.ts';
import { controlDirectory } from '../remote.ts';
import { sealed } from './seal.ts';

export const markerPath = `${controlDirectory}/marker.json`;
export const announcementPath = `${controlDirectory}/in-progress.json`;

/** Bytes that either may have. */
const longest = 64 * 1024;

/** The newest format that is known here. */
const newest = 2;

const time = v.pipe(v.string(), v.maxLength(40), v.check(isTime, 'must be a time'));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const manifestSchema = v.object({
  /** Its name in `.cryptosync/manifests`. */
  file: v.pipe(word, v.regex(/^[A-Za-z0-9._-]{1,200}$/)),
  /** Deltas since the last full one; 0 for a full one. */
  deltas: count,
});

const markerFields = {
  vaultId: word,
  engine: v.pipe(v.string(), v.maxLength(100)),
  generation: count,
  /** False when the source kept changing while it was transferred. */
  consistent: v.optional(v.boolean()),
  at: time,
};

/** What version 0.1 wrote. */
const firstSchema = v.looseObject({
  version: v.literal(1),
  ...markerFields,
  state: v.picklist(['in-progress', 'committed']),
});

const committedSchema = v.looseObject({
  version: v.literal(2),
  ...markerFields,
  state: v.literal('committed'),
  /** Random; two generations of one number are told apart by it. */
  id: word,
  /** The id that it came from; null for the first. */
  parent: v.nullable(word),
  /** Which machine wrote it: random, not its name. */
  machine: word,
  manifest: manifestSchema,
  seal: v.optional(v.nullable(word)),
});

const announcementSchema = v.looseObject({
  version: v.literal(2),
  state: v.literal('in-progress'),
  vaultId: word,
  engine: v.pipe(v.string(), v.maxLength(100)),
  /** The generation that it is about to make, and its id. */
  generation: count,
  id: word,
  machine: word,
  at: time,
  /** The marker that it goes on from. */
  base: v.nullable(v.union([committedSchema, firstSchema])),
  seal: v.optional(v.nullable(word)),
});

export type Committed = v.InferOutput<typeof committedSchema>;
export type FirstMarker = v.InferOutput<typeof firstSchema>;
export type Announcement = v.InferOutput<typeof announcementSchema>;
export type AnyMarker = Committed | FirstMarker;

export type PlaceState =
  /** Nothing of ours was ever here. */
  | { readonly kind: 'absent' }
  /** Something is here that is none of ours, or torn. */
  | { readonly kind: 'unreadable'; readonly file: string }
  | {
      readonly kind: 'present';
      readonly vaultId: string;
      /** The last committed generation; undefined while the first run has not ended. */
      readonly committed: AnyMarker | undefined;
      /** A run that has begun after it, and not ended. */
      readonly begun: Announcement | undefined;
      /** A marker was written and can't be read, or is gone: what is known is what the announcement holds. */
      readonly marker: 'whole' | 'torn' | 'gone';
    };

/** @throws TOOL_TOO_OLD for what a later version wrote; what the place fails with */
export async function readState(place: Place): Promise<PlaceState> {
  const [marker, announcement] = await Promise.all([
    place.read(markerPath, longest),
    place.read(announcementPath, longest),
  ]);
  for (const file of [marker, announcement]) {
    const format = formatOf(file);
    if (format === undefined || format <= newest) continue;
    throw new CryptosyncError(
      'TOOL_TOO_OLD',
      `what lies in ${place.name} was written by a newer cryptosync (format ${format}); this one knows ${newest} at the most`,
    );
  }
  return stateOf(marker, announcement);
}

/** What a file of ours calls its format; undefined for what is none. */
function formatOf(file: Buffer | undefined): number | undefined {
  const found = v.safeParse(v.looseObject({ version: count, vaultId: word }), json(file));
  return found.success ? found.output.version : undefined;
}

function json(file: Buffer | undefined): unknown {
  try {
    return file === undefined ? undefined : parseStoredJson(file.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What both files say together; either may be missing. */
export function stateOf(markerFile: Buffer | undefined, announcementFile: Buffer | undefined): PlaceState {
  const written = parsed(v.union([committedSchema, firstSchema]), markerFile);
  const begun = parsed(announcementSchema, announcementFile);
  if (written === undefined && begun === undefined) {
    if (markerFile !== undefined) return { kind: 'unreadable', file: markerPath };
    return announcementFile === undefined
      ? { kind: 'absent' }
      : { kind: 'unreadable', file: announcementPath };
  }
  const committed = written ?? begun?.base ?? undefined;
  const isUnfinished = begun !== undefined && identityOf(begun.base ?? undefined) === identityOf(committed);
  return {
    kind: 'present',
    vaultId: committed?.vaultId ?? begun?.vaultId ?? '',
    committed,
    begun: isUnfinished ? begun : undefined,
    marker: whatBecame(written, markerFile, begun),
  };
}

/** Of the marker; before the first commit there is none. */
function whatBecame(
  written: AnyMarker | undefined,
  file: Buffer | undefined,
  begun: Announcement | undefined,
): 'whole' | 'torn' | 'gone' {
  if (written !== undefined) return 'whole';
  if (file !== undefined) return 'torn';
  return begun?.base === null ? 'whole' : 'gone';
}

/** What tells one committed generation from every other; the first version had only its number. */
export function identityOf(marker: AnyMarker | undefined): string {
  if (marker === undefined) return '';
  return marker.version === 2 ? marker.id : `0.1:${marker.generation}`;
}

function parsed<Schema extends v.GenericSchema>(
  schema: Schema,
  file: Buffer | undefined,
): v.InferOutput<Schema> | undefined {
  // as it was written: a seal is over the fields in the order in which they stand
  const value = json(file);
  return v.is(schema, value) ? value : undefined;
}

export async function writeMarker(
  place: Place,
  marker: Omit<Committed, 'version' | 'state' | 'seal'>,
  sealKey: Buffer | undefined,
): Promise<void> {
  const { vaultId, engine, generation, id, parent, machine, at, manifest, consistent } = marker;
  const ordered = {
    version: 2,
    vaultId,
    engine,
    generation,
    state: 'committed',
    at,
    id,
    parent,
    machine,
    ...(consistent === undefined ? {} : { consistent }),
    manifest,
  };
  await writeOver(place, markerPath, textOf(sealed(ordered, sealKey)));
}

/** @param isMarkerLost the announcement that stands there alone tells the marker, which is written anew first. */
export async function writeAnnouncement(
  place: Place,
  announcement: Omit<Announcement, 'version' | 'state' | 'seal'>,
  sealKey: Buffer | undefined,
  isMarkerLost = false,
): Promise<void> {
  const { vaultId, engine, generation, id, machine, at, base } = announcement;
  const ordered = { version: 2, vaultId, engine, generation, state: 'in-progress', at, id, machine, base };
  if (isMarkerLost && base) await writeOver(place, markerPath, textOf(base));
  await writeOver(place, announcementPath, textOf(sealed(ordered, sealKey)));
}

/** A store that refuses to write over a file takes a new one, which it is once rclone has removed the old one (hazards.md R55). */
async function writeOver(place: Place, path: string, content: Buffer): Promise<void> {
  try {
    await place.write(path, content);
  } catch (error) {
    const isThere = await place.look(path).then(
      (entry) => entry !== undefined,
      () => true,
    );
    if (isThere) throw error;
    await place.write(path, content);
  }
}

function textOf(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`, 'utf8');
}
