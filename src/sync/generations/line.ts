/**
 * The line of generations that a place has come along: its manifests, each the child of the one before, from the marker
 * back as far as they are there. What a killed run or another line has left among them is passed over.
 */
import { manifestsDirectory, parseManifestName } from '../../remotes/control/generations.ts';
import type { Committed } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { inLanes } from '../lanes.ts';
import { isSameContent, isSameMetadata } from '../tree/entry.ts';
import { decodeHead, decodeManifestInTurns, type ManifestHead } from '../tree/manifest.ts';
import type { ManifestEntry } from '../tree/manifest-line.ts';
import { longestManifest } from '../upload/chain.ts';

/** One manifest of the line. */
interface Link {
  readonly file: string;
  readonly head: ManifestHead;
  readonly bytes: Buffer;
}

export interface Line {
  /** The oldest first; the last one is the marker's. */
  readonly links: readonly Link[];
  /** Why nothing older is known, where a manifest is there and can't be used. */
  readonly broken: CryptosyncError | undefined;
}

/** Reads every manifest. @throws VERIFY_FAILED when the newest can't be used; what the place fails with */
export async function readLine(
  place: Place,
  { manifest, vaultId, id }: Pick<Committed, 'manifest' | 'vaultId' | 'id'>,
  signal: AbortSignal | undefined,
): Promise<Line> {
  const found = new Map<string, Buffer>();
  const names = (await place.names(manifestsDirectory)).filter((name) => parseManifestName(name));
  const read = async (name: string): Promise<void> => {
    const bytes = await place.read(`${manifestsDirectory}/${name}`, longestManifest);
    if (bytes !== undefined) found.set(name, bytes);
  };
  await inLanes(names, place.lanes, read, signal);
  const links: Link[] = [];
  const newest = linkOf(manifest.file, found);
  if (newest === undefined) throw unusable(manifest.file, 'it is missing');
  if (newest.head.id !== id) throw unusable(manifest.file, 'it is of another generation');
  try {
    for (let link: Link | undefined = newest; link !== undefined; link = before(link, names, found)) {
      if (link.head.vaultId !== vaultId) throw unusable(link.file, 'it is of another vault');
      links.unshift(link);
    }
    return { links, broken: undefined };
  } catch (error) {
    if (links.length === 0 || !(error instanceof CryptosyncError)) throw error;
    return { links, broken: error };
  }
}

function linkOf(file: string, found: ReadonlyMap<string, Buffer>): Link | undefined {
  const bytes = found.get(file);
  return bytes === undefined ? undefined : { file, bytes, head: decodeHead(bytes, file) };
}

function before(
  { head }: Link,
  names: readonly string[],
  found: ReadonlyMap<string, Buffer>,
): Link | undefined {
  if (head.kind === 'delta' && head.changes !== null) {
    const link = linkOf(head.changes, found);
    if (link === undefined) throw unusable(head.changes, 'it is missing');
    return link;
  }
  const { parent } = head;
  if (parent === null) return undefined;
  for (const name of names) {
    const parsed = parseManifestName(name);
    if (parsed?.generation !== head.generation - 1 || parsed.id !== parent.slice(0, 8)) continue;
    const link = linkOf(name, found);
    if (link?.head.id === parent) return link;
  }
  return undefined;
}

function unusable(file: string, how: string): CryptosyncError {
  return new CryptosyncError('VERIFY_FAILED', `the manifest ${file} can't be used: ${how}`, {
    details: { manifest: file },
  });
}

export type Tree = ReadonlyMap<string, ManifestEntry>;

/** A generation while the line is gone along. */
export interface Step {
  readonly head: ManifestHead;
  readonly file: string;
  readonly seal: 'right' | 'none' | 'unknown';
  /** All that is in it. It is the same map in every step. */
  readonly tree: Tree;
  /** What of the generation before has left its path, with what it was. */
  readonly left: readonly ManifestEntry[];
  /** Entries that are new, other, or gone. */
  readonly changed: number;
}

/**
 * Goes along the line, from the first generation that is there as a whole.
 * @throws VERIFY_FAILED when a manifest is torn or does not carry the vault's seal
 */
export async function* replay(links: Line['links'], sealKey: Buffer | undefined): AsyncGenerator<Step> {
  const tree = new Map<string, ManifestEntry>();
  let isWhole = false;
  for (const { file, bytes } of links) {
    const { head, changes, seal } = await decodeManifestInTurns(bytes, file, sealKey);
    if (head.kind === 'delta' && !isWhole) continue;
    const isFirst = !isWhole;
    isWhole = true;
    const now = new Map(changes.map(({ path, entry }) => [path, entry]));
    if (head.kind === 'full') for (const path of tree.keys()) if (!now.has(path)) now.set(path, undefined);
    const left: ManifestEntry[] = [];
    let changed = 0;
    for (const [path, entry] of now) {
      const known = tree.get(path);
      const isSame = known !== undefined && entry !== undefined && isSameContent(known, entry);
      if (known !== undefined && !isSame) left.push(known);
      if (!isSame || !isSameMetadata(known, entry)) changed += 1;
      if (entry === undefined) tree.delete(path);
      else tree.set(path, entry);
    }
    yield { head, file, seal, tree, left: isFirst ? [] : left, changed };
  }
}
