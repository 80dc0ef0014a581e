/** Which trash and which manifests may go: what no generation that is still kept needs. */
import {
  beganAt,
  manifestsDirectory,
  parseManifestName,
  trashDirectory,
  trashGeneration,
} from '../../remotes/control/generations.ts';
import type { Place } from '../../remotes/place.ts';

export interface PruneSettings {
  /** Milliseconds that what a generation replaced is kept; 0 keeps none. */
  readonly keep: number;
  /** So many generations, the current one among them, stay whole however old they are. */
  readonly keepGenerations: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The generation that is current, and the manifests that it is made of: they always stay. */
  readonly current: number;
  readonly chain: number;
}

/** Number and time, ISO 8601, of each generation whose trash is still there. */
export type KeptTrash = readonly (readonly [generation: number, at: string])[];

/** What decides how long trash is kept. */
type Keeping = Pick<PruneSettings, 'keep' | 'keepGenerations' | 'now' | 'current'>;

/** Whether a run that changes nothing has something to remove all the same. */
export function isPruningDue(trash: KeptTrash, keeping: Keeping): boolean {
  return trash.some(([generation, at]) => isOver(generation, Date.parse(at), keeping));
}

/**
 * Removes what is over. @returns what is left of the trash
 * @param times when each generation was committed, as far as the caller knows
 */
export async function prune(place: Place, settings: PruneSettings, times: KeptTrash): Promise<KeptTrash> {
  const [trash, manifests] = await Promise.all([
    place.names(trashDirectory),
    place.names(manifestsDirectory),
  ]);
  const known = new Map(times);
  for (const name of manifests) {
    const parsed = parseManifestName(name);
    if (parsed !== undefined) known.set(parsed.generation, new Date(parsed.at).toISOString());
  }
  const kept: [number, string][] = [];
  for (const name of trash) {
    const plain = name.replace(/\/$/, '');
    if (plain === name) continue;
    const generation = trashGeneration(plain);
    const at = generation === undefined ? beganAt(plain) : Date.parse(known.get(generation) ?? '');
    // what nobody knows the time of is not removed
    if (at === undefined || Number.isNaN(at)) continue;
    if (isOver(generation ?? 0, at, settings)) await place.removeTree(`${trashDirectory}/${plain}`);
    else kept.push([generation ?? 0, new Date(at).toISOString()]);
  }
  await pruneManifests(place, manifests, settings, kept);
  return kept;
}

/**
 * Whether the trash of a generation may go; a generation needs the trash of every later one to be put together again.
 * @param generation 0 for what version 0.1 has left. @param at milliseconds since 1970
 */
export function isOver(generation: number, at: number, keeping: Keeping): boolean {
  const { keep, keepGenerations, now, current } = keeping;
  if (generation > 0 && generation > current - keepGenerations + 1) return false;
  return keep === 0 || now - at > keep;
}

/**
 * A generation can be put together while every later trash is there, and is kept as long as the trash of the one after it
 * would be, had it any: its manifest, and the chain below it, stay.
 */
async function pruneManifests(
  place: Place,
  names: readonly string[],
  settings: PruneSettings,
  kept: KeptTrash,
): Promise<void> {
  const { current, chain } = settings;
  const parsed = names.flatMap((name) => {
    const found = parseManifestName(name);
    return found === undefined ? [] : [{ name, ...found }];
  });
  const recent = parsed.filter(({ generation, at }) => !isOver(generation, at, settings));
  const later = [...kept.map(([generation]) => generation), ...recent.map(({ generation }) => generation)];
  const oldestNeeded = later.reduce((oldest, one) => Math.min(oldest, one - 1), current - chain);
  // where a delta has the same number, the full one is of a run that was killed before it committed
  const deltas = new Set(parsed.flatMap(({ kind, generation }) => (kind === 'delta' ? [generation] : [])));
  const base = parsed
    .filter(
      ({ kind, generation }) => kind === 'full' && generation <= oldestNeeded && !deltas.has(generation),
    )
    .reduce((newest, { generation }) => Math.max(newest, generation), 0);
  for (const { name, generation } of parsed) {
    if (generation < base) await place.removeFile(`${manifestsDirectory}/${name}`);
  }
}
