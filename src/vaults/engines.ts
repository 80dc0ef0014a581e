/** The engines by name. */

import { CryptosyncError } from '../system/errors.ts';
import type { Engine, EngineName } from './engine.ts';
import { gocryptfsEngine } from './gocryptfs.ts';

const engines: Partial<Record<EngineName, Engine>> = { gocryptfs: gocryptfsEngine };

/** @throws CONFIG_INVALID for an engine that this version does not have. */
export function engineNamed(name: EngineName): Engine {
  const engine = engines[name];
  if (engine !== undefined) return engine;
  throw new CryptosyncError('CONFIG_INVALID', `this version has no engine ${name}`, {
    hint: `It has: ${Object.keys(engines).join(', ')}`,
  });
}
