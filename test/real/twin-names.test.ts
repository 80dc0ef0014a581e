/**
 * Names that a server takes for one another although it does not say so: one of them goes, the others are named, no run
 * sends one over another, and where a server keeps them apart all of them go at once.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectionOutcome } from '../../src/sync/result.ts';
import { type Machine, machineAt } from '../support/machines.ts';
import { type Server, serveExactWebdav, serveFoldingWebdav, serveWebdav } from '../support/serve.ts';
import { readTree } from '../support/tree.ts';

let directory: string;
const servers: Record<string, Server> = {};
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cryptosync-test-'));
  for (const [name, serve] of [
    ['folding', serveFoldingWebdav],
    ['exact', serveExactWebdav],
    ['plain', serveWebdav],
  ] as const) {
    mkdirSync(join(directory, name));
    servers[name] = await serve(join(directory, name));
  }
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const write = (machine: Machine, files: Readonly<Record<string, string>>): void => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(machine.tree, path)), { recursive: true });
    writeFileSync(join(machine.tree, path), content);
  }
};
let count = 0;
const scene = (kind: string): { machine: Machine; served: string } => {
  count += 1;
  const configFile = join(directory, `rclone-${count}.conf`);
  const url = `http://127.0.0.1:${servers[kind]?.port}`;
  // one that keeps times, as both directions need
  writeFileSync(configFile, `[dav]\ntype = webdav\nurl = ${url}\nvendor = owncloud\n`, { mode: 0o600 });
  const remote = { name: 'dav', type: 'webdav', path: `place-${count}`, configFile };
  const machine = machineAt(join(directory, `machine-${count}`), 'one', remote);
  return { machine, served: join(directory, kind, `place-${count}`) };
};
const there = (served: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(served, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.cryptosync'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(served.length + 1), readFileSync(path, 'utf8')]),
  );

const twins = {
  README: 'first',
  readme: 'second',
  Readme: 'third',
  'D/x': 'in D',
  'd/y': 'in d',
  alone: 'alone',
};
const carried = { README: 'first', 'D/x': 'in D', alone: 'alone' };

describe.each(['upload', 'bothWays'] as const)('%s', (way) => {
  const run = (machine: Machine): Promise<DirectionOutcome> => machine[way]();

  it('names what a server takes for another, sends none over another, and does not send them again', async () => {
    const { machine, served } = scene('folding');
    write(machine, twins);
    const first = await run(machine);
    expect(first).toMatchObject({ changed: true, generation: 1, consistent: false });
    const named = [
      { path: 'Readme', why: 'the remote takes its name for that of README' },
      { path: 'd', why: 'the remote takes its name for that of D' },
      { path: 'd/y', why: 'the remote takes its name for that of D' },
      { path: 'readme', why: 'the remote takes its name for that of README' },
    ];
    const inOrder = ({ notCarried = [] }: DirectionOutcome) =>
      [...notCarried].sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(inOrder(first)).toEqual(named);
    expect(there(served)).toEqual(carried);
    const again = await run(machine);
    expect(again).toMatchObject({ changed: false });
    expect(inOrder(again)).toEqual(named);
    // another one comes later, and the one that stood in the way goes
    write(machine, { ALONE: 'another' });
    expect(inOrder(await run(machine))).toContainEqual({
      path: 'ALONE',
      why: 'the remote takes its name for that of alone',
    });
    expect(there(served)).toEqual(carried);
    rmSync(join(machine.tree, 'alone'));
    await run(machine);
    expect(inOrder(await run(machine))).toEqual(named);
    expect(there(served)).toEqual({ README: 'first', 'D/x': 'in D', ALONE: 'another' });
    expect(Object.keys(readTree(machine.tree))).toHaveLength(6);
  });

  it('all of them go in one run where a server keeps them apart', async () => {
    const { machine, served } = scene('exact');
    write(machine, {
      ...twins,
      'caf\u00e9': 'one form',
      'cafe\u0301': 'another',
      end: 'no dot',
      'end.': 'a dot',
    });
    expect(await run(machine)).toMatchObject({
      changed: true,
      consistent: true,
      generation: 1,
      notCarried: [],
    });
    expect(Object.keys(there(served))).toHaveLength(10);
    expect(await run(machine)).toMatchObject({ changed: false });
  });

  it('two forms of one name are both there, or one of them is named', async () => {
    const { machine, served } = scene('plain');
    const [one, other] = ['caf\u00e9', 'cafe\u0301'] as const;
    write(machine, { [one]: 'one form', [other]: 'another' });
    const { notCarried = [], consistent } = await run(machine);
    const named = notCarried.map(({ path }) => path);
    expect(consistent).toBe(named.length === 0);
    expect([...Object.keys(there(served)), ...named].sort()).toEqual([other, one]);
    const content: Record<string, string> = { [one]: 'one form', [other]: 'another' };
    for (const [path, found] of Object.entries(there(served))) expect(found).toBe(content[path]);
    expect(await run(machine)).toMatchObject({ changed: false });
  });
});

describe.each(['upload', 'bothWays'] as const)(
  '%s of what is called as the tool’s own directory is',
  (way) => {
    const own = (served: string): string[] =>
      ['marker.json', 'in-progress.json'].filter((name) => existsSync(join(served, '.cryptosync', name)));
    const rows: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'a directory with a marker': { '.CryptoSync/marker.json': 'mine', '.CryptoSync/notes': 'mine too' },
      'a directory with a trash': { '.CRYPTOSYNC/trash/1/a': 'mine', '.CRYPTOSYNC/manifests/b': 'mine too' },
      'a file': { '.CRYPTOSYNC': 'mine' },
    };

    it.for(Object.entries(rows))(
      '%s, is left here and named by a server that takes it for that, and carried by one that does not',
      async ([, files]) => {
        const all = { a: 'first', ...files };
        for (const kind of ['folding', 'exact']) {
          const isExact = kind === 'exact';
          const { machine, served } = scene(kind);
          write(machine, all);
          for (const content of ['first', 'second']) {
            write(machine, { a: content });
            const { notCarried = [], consistent } = await machine[way]();
            expect([kind, consistent]).toEqual([kind, isExact]);
            const top = Object.keys(files)[0]?.split('/')[0];
            if (isExact) expect(notCarried).toEqual([]);
            else
              expect(notCarried).toContainEqual({
                path: top,
                why: 'the remote takes its name for that of .cryptosync',
              });
            expect(there(served)).toEqual(isExact ? { ...all, a: content } : { a: content });
            expect(own(served)).toHaveLength(2);
            const marker = JSON.parse(readFileSync(join(served, '.cryptosync/marker.json'), 'utf8'));
            expect(marker.state).toBe('committed');
          }
          // edited when it is known that it can't go
          write(machine, Object.fromEntries(Object.keys(files).map((path) => [path, 'edited'])));
          await machine[way]();
          expect(own(served)).toHaveLength(2);
          for (const path of Object.keys(files))
            expect(readFileSync(join(machine.tree, path), 'utf8')).toBe('edited');
        }
      },
    );
  },
);

it('ends while somebody makes more and more of such names, and is not called consistent', async () => {
  const { machine, served } = scene('folding');
  let made = 0;
  const make = (): void => {
    made += 1;
    write(machine, { [`name${made}`]: 'one', [`NAME${made}`]: 'another' });
  };
  make();
  // two more whenever one of the last two has come
  const hasCome = (): boolean =>
    [`name${made}`, `NAME${made}`].some((name) => existsSync(join(served, name)));
  const making = setInterval(() => hasCome() && make(), 2);
  try {
    expect(await machine.upload()).toMatchObject({ changed: true, consistent: false });
  } finally {
    clearInterval(making);
  }
});
