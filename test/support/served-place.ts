/** One place as a directory and over WebDAV, for what must hold on both alike. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Remote } from '../../src/remotes/remote.ts';
import { webdavRemote } from './machines.ts';
import { type Server, serveWebdavAfresh } from './serve.ts';

export interface ServedPlace {
  /** A path in a directory of the test file's own. */
  own(...names: string[]): string;
  /** The place, or a path below it, as the server has it on its disk. */
  place(...names: string[]): string;
  /** What it is, and the remote that leads to it; for `describe.each`. */
  readonly kinds: readonly (readonly [string, () => Remote])[];
}

/** Starts and stops the server with the tests of the file that calls it. */
export function servedPlace(): ServedPlace {
  let directory = '';
  let server: Server;
  const own: ServedPlace['own'] = (...names) => join(directory, ...names);
  const place: ServedPlace['place'] = (...names) => own('served', 'place', ...names);
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cryptosync-test-'));
    mkdirSync(own('served'));
    server = await serveWebdavAfresh(own('served'));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    own,
    place,
    kinds: [
      ['a directory', () => ({ name: 'disk', type: 'local', path: place(), configFile: '' })],
      ['WebDAV', () => webdavRemote(directory, server.port, 'place')],
    ],
  };
}
