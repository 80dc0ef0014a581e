/** The tree of a generation, put together from its manifests: a full one, and the deltas since. */
import { manifestsDirectory } from '../../remotes/control/generations.ts';
import type { Committed } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { comparePaths } from '../../system/names.ts';
import { withOwnGroups } from '../tree/groups.ts';
import { decodeManifest, type Manifest } from '../tree/manifest.ts';
import type { ManifestEntry } from '../tree/manifest-line.ts';
import type { RecordEntry } from '../tree/record.ts';

/** Bytes that a manifest may have as it lies at the place. */
export const longestManifest = 512 * 1024 * 1024;
/** Manifests that a chain may have, which is more than any that is written. */
const longestChain = 100;

/** @throws VERIFY_FAILED when one is missing, torn, or not the vault's; what the place fails with */
export async function readTree(
  place: Place,
  marker: Pick<Committed, 'manifest' | 'vaultId' | 'id' | 'seal'>,
  sealKey: Buffer | undefined,
): Promise<readonly RecordEntry[]> {
  const chain: Manifest[] = [];
  for (let file: string | null = marker.manifest.file; file !== null; ) {
    if (chain.length > longestChain) throw broken(file, 'its chain has no end');
    const manifest: Manifest = await readManifest(place, file, sealKey);
    if (manifest.head.vaultId !== marker.vaultId) throw broken(file, 'it is of another vault');
    if (chain.length === 0 && manifest.head.id !== marker.id)
      throw broken(file, 'it is of another generation');
    // who takes a seal away can change what it was over
    const isStripped = typeof marker.seal === 'string' && sealKey !== undefined && manifest.seal !== 'right';
    if (chain.length === 0 && isStripped) throw broken(file, "it lost this vault's seal");
    chain.unshift(manifest);
    file = manifest.head.kind === 'full' ? null : manifest.head.changes;
  }
  const entries = new Map<string, ManifestEntry>();
  for (const { changes } of chain) {
    for (const { path, entry } of changes) {
      if (entry === undefined) entries.delete(path);
      else entries.set(path, entry);
    }
  }
  const tree = [...entries.values()]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map((entry) => ({ ...entry, ctime: 0n, inode: 0n }));
  // the first path of a file with several may be one that the place could not hold
  return withOwnGroups(tree);
}

async function readManifest(place: Place, file: string, sealKey: Buffer | undefined): Promise<Manifest> {
  const bytes = await place.read(`${manifestsDirectory}/${file}`, longestManifest);
  if (bytes === undefined) throw broken(file, 'it is missing');
  return decodeManifest(bytes, file, sealKey);
}

function broken(file: string, how: string): CryptosyncError {
  return new CryptosyncError('VERIFY_FAILED', `the manifest ${file} can't be used: ${how}`, {
    details: { manifest: file },
  });
}
