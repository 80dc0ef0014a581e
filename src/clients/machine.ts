/** This machine among those that write to the same places: a random id, not its name. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from '../system/files.ts';

const pattern = /^[0-9a-f-]{36}$/;

/** The file that holds it. */
export function machineFile(stateDirectory: string): string {
  return join(stateDirectory, 'machine');
}

/** The id that a client's state has, made when it is asked for the first time. */
export function machineId(stateDirectory: string): string {
  const file = machineFile(stateDirectory);
  const known = readTextIfPresent(file)?.trim();
  if (known !== undefined && pattern.test(known)) return known;
  const id = randomUUID();
  ensureDirectory(stateDirectory, 0o700);
  writeFileAtomic(file, `${id}\n`, 0o600);
  return id;
}
