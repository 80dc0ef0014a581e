/**
 * A remote that takes what is new and refuses a kind of change: append-only and write-once stores, locks, accounts without
 * the right to delete. Nothing that was committed is lost, however often a run is refused; what was refused is told, with
 * the path; and the next run commits once it is let.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CryptosyncError, toCryptosyncError } from '../../src/system/errors.ts';
import { createInstallation, type Installation, it } from '../support/installation.ts';
import { type Machine, machineAt, webdavRemote } from '../support/machines.ts';
import { type Matches, startMisbehavingServer } from '../support/misbehaving.ts';
import { differences, everyContent, faultsOfObjects, faultsOfPlace } from '../support/model/check.ts';
import { missingOf } from '../support/model/generations.ts';
import { lookAt } from '../support/model/look.ts';
import { type Server, serveWebdav } from '../support/serve.ts';
import { writeFiles } from '../support/tree.ts';

const edits = {
  edit: (tree) => writeFileSync(join(tree, 'a'), 'a, and longer'),
  'delete a file': (tree) => rmSync(join(tree, 'b')),
  'rename a file': (tree) => renameSync(join(tree, 'c'), join(tree, 'c2')),
  'rename a directory': (tree) => renameSync(join(tree, 'dir'), join(tree, 'dir2')),
  'delete a directory': (tree) => rmSync(join(tree, 'dir'), { recursive: true }),
  'put a file for a directory': (tree) => {
    rmSync(join(tree, 'dir'), { recursive: true });
    writeFileSync(join(tree, 'dir'), 'a file now');
  },
  'add to a directory': (tree) => writeFileSync(join(tree, 'dir', 'new'), 'new'),
  nothing: () => {},
} as const satisfies Record<string, (tree: string) => void>;
type Edit = keyof typeof edits;

/** The code that a run ends with, and what it says; or what it warns of although it is done, or has left something out. */
type Told = readonly [how: string, ...says: RegExp[]];

function fill({ tree }: Machine): void {
  writeFiles(tree, { a: 'a', b: 'in b', c: 'is in c', d: 'd it is', 'dir/x': 'in x', 'dir/y': 'y in dir' });
}

/** Without what was deleted before it is known to be kept. */
async function uploaded(machine: Machine, edit: Edit = 'edit'): Promise<string | CryptosyncError> {
  const settings = edit === 'nothing' ? { keepDeleted: 0 } : {};
  try {
    const { notCarried = [] } = await machine.upload({}, settings);
    return notCarried.length === 0 ? 'done' : `left out ${notCarried.map(({ path }) => path).join()}`;
  } catch (thrown) {
    return toCryptosyncError(thrown);
  }
}

/** The last committed generation can be put together, and is what is here where the run says that it is done. */
function verifyTruth(place: string, machine: Machine, isDone: boolean): void {
  const { told, faults } = faultsOfPlace(place);
  expect(faults).toEqual([]);
  if (told === undefined) throw new Error('nothing tells the last committed generation');
  expect(missingOf(told, everyContent(place))).toEqual([]);
  if (!isDone) return;
  expect(differences(lookAt(machine.tree), told.tree)).toEqual([]);
  expect(faultsOfObjects(place, told, new Set())).toEqual([]);
}

function verifyTold(machine: Machine, ended: string | CryptosyncError, [as, ...says]: Told): void {
  const kind = ended instanceof CryptosyncError ? ended.code : ended;
  const said = ended instanceof CryptosyncError ? [ended.message] : machine.context.warnings;
  expect([kind, said]).toEqual([as, says.map((one) => expect.stringMatching(one))]);
  if (ended instanceof CryptosyncError) expect(ended.advice).toBeDefined();
}

async function begun(machine: Machine): Promise<Machine> {
  fill(machine);
  await machine.upload();
  writeFileSync(join(machine.tree, 'd'), 'replaced');
  await machine.upload();
  return machine;
}

const refused = (action: string): RegExp => new RegExp(`(refused the .* asked|refused) to ${action} \\(`);
const isDelete: Matches = (method) => method === 'DELETE';
const isMove: Matches = (method) => method === 'MOVE';
const isMkcol: Matches = (method) => method === 'MKCOL';
const isBelow: Matches = (method, path) => method === 'PUT' && path.includes('/dir/');

const requests: readonly [what: string, matches: Matches, status: number, edit: Edit, told: Told][] = [
  ['DELETE', isDelete, 403, 'edit', ['done']],
  ['DELETE', isDelete, 403, 'delete a file', ['done']],
  ['DELETE', isDelete, 403, 'rename a directory', ['done']],
  [
    'DELETE',
    isDelete,
    403,
    'delete a directory',
    ['done', /empty directory is left .* remove the directory dir/],
  ],
  [
    'DELETE',
    isDelete,
    403,
    'put a file for a directory',
    ['REMOTE_AUTH_FAILED', refused('remove the directory dir')],
  ],
  [
    'DELETE',
    isDelete,
    501,
    'put a file for a directory',
    ['SYNC_FAILED', refused('remove the directory dir')],
  ],
  ['DELETE', isDelete, 403, 'nothing', ['done', /old trash .* could not be removed: .*trash\/2/]],
  ['MOVE', isMove, 403, 'edit', ['REMOTE_AUTH_FAILED', refused('move a')]],
  ['MOVE', isMove, 403, 'rename a directory', ['REMOTE_AUTH_FAILED', refused('move dir/[xy]')]],
  ['MOVE', isMove, 405, 'delete a file', ['SYNC_FAILED', refused('move b')]],
  ['MOVE', isMove, 423, 'rename a file', ['SYNC_FAILED', refused('move c')]],
  ['MOVE', isMove, 409, 'rename a file', ['SYNC_FAILED', refused('move c')]],
  ['MOVE', isMove, 403, 'nothing', ['done']],
  ['MKCOL', isMkcol, 403, 'delete a file', ['REMOTE_AUTH_FAILED', refused('move b')]],
  ['PUT below a directory', isBelow, 403, 'add to a directory', ['left out dir/new']],
  ['PUT below a directory', isBelow, 403, 'edit', ['done']],
];

describe.concurrent('a WebDAV server that refuses', () => {
  let installation: Installation;
  let server: Server;
  beforeAll(async () => {
    installation = createInstallation();
    mkdirSync(installation.path('served'), { recursive: true });
    server = await serveWebdav(installation.path('served'));
  });
  afterAll(async () => {
    await server?.stop();
    await installation?.cleanUp();
  });
  const served = (path: string): string => join(installation.path('served'), path);
  const isOver: Matches = (method, path) => method === 'PUT' && existsSync(served(path));

  async function begin(name: string) {
    const proxy = await startMisbehavingServer(server.port);
    const directory = installation.path(name);
    mkdirSync(directory, { recursive: true });
    const machine = await begun(machineAt(directory, name, webdavRemote(directory, proxy.port, name)));
    return { proxy, machine, place: served(name) };
  }

  it.for(
    requests.map(([what, matches, status, edit, told], index) => ({
      what,
      matches,
      status,
      edit,
      told,
      index,
    })),
  )(
    '$what with $status: to $edit loses nothing, is told, and is done once it is let',
    { timeout: 120_000 },
    async ({ matches, status, edit, told, index }, { onTestFinished }) => {
      const { proxy, machine, place } = await begin(`place-${index}`);
      onTestFinished(() => proxy.close());
      edits[edit](machine.tree);
      proxy.misbehave({ kind: 'status', status }, matches, Number.POSITIVE_INFINITY);
      const ended = await uploaded(machine, edit);
      verifyTruth(place, machine, ended === 'done');
      verifyTold(machine, ended, told);
      proxy.behave();
      expect(await uploaded(machine, edit)).toBe('done');
      verifyTruth(place, machine, true);
    },
  );

  it.for([403, 405])(
    'to write over a file, with %d, keeps one that tells the last generation',
    {
      timeout: 120_000,
    },
    async (status, { onTestFinished }) => {
      const { proxy, machine, place } = await begin(`over-${status}`);
      onTestFinished(() => proxy.close());
      proxy.misbehave({ kind: 'status', status }, isOver, Number.POSITIVE_INFINITY);
      for (const text of ['once', 'twice and more', 'and a third time']) {
        writeFileSync(join(machine.tree, 'a'), text);
        expect(await uploaded(machine)).toBe('done');
        verifyTruth(place, machine, true);
      }
      expect(proxy.count()).toBeGreaterThan(0);
    },
  );

  it('to take the marker, and in the next run the announcement, keeps one that tells the last generation', {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const { proxy, machine, place } = await begin('both-files');
    onTestFinished(() => proxy.close());
    for (const file of ['marker.json', 'in-progress.json', 'marker.json', 'in-progress.json']) {
      writeFileSync(join(machine.tree, 'a'), `before ${file} is refused, ${proxy.count()}`);
      const isFile: Matches = (method, path) => method === 'PUT' && path.endsWith(file);
      proxy.misbehave({ kind: 'status', status: 403 }, isFile, Number.POSITIVE_INFINITY);
      expect(await uploaded(machine)).toMatchObject({ code: 'REMOTE_AUTH_FAILED' });
      expect(proxy.count()).toBeGreaterThan(0);
      verifyTruth(place, machine, false);
    }
    proxy.behave();
    expect(await uploaded(machine)).toBe('done');
    verifyTruth(place, machine, true);
  });
});

/** What is done to the place before the run, and undone after it, in the place. */
const bound: readonly [what: string, bind: string, free: string, edit: Edit, told: Told][] = [
  ['append-only', 'chattr +a .', 'chattr -a .', 'edit', ['REMOTE_AUTH_FAILED', /rename '.*\/a'/]],
  // file by file
  ['append-only', 'chattr +a .', 'chattr -a .', 'rename a directory', ['done']],
  [
    'append-only',
    'chattr +a .',
    'chattr -a .',
    'delete a directory',
    ['done', /left .* rmdir '\/.*place\/dir'/],
  ],
  [
    'append-only',
    'chattr +a .',
    'chattr -a .',
    'put a file for a directory',
    ['REMOTE_AUTH_FAILED', /rmdir '\/.*place\/dir'/],
  ],
  ['immutable in a file', 'chattr +i a', 'chattr -i a', 'edit', ['REMOTE_AUTH_FAILED', /rename '.*\/a'/]],
  ['immutable in a directory', 'chattr +i dir', 'chattr -i dir', 'add to a directory', ['left out dir/new']],
  ...['marker.json', 'in-progress.json', 'manifests'].map((name): (typeof bound)[number] => [
    `immutable in .cryptosync/${name}`,
    `chattr +i .cryptosync/${name}`,
    `chattr -i .cryptosync/${name}`,
    'rename a file',
    ['REMOTE_AUTH_FAILED', new RegExp(`rename '.*/\\.cryptosync/${name}`)],
  ]),
  [
    'append-only in its trash',
    'chattr -R +a .cryptosync/trash',
    'chattr -R -a .cryptosync/trash',
    'nothing',
    ['done', /old trash .* could not be removed: .*'\/.*place\/\.cryptosync\/trash\/2\/d'/],
  ],
];

describe('a directory that is', () => {
  it.for(bound.map(([what, bind, free, edit, told]) => ({ what, bind, free, edit, told })))(
    '$what: to $edit loses nothing, is told, and is done once it is let',
    async ({ bind, free, edit, told }, { installation }) => {
      const place = installation.path('tmp', 'place');
      const remote = { name: ':local', type: 'local', path: place, configFile: '' };
      const machine = await begun(machineAt(installation.path('machine'), 'first', remote));
      edits[edit](machine.tree);
      const inPlace = (command: string) => execFileSync('sh', ['-c', command], { cwd: place });
      inPlace(bind);
      const ended = await uploaded(machine, edit).finally(() => inPlace(free));
      verifyTruth(place, machine, ended === 'done');
      verifyTold(machine, ended, told);
      expect(await uploaded(machine, edit)).toBe('done');
      verifyTruth(place, machine, true);
    },
  );
});
