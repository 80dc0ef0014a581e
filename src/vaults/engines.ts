/** The engines by name. */
import { cryfsEngine } from './cryfs.ts';
import type { Engine, EngineName } from './engine.ts';
import { gocryptfsEngine } from './gocryptfs.ts';

const engines: Readonly<Record<EngineName, Engine>> = { gocryptfs: gocryptfsEngine, cryfs: cryfsEngine };

export function engineNamed(name: EngineName): Engine {
  return engines[name];
}
