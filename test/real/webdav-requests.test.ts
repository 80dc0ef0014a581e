/**
 * What a WebDAV server is asked by a run in which a few files changed: in which order, over how many connections, and
 * that nothing asks for the list of the whole place.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Remote } from '../../src/remotes/remote.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { type Asked, type HttpRecorder, startHttpRecorder } from '../support/http-recorder.ts';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { type ModelPlace, machineIn, runOn } from '../support/model/world.ts';
import { type Server, serveWebdav } from '../support/serve.ts';
import { manyFiles, writeFiles } from '../support/tree.ts';

const layer = {
  crypt: { filenameEncryption: 'off', directoryNameEncryption: false },
  key: { key: new Secret(Buffer.alloc(32, 7).toString('base64')) },
} as const;

describe('a run in which five of many files changed, over WebDAV', () => {
  let installation: Installation;
  let server: Server;
  let recorder: HttpRecorder;
  beforeAll(async () => {
    installation = createInstallation();
    server = await serveWebdav(installation.path('tmp'));
    recorder = await startHttpRecorder(server.port);
  });
  afterAll(async () => {
    await recorder?.close();
    await server?.stop();
    await installation?.cleanUp();
  });

  function placeOf(name: string, isLayered: boolean): ModelPlace {
    const configFile = installation.path(`${name}.conf`);
    const url = `http://127.0.0.1:${recorder.port}`;
    writeFileSync(configFile, `[dav]\ntype = webdav\nurl = ${url}\nvendor = other\n`);
    const raw: Remote = { name: 'dav', type: 'webdav', path: name, configFile };
    return isLayered ? { raw, ...layer } : { raw };
  }

  /** What was asked by the second run, in which files were changed and one was added. */
  async function askedByChange(name: string, isLayered: boolean): Promise<readonly Asked[]> {
    const machine = machineIn(installation.path(`machine-${name}`), 'one');
    mkdirSync(machine.state, { recursive: true, mode: 0o700 });
    writeFiles(machine.directory, manyFiles(40, 100));
    const place = placeOf(name, isLayered);
    const run = async (): Promise<void> =>
      expect(await runOn(machine, place, { direction: 'upload' })).toMatchObject({ kind: 'done' });
    await run();
    const before = recorder.asked.length;
    writeFiles(machine.directory, { ...manyFiles(5, 200), new: 'new' });
    await run();
    return recorder.asked.slice(before).map((one) => ({ ...one, path: decodeURIComponent(one.path) }));
  }

  const kinds = [
    ['plain', false],
    ['layered', true],
  ] as const;

  it.for(kinds)('asks for no list of the whole place (%s)', async ([name, isLayered]) => {
    const asked = await askedByChange(`lists-${name}`, isLayered);
    const listed = asked.filter(({ method }) => method === 'PROPFIND').map(({ path }) => path);
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.filter((path) => path.replace(/\/$/, '') === `/lists-${name}`)).toEqual([]);
  });

  it.for(kinds)('moves and puts over several connections (%s)', async ([name, isLayered]) => {
    const asked = await askedByChange(`lanes-${name}`, isLayered);
    const lanes = (wanted: string): Set<unknown> =>
      new Set(asked.flatMap(({ method, headers }) => (method === wanted ? [headers['x-lane']] : [])));
    expect(lanes('MOVE').size).toBe(5);
    expect(lanes('PUT').size).toBeGreaterThan(5);
    // a put may be repeated by rclone, a move may not (R47)
    expect([...lanes('MOVE')].filter((lane) => lanes('PUT').has(lane))).toEqual([]);
  });

  it.for(kinds)('keeps the order in which nothing is lost (%s)', async ([name, isLayered]) => {
    const asked = await askedByChange(`order-${name}`, isLayered);
    const changing = asked.filter(({ method }) => ['PUT', 'MOVE', 'MKCOL', 'DELETE'].includes(method));
    const first = (method: string, part: string): number =>
      changing.findIndex((one) => one.method === method && one.path.includes(part));
    const last = (method: string, part: string): number =>
      changing.findLastIndex((one) => one.method === method && one.path.includes(part));
    const [announced, marked] = [first('PUT', 'in-progress.json'), first('PUT', 'marker.json')];
    const others = (one: number): boolean => one > announced && one < marked;
    expect(changing.slice(0, announced).filter(({ path }) => !path.includes('.cryptosync'))).toEqual([]);
    for (const number of [0, 1, 2, 3, 4]) {
      const moved = first('MOVE', `/many/${number}`);
      const put = first('PUT', `/many/${number}`);
      expect([moved, put].every(others) && moved < put, `many/${number}`).toBe(true);
    }
    expect(first('MOVE', '')).toBeGreaterThan(announced);
    expect(others(first('PUT', '/new'))).toBe(true);
    expect(others(first('PUT', '/manifests/'))).toBe(true);
    expect(last('PUT', '')).toBe(marked);
    const states = asked.filter(({ method, path }) => method === 'GET' && path.includes('marker.json'));
    expect(states.length, 'looked at before anything, and before the marker').toBe(2);
  });
});
