/** One generation out of a place's past: what is in it, and where each of its files lies now. */
import { isSealed } from '../../remotes/control/seal.ts';
import type { Place } from '../../remotes/place.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { comparePaths } from '../../system/names.ts';
import type { Entry } from '../tree/entry.ts';
import { withOwnGroups } from '../tree/groups.ts';
import type { ManifestHead } from '../tree/manifest.ts';
import type { ManifestEntry } from '../tree/manifest-line.ts';
import { objectOf } from '../tree/objects.ts';
import { readListing } from '../upload/full-pass/listing.ts';
import { spellingOf } from '../upload/naming/spelling.ts';
import type { Past } from './history.ts';
import { replay, type Step, type Tree } from './line.ts';

/** Which generation is meant; the newest when nothing is said. */
export interface Wanted {
  readonly generation?: number | undefined;
  /** The newest that was committed by then: milliseconds since 1970. */
  readonly at?: number | undefined;
}

export interface Chosen {
  readonly head: ManifestHead;
  readonly isCurrent: boolean;
  readonly seal: Step['seal'];
  /** The generation's own directory is in it, as the empty path; in the order of trees. */
  readonly tree: readonly ManifestEntry[];
  /** The paths at the place at which a file of it may lie, the likeliest first. */
  readonly whereOf: (entry: Entry) => Promise<readonly string[]>;
}

/**
 * @throws USAGE when there is no such generation, VERIFY_FAILED when a manifest that it needs is torn, missing or not
 * under the vault's seal
 */
export async function choose(
  place: Place,
  past: Past,
  wanted: Wanted,
  sealKey: Buffer | undefined,
): Promise<Chosen> {
  const { links, broken } = past.line;
  const index = indexOf(past, wanted);
  const begin = links.findLastIndex(({ head }, at) => at <= index && head.kind === 'full');
  if (index < 0 || begin < 0) throw (index < 0 ? undefined : broken) ?? absent(place, past, wanted);
  let chosen: { readonly step: Step; readonly tree: readonly ManifestEntry[] } | undefined;
  const places = new Places();
  let current: Tree = new Map();
  for await (const step of replay(links.slice(begin), sealKey)) {
    current = step.tree;
    if (chosen !== undefined) {
      places.left(step.left, past.trash.get(step.head.generation) ?? []);
    } else if (step.file === links[index]?.file) {
      const tree = withOwnGroups([...step.tree.values()].sort((a, b) => comparePaths(a.path, b.path)));
      chosen = { step, tree };
      places.want(tree);
    }
  }
  if (chosen === undefined) throw absent(place, past, wanted);
  const isCurrent = index === links.length - 1;
  verifySeals(place, past, isCurrent ? chosen.step.seal : undefined, sealKey);
  places.stay(current);
  // what a run has moved that did not end is still what it was
  if (past.begun !== undefined) places.left(current.values(), past.trash.get(past.begun.generation) ?? []);
  const { head, seal } = chosen.step;
  const strays = past.begun === undefined ? undefined : straysAt(place, current);
  return {
    head,
    seal,
    isCurrent,
    tree: chosen.tree,
    whereOf: async (entry) => [...places.of(entry), ...((await strays?.(entry.size)) ?? [])],
  };
}

/**
 * Who takes a seal away can change what it was over.
 * @param newest what was found of the newest manifest's, where that is the one that counts. @throws VERIFY_FAILED
 */
function verifySeals(
  place: Place,
  { marker, begun }: Past,
  newest: Step['seal'] | undefined,
  sealKey: Buffer | undefined,
): void {
  if (sealKey === undefined) return;
  const documents = [marker, begun].filter((one) => typeof one?.seal === 'string');
  const isStripped = typeof marker.seal === 'string' && newest !== undefined && newest !== 'right';
  if (!isStripped && documents.every((one) => one !== undefined && isSealed(one, sealKey))) return;
  throw new CryptosyncError(
    'VERIFY_FAILED',
    `what ${place.name} says of itself does not carry this vault's seal: it was changed or forged`,
    { advice: { to: 'find-who-writes' }, details: { damaged: ['marker'] } },
  );
}

function indexOf({ line: { links } }: Past, { generation, at }: Wanted): number {
  if (generation !== undefined) return links.findIndex(({ head }) => head.generation === generation);
  if (at !== undefined) return links.findLastIndex(({ head }) => Date.parse(head.at) <= at);
  return links.length - 1;
}

function absent(place: Place, { line: { links } }: Past, { generation, at }: Wanted): CryptosyncError {
  const [first, last] = [links[0]?.head, links.at(-1)?.head];
  const which =
    generation === undefined ? `of ${new Date(at ?? 0).toISOString()} or before` : String(generation);
  return new CryptosyncError(
    'USAGE',
    `${place.name} has no generation ${which}: its manifests go from ${first?.generation} of ${first?.at} to ${last?.generation} of ${last?.at}`,
    { advice: { to: 'list-generations' } },
  );
}

/** By content: where it may lie. */
class Places {
  readonly #found = new Map<string, { stay: string[]; left: string[] }>();

  want(tree: Iterable<ManifestEntry>): void {
    for (const entry of tree)
      if (entry.kind === 'file') this.#found.set(keyOf(entry), { stay: [], left: [] });
  }

  /** What has left its path was put below one of the directories. */
  left(entries: Iterable<ManifestEntry>, directories: readonly string[]): void {
    for (const entry of entries) {
      const object = objectOf(entry);
      if (entry.kind !== 'file' || object === undefined) continue;
      this.#found.get(keyOf(entry))?.left.push(...directories.map((directory) => `${directory}/${object}`));
    }
  }

  stay(tree: Tree): void {
    for (const entry of tree.values()) {
      if (entry.kind === 'file') this.#found.get(keyOf(entry))?.stay.push(entry.path);
    }
  }

  of(entry: Entry): string[] {
    const { stay = [], left = [] } = this.#found.get(keyOf(entry)) ?? {};
    const own = stay.includes(entry.path) ? [entry.path] : [];
    return [...own, ...stay.filter((path) => path !== entry.path).slice(0, 2), ...left];
  }
}

/** A file whose content is not known is known by its path alone. */
function keyOf({ hash, path }: Entry): string {
  return hash ?? `at ${path}`;
}

/** Files that no manifest knows, by their size: a run that did not end may have given them another path. */
function straysAt(place: Place, current: Tree): (size: number) => Promise<readonly string[]> {
  let listing: Promise<Map<number, string[]>> | undefined;
  const look = async (): Promise<Map<number, string[]>> => {
    const bySize = new Map<number, string[]>();
    const objects = [...current.values()].flatMap((entry) => objectOf(entry) ?? []);
    const spelling = spellingOf(objects, await place.features());
    for (const { path, size, kind } of (await readListing(place, spelling)).objects.values()) {
      if (kind !== 'file' || current.has(path)) continue;
      bySize.set(size, [...(bySize.get(size) ?? []), path]);
    }
    return bySize;
  };
  return async (size) => {
    listing ??= look();
    return (await listing).get(size) ?? [];
  };
}
