/** A place whose list tells a hash of every object: the quick check finds other content of the same size and time. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { markerPath } from '../../src/remotes/control/state.ts';
import type { Place, PlaceEntry } from '../../src/remotes/place.ts';
import { sinkRemote } from '../../src/remotes/sinks/index.ts';
import type { Direction } from '../../src/remotes/tuning.ts';
import type { Job } from '../../src/sync/job.ts';
import { type Installation, it } from '../support/installation.ts';
import { checked, flip, inflict, inPlaceOf, toldOf } from '../support/model/checks.ts';
import { startModelPlace } from '../support/model/places.ts';
import {
  type Asked,
  jobOf,
  type Machine,
  type ModelPlace,
  machineIn,
  runOn,
} from '../support/model/world.ts';

interface Scene {
  readonly machine: Machine;
  readonly job: Job;
  write(name: string, text: string): void;
  run(request?: Asked['request']): Promise<void>;
  inPlace<Result>(action: (place: Place) => Promise<Result>): Promise<Result>;
}

async function bucketOf(installation: Installation): Promise<ModelPlace> {
  const places = await startModelPlace('s3', installation.directory);
  installation.atCleanUp(() => places.close());
  return places.placeIn(installation.path('world'), 'checked');
}

function sceneAt(installation: Installation, at: ModelPlace, direction: Direction): Scene {
  const machine = machineIn(installation.path('machines'), direction);
  for (const directory of [machine.directory, machine.state]) mkdirSync(directory, { recursive: true });
  const job = jobOf(machine, at, { direction });
  return {
    machine,
    job,
    write(name, text) {
      const path = join(machine.directory, name);
      writeFileSync(path, text);
      // a time that whoever writes over the object can set exactly
      utimesSync(path, 1_700_000_000, 1_700_000_000);
    },
    async run(request = {}) {
      expect(await runOn(machine, at, { direction, request })).toMatchObject({ kind: 'done' });
    },
    inPlace: (action) => inPlaceOf(job, at, action),
  };
}

/** Flips a byte of each object in turn. @returns what the quick check says then */
async function foundAfterFlipping(
  { machine, job, inPlace }: Scene,
  objects: readonly string[],
): Promise<string[]> {
  await inPlace(async (place) => {
    const before = await checked(machine, job, place);
    expect([before.damaged, before.unchecked, before.filesRead]).toEqual([[], [], 0]);
    for (const object of objects) await inflict(place, object, flip);
  });
  // what a place answered is not asked again of it
  return await inPlace(async (place) => toldOf(await checked(machine, job, place)));
}

const asDamaged = (objects: readonly string[]): string[] => objects.map((one) => `${one}: content`).sort();

describe.each(['upload', 'bidirectional'] as const)('S3, %s', (direction) => {
  it('a flipped byte is found in what was sent, linked, touched, renamed, and looked at in whole', async ({
    installation,
  }) => {
    const scene = sceneAt(installation, await bucketOf(installation), direction);
    const here = (name: string): string => join(scene.machine.directory, name);
    for (const name of ['sent', 'replaced', 'touched', 'before', 'linked'])
      scene.write(name, `${name} at first`);
    symlinkSync('sent', here('link'));
    linkSync(here('linked'), here('linked-too'));
    await scene.run();
    scene.write('replaced', 'of later');
    scene.write('new', 'new');
    utimesSync(here('touched'), 1000, 1000);
    renameSync(here('before'), here('renamed'));
    await scene.run();
    utimesSync(here('touched'), 2000, 2000);
    await scene.run({ full: true });
    const all = ['sent', 'replaced', 'touched', 'renamed', 'linked', 'linked-too', 'new', 'link.rclonelink'];
    expect(await foundAfterFlipping(scene, all)).toEqual(asDamaged(all));
  });
});

/** As a newer rclone wants it of Nextcloud. */
const davPath = '/remote.php/dav/files/user';

/** Answers as ownCloud and Nextcloud do, for one file. @returns its address */
async function serveOwncloud(checksums: string): Promise<{ readonly server: Server; readonly url: string }> {
  const response = (href: string, inside: string): string =>
    `<d:response><d:href>${href}</d:href><d:propstat><d:status>HTTP/1.1 200 OK</d:status>` +
    `<d:prop><d:getlastmodified>Fri, 21 Nov 2025 21:27:53 GMT</d:getlastmodified>${inside}</d:prop>` +
    '</d:propstat></d:response>';
  const directory = response(`${davPath}/place/`, '<d:resourcetype><d:collection/></d:resourcetype>');
  const file = response(
    `${davPath}/place/file`,
    `<d:getcontentlength>7</d:getcontentlength><d:resourcetype/>` +
      `<oc:checksums><oc:checksum>${checksums}</oc:checksum></oc:checksums>`,
  );
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(207, { 'content-type': 'application/xml; charset=utf-8' });
    const isDeep = incoming.headers.depth === '1';
    outgoing.end(
      `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${directory}${isDeep ? file : ''}</d:multistatus>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${davPath}` };
}

describe.each(['nextcloud', 'owncloud'] as const)('WebDAV of %s', (vendor) => {
  it('lists SHA-1 where the server knows it', async ({ installation }) => {
    const sha1 = createHash('sha1').update('content').digest('hex');
    const { server, url } = await serveOwncloud(`SHA1:${sha1} MD5:00 ADLER32:0bd002f0`);
    installation.atCleanUp(() => server.close());
    const at = { raw: sinkRemote({ type: 'webdav', url, vendor }, 'place', '') };
    const { job } = sceneAt(installation, at, 'upload');
    await inPlaceOf(job, at, async (place) => {
      const { listedHash } = await place.features();
      expect(listedHash).toBe('sha1');
      const listed: PlaceEntry[] = [];
      await place.list((entry) => listed.push(entry), { hash: listedHash });
      expect(listed).toMatchObject([{ path: 'file', size: 7, hash: sha1 }]);
    });
  });
});

describe.each(['sftp', 'webdav', 's3, encrypted', 'local, encrypted'] as const)(
  'a place of the kind %s',
  (kind) => {
    it('lists no hash, or would read every file for it', async ({ installation }) => {
      const places = await startModelPlace(kind, installation.directory);
      installation.atCleanUp(() => places.close());
      const world = installation.path('world');
      mkdirSync(world);
      const at = places.placeIn(world, 'checked');
      const { job } = sceneAt(installation, at, 'upload');
      await inPlaceOf(job, at, async (place) => expect((await place.features()).listedHash).toBeUndefined());
    });
  },
);

describe('S3', () => {
  it('a flipped byte is found in what a run had sent that did not end', async ({ installation }) => {
    const scene = sceneAt(installation, await bucketOf(installation), 'upload');
    scene.write('first', 'first');
    await scene.run();
    const marker = await scene.inPlace((place) => place.read(markerPath, 65_536));
    const { state } = scene.machine;
    cpSync(state, `${state}.before`, { recursive: true });
    scene.write('second', 'second');
    await scene.run();
    rmSync(state, { recursive: true });
    renameSync(`${state}.before`, state);
    await scene.inPlace((place) => place.write(markerPath, marker ?? Buffer.alloc(0)));
    await scene.run();
    expect(await foundAfterFlipping(scene, ['first', 'second'])).toEqual(asDamaged(['first', 'second']));
  });

  it('a flipped byte is found in an object that was sent in several parts', async ({ installation }) => {
    const bucket = await bucketOf(installation);
    const parts = ['--s3-upload-cutoff=5Mi', '--s3-chunk-size=5Mi'];
    const scene = sceneAt(installation, { ...bucket, flags: [...(bucket.flags ?? []), ...parts] }, 'upload');
    scene.write('large', 'large '.repeat(2 * 1024 * 1024));
    await scene.run();
    const own = readFileSync(installation.path('served/bucket/checked/large._S3rver_metadata.json'), 'utf8');
    // the store's own hash is one of hashes then, and rclone notes another
    expect(own).toContain('md5chksum');
    expect(await foundAfterFlipping(scene, ['large'])).toEqual(asDamaged(['large']));
  });

  it('a store that lists hashes of something else is not called damaged, nor read whole', async ({
    installation,
  }) => {
    const scene = sceneAt(installation, await bucketOf(installation), 'upload');
    for (let index = 0; index < 20; index += 1) scene.write(`file ${index}`, `content ${index}`);
    await scene.run();
    const found = await scene.inPlace((place) => {
      const other: Place = {
        ...place,
        lanes: 1,
        list: (onEntry, how) => place.list((entry) => onEntry({ ...entry, hash: 'e'.repeat(32) }), how),
      };
      return checked(scene.machine, scene.job, other);
    });
    expect([found.damaged, found.unchecked, found.filesRead]).toEqual([[], [], 1]);
  });
});
