/** The engines by name. */
import { cryfsEngine } from './cryfs.ts';
import type { Engine, EngineName } from './engine.ts';
import { gocryptfsEngine } from './gocryptfs.ts';

const engines: Readonly<Record<EngineName, Engine>> = { gocryptfs: gocryptfsEngine, cryfs: cryfsEngine };

/** The file system types of all engines' mounts. */
export const engineFileSystems: ReadonlySet<string> = new Set(
  Object.values(engines).map(({ fileSystemType }) => fileSystemType),
);

export function engineNamed(name: EngineName): Engine {
  return engines[name];
}
