/** Clients that are copies of one that was installed once: making a vault takes longer than most of what is tested on it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';

/** The directory that the remote of a client is. */
export function remoteOfClient(installation: Installation, client: string): string {
  return installation.path('remotes', client);
}

/** Copies a client that nothing is mounted of, with its remote; only the names in its paths differ. */
export function cloneClient(installation: Installation, from: string, to: string): void {
  mkdirSync(installation.path('remotes'), { recursive: true });
  const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };
  cpSync(installation.client(from), installation.client(to), options);
  cpSync(remoteOfClient(installation, from), remoteOfClient(installation, to), options);
  for (const name of ['summary.json', 'config/default.json']) {
    const file = installation.client(to, 'cryptosync', name);
    const text = readFileSync(file, 'utf8')
      .replaceAll(`${installation.client(from)}/`, `${installation.client(to)}/`)
      .replaceAll(join(installation.path('remotes'), from), join(installation.path('remotes'), to))
      .replaceAll(`"client_id": "${from}"`, `"client_id": "${to}"`);
    writeFileSync(file, text);
  }
}
