/** The list of a WebDAV place, asked for by several connections, against what rclone lists of it in one go. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { cryptRemote } from '../../src/remotes/crypt.ts';
import { openPlace } from '../../src/remotes/open-place.ts';
import type { Place, PlaceEntry } from '../../src/remotes/place.ts';
import { listPlace } from '../../src/remotes/rclone/place/listing.ts';
import type { Remote } from '../../src/remotes/remote.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { type HttpRecorder, startHttpRecorder } from '../support/http-recorder.ts';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { machineIn, runOn } from '../support/model/world.ts';
import { cleanEnvironment, type Server, serveWebdav } from '../support/serve.ts';
import { writeFiles } from '../support/tree.ts';

const key = { key: new Secret(Buffer.alloc(32, 7).toString('base64')) };
const layers = {
  plain: undefined,
  'with hidden contents': { filenameEncryption: 'off', directoryNameEncryption: false },
  'with hidden names': { filenameEncryption: 'standard', directoryNameEncryption: true },
} as const;
type Layer = keyof typeof layers;
const kinds = Object.keys(layers) as Layer[];

const odd = [
  'a "quoted" one',
  ' with spaces ',
  "l'été",
  'l\u2019e\u0301te\u0301',
  'back\\slash',
  '100%',
  '#?&',
  '[ab]',
];
const tree: Readonly<Record<string, string>> = {
  top: 'top',
  'a/b/c/d/e/f/deep': 'deep',
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`directory-${index}/file`, `${index}`] as const),
  ),
  ...Object.fromEntries(odd.map((name, index) => [`odd/${name}/${name}`, `${index}`])),
  'with\nline feed/and one\nhere': 'odd',
};

describe('a list of a WebDAV place', () => {
  let installation: Installation;
  let server: Server;
  let recorder: HttpRecorder;
  beforeAll(async () => {
    installation = createInstallation();
    // before the server reads its disk, which it does once
    const garbled = installation.path('tmp/garbled');
    writeFiles(garbled, { 'a\rb/file': 'one', 'c/file': 'two' });
    const latin1 = Buffer.concat([Buffer.from(`${garbled}/caf`), Buffer.of(0xe9)]);
    mkdirSync(latin1);
    writeFileSync(Buffer.concat([latin1, Buffer.from('/file')]), 'three');
    server = await serveWebdav(installation.path('tmp'));
    recorder = await startHttpRecorder(server.port);
    for (const kind of kinds) await fill(kind);
  });
  afterAll(async () => {
    await recorder?.close();
    await server?.stop();
    await installation?.cleanUp();
  });

  function rawOf(kind: string): Remote {
    const configFile = installation.path('rclone.conf');
    const url = `http://127.0.0.1:${recorder.port}`;
    writeFileSync(configFile, `[dav]\ntype = webdav\nurl = ${url}\nvendor = other\n`);
    return { name: 'dav', type: 'webdav', path: kind.replaceAll(' ', '-'), configFile };
  }

  async function fill(kind: Layer): Promise<void> {
    const machine = machineIn(installation.path('machines'), kind);
    mkdirSync(machine.state, { recursive: true, mode: 0o700 });
    writeFiles(machine.directory, tree);
    const crypt = layers[kind];
    const at = { raw: rawOf(kind), ...(crypt && { crypt, key }) };
    expect(await runOn(machine, at, { direction: 'upload' })).toMatchObject({ kind: 'done' });
  }

  function remoteOf(kind: Layer): Remote {
    const crypt = layers[kind];
    return crypt === undefined ? rawOf(kind) : cryptRemote(rawOf(kind), crypt, key);
  }

  const sorted = (entries: readonly PlaceEntry[]): PlaceEntry[] =>
    entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));

  async function inPlace<Result>(
    remote: Remote,
    action: (place: Place) => Promise<Result>,
    flags: readonly string[] = [],
  ): Promise<Result> {
    const dependencies = { environment: cleanEnvironment };
    const place = openPlace(remote, { flags, bandwidthLimit: undefined, now: Date.now }, dependencies);
    return await action(place).finally(() => place.close());
  }

  async function listed(place: Place, signal?: AbortSignal): Promise<PlaceEntry[]> {
    const entries: PlaceEntry[] = [];
    await place.list((entry) => void entries.push(entry), { signal });
    return sorted(entries);
  }

  async function inOneGo(remote: Remote): Promise<PlaceEntry[]> {
    const entries: PlaceEntry[] = [];
    const onEntry = (entry: PlaceEntry): void => void entries.push(entry);
    await listPlace(remote, { onEntry, hash: undefined, flags: [] }, { environment: cleanEnvironment });
    return sorted(entries);
  }

  /** The connections over which directories were listed meanwhile, and what was listed. */
  async function asked(action: () => Promise<unknown>): Promise<{ lanes: Set<unknown>; paths: string[] }> {
    const before = recorder.asked.length;
    await action();
    const lists = recorder.asked.slice(before).filter(({ method }) => method === 'PROPFIND');
    return {
      lanes: new Set(lists.map(({ headers }) => headers['x-lane'])),
      paths: lists.map(({ path }) => path),
    };
  }

  it.for(kinds)('tells what one list in one go tells (%s)', async (kind) => {
    const remote = remoteOf(kind);
    const entries = await inPlace(remote, (place) => listed(place));
    expect(entries).toEqual(await inOneGo(remote));
    const files = entries.filter(({ kind }) => kind === 'file');
    expect(files.length).toBe(Object.keys(tree).length);
  });

  it.for(kinds)('asks over several connections, and for each directory once (%s)', async (kind) => {
    const { lanes, paths } = await asked(() => inPlace(remoteOf(kind), (place) => listed(place)));
    expect(lanes.size).toBeGreaterThan(2);
    const below = paths.filter((path) => path.split('/').filter((part) => part !== '').length > 1);
    expect(below.length).toBeGreaterThan(40);
    expect(new Set(below).size).toBe(below.length);
  });

  it('asks over no more than the operator’s --checkers', async () => {
    const { lanes } = await asked(() => inPlace(remoteOf('plain'), listed, ['--checkers=2']));
    expect(lanes.size).toBe(2);
  });

  it('tells the same of a directory whose name it garbles (R41), which can’t be found by it', async () => {
    const remote = { ...rawOf('garbled'), path: 'garbled' };
    const told = async (list: Promise<PlaceEntry[]>): Promise<unknown> =>
      await list.catch(({ code }: { code: string }) => code);
    const entries = await told(inPlace(remote, (place) => listed(place)));
    expect(entries).toEqual(await told(inOneGo(remote)));
    expect(JSON.stringify(entries, ['path'])).toContain('caf\ufffd/file');
  });

  it('is empty of a place that is not there', async () => {
    expect(await inPlace({ ...rawOf('nowhere'), path: 'nowhere/at/all' }, (place) => listed(place))).toEqual(
      [],
    );
  });

  it('fails as a whole when the server breaks off, and is never taken for a short one', async () => {
    const remote = remoteOf('plain');
    const attempt = inPlace(remote, async (place) => {
      await place.features();
      recorder.breakOff('PROPFIND');
      return await listed(place);
    });
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(/^REMOTE_|^SYNC_FAILED$/) });
    recorder.breakOff();
  });

  it('fails as one in one go does when a directory that was listed can’t be found', async () => {
    const remote = remoteOf('plain');
    recorder.hide('directory-17');
    const attempts = [inPlace(remote, (place) => listed(place)), inOneGo(remote)];
    const ends = await Promise.allSettled(attempts);
    recorder.hide(undefined);
    for (const end of ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'SYNC_FAILED' } });
  });

  it('ends when nobody wants it any more', async () => {
    const unwanted = new AbortController();
    const attempt = inPlace(remoteOf('plain'), (place) => {
      const listing = listed(place, unwanted.signal);
      unwanted.abort();
      return listing;
    });
    await expect(attempt).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
