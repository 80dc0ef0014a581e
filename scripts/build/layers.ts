import type { ChunkingContext, CodeSplittingGroup } from 'rolldown';
import { OCLIF_ENTRY } from './lean-oclif.ts';
import { root } from './root.ts';

/**
 * What is loaded together lies together. A file of a start costs half a millisecond to find, and V8 takes its whole
 * compiled code into memory: so the modules of a command that is often started, and of those before it, are one chunk.
 */
const LAYERS: readonly (readonly [name: string, entry: string])[] = [
  ['oclif', OCLIF_ENTRY],
  ['status', `${root}src/commands/status.ts`],
  ['unmount', `${root}src/commands/unmount.ts`],
  ['mount', `${root}src/commands/mount.ts`],
];

const REST = 'shared';
/** Our own folders below the operations. What is left of packages stays apart. */
const sharedFiles = /\/src\/(system|secrets|clients|vaults|remotes)\//;

/** The groups of modules, each of which becomes a chunk; what is in none is left to rolldown. */
export function layerGroups(): CodeSplittingGroup[] {
  let layers: ReadonlyMap<string, string> | undefined;
  const layerOf = (id: string, context: ChunkingContext): string | undefined => {
    layers ??= readLayers(context);
    if (context.getModuleInfo(id)?.isEntry) return undefined;
    return layers.get(id) ?? (sharedFiles.test(id) ? REST : undefined);
  };
  const names = [...LAYERS.map(([name]) => name), REST];
  return names.map((layer, index) => ({
    debugName: layer,
    name: (id, context) => (layerOf(id, context) === layer ? layer : null),
    // a group takes what its modules import along, unless another had it before
    priority: names.length - index,
  }));
}

/** The layer of each module that one of them imports, at whatever depth; imports that wait for their use don't count. */
function readLayers(context: ChunkingContext): ReadonlyMap<string, string> {
  const layers = new Map<string, string>();
  for (const [name, entry] of LAYERS) {
    const waiting = [entry];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (layers.has(id)) continue;
      layers.set(id, name);
      waiting.push(...(context.getModuleInfo(id)?.importedIds ?? []));
    }
  }
  return layers;
}
