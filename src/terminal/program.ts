/** This program, as scripts and schedules of a client call it. */
import { join } from 'node:path';
import type * as Interfaces from '@oclif/core/interfaces';
import type { Program } from '../clients/scripts.ts';

/** @param config oclif's, which knows where the package lies; its path may end in a slash */
export function programOf({ root }: Pick<Interfaces.Config, 'root'>): Program {
  return { node: process.execPath, script: join(root, 'bin', 'run.js') };
}
