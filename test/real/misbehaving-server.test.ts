/**
 * A server that fails, cuts, lies: whatever it does and where, nothing that was committed is lost, nothing is called
 * committed that is not there, and the next run after it behaves again mends all.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { sinkRemote } from '../../src/remotes/sinks/index.ts';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { type MisbehavingServer, type Misbehaviour, startMisbehavingServer } from '../support/misbehaving.ts';
import { differences, everyContent, faultsOfObjects, faultsOfPlace } from '../support/model/check.ts';
import { missingOf } from '../support/model/generations.ts';
import { lookAt } from '../support/model/look.ts';
import { type Machine, type ModelPlace, machineIn, runOn } from '../support/model/world.ts';
import { type Server, serveWebdav } from '../support/serve.ts';
import { manyFiles, writeFiles } from '../support/tree.ts';

/** The requests that a run's changes are made of. */
const targets: Record<string, (method: string, path: string) => boolean> = {
  'the marker': (method, path) => method === 'PUT' && path.endsWith('marker.json'),
  'the announcement': (method, path) => method === 'PUT' && path.endsWith('in-progress.json'),
  'the manifest': (method, path) => method === 'PUT' && path.includes('/manifests/'),
  'a file': (method, path) => method === 'PUT' && !path.includes('/.cryptosync/'),
  'a move': (method) => method === 'MOVE',
  'reading a control file': (method, path) => method === 'GET' && path.includes('/.cryptosync/'),
  'a listing': (method) => method === 'PROPFIND',
};
const writes = ['the marker', 'the announcement', 'the manifest', 'a file'];
const failing = (status: number): Misbehaviour => ({ kind: 'status', status });

const cases: [string, Misbehaviour][] = [
  ...writes.flatMap((target): [string, Misbehaviour][] => [
    [target, failing(507)],
    [target, { kind: 'stores nothing' }],
    [target, { kind: 'stores half' }],
  ]),
  ['the marker', failing(429)],
  ['the announcement', failing(500)],
  ['a file', { kind: 'cuts' }],
  ['the marker', { kind: 'cuts' }],
  ['a move', failing(500)],
  ['a move', { kind: 'cuts' }],
  ['a move', { kind: 'loses the answer' }],
  ['a file', { kind: 'loses the answer' }],
  ['the marker', { kind: 'loses the answer' }],
  ['reading a control file', failing(500)],
  ['reading a control file', { kind: 'cuts' }],
  ['a listing', { kind: 'lies about sizes' }],
  ['a listing', failing(429)],
];

// each waits for what rclone asks again
describe.concurrent('a server that misbehaves', () => {
  let installation: Installation;
  let server: Server;
  beforeAll(async () => {
    installation = createInstallation();
    server = await serveWebdav(installation.path('tmp'));
  });
  afterAll(async () => {
    await server?.stop();
    await installation?.cleanUp();
  });

  function begin(
    proxy: MisbehavingServer,
    name: string,
  ): { machine: Machine; place: ModelPlace; copy: string } {
    const machine = machineIn(installation.path(name), 'first');
    mkdirSync(machine.state, { recursive: true, mode: 0o700 });
    writeFiles(machine.directory, {
      ...manyFiles(6, 5000),
      replaced: 'before',
      renamed: 'renamed',
      removed: 'removed',
    });
    const raw = sinkRemote({ type: 'webdav', url: `http://127.0.0.1:${proxy.port}` }, name, '');
    return { machine, place: { raw }, copy: installation.path('tmp', name) };
  }

  function edit({ directory }: Machine): void {
    writeFileSync(join(directory, 'replaced'), 'after, and longer');
    writeFileSync(join(directory, 'new'), Buffer.alloc(30_000, 'new '));
    renameSync(join(directory, 'renamed'), join(directory, 'renamed to'));
    rmSync(join(directory, 'removed'));
  }

  /** What the place says of itself is there, and is what is here when the run says that it is done. */
  function verifyTruth(copy: string, machine: Machine, isDone: boolean): void {
    const { told, faults } = faultsOfPlace(copy);
    expect(faults).toEqual([]);
    if (told === undefined) throw new Error('there is no marker');
    expect(missingOf(told, everyContent(copy))).toEqual([]);
    if (!isDone) return;
    expect(differences(lookAt(machine.directory), told.tree)).toEqual([]);
    expect(faultsOfObjects(copy, told, new Set())).toEqual([]);
  }

  it.for(cases.map(([target, how], index) => ({ target, how, index })))(
    'at $target, in the way of $how, loses nothing, and the next run mends it',
    { timeout: 240_000 },
    async ({ target, how, index }, { onTestFinished }) => {
      const proxy = await startMisbehavingServer(server.port);
      onTestFinished(() => proxy.close());
      const { machine, place, copy } = begin(proxy, `place-${index}`);
      const asked = { direction: 'upload' } as const;
      expect((await runOn(machine, place, asked)).kind).toBe('done');
      verifyTruth(copy, machine, true);
      edit(machine);
      // more often than rclone asks again by itself
      proxy.misbehave(how, targets[target] ?? (() => false), 4);
      const ended = await runOn(machine, place, { ...asked, request: { full: true } });
      expect(proxy.count()).toBeGreaterThan(0);
      proxy.behave();
      verifyTruth(copy, machine, ended.kind === 'done');
      const next = await runOn(machine, place, { ...asked, request: { full: true } });
      expect(next).toMatchObject({ kind: 'done' });
      verifyTruth(copy, machine, true);
    },
  );
});
