/** Two machines that are brought together through one remote: what each does to a tree comes to the other, whole. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentOf } from '../support/both-sides.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { waitUntil } from '../support/machine.ts';
import { writeFiles } from '../support/tree.ts';
import { type TwoMachines, twoMachines } from '../support/two-machines.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
let machines: TwoMachines;
let count = 0;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
});
afterAll(() => installation.cleanUp());
beforeEach(() => {
  count += 1;
  machines = twoMachines(installation, vault, `tree ${count}`);
});

/** Every entry with all that is to be the same on each machine; times as exact as they can be set. */
function described(directory: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name);
    const stats = lstatSync(path);
    const kind = stats.isSymbolicLink()
      ? `-> ${readlinkSync(path)}`
      : stats.isDirectory()
        ? 'directory'
        : 'file';
    const [mode, uid, gid] = [stats.mode.toString(8), stats.uid, stats.gid];
    const size = stats.isFile() ? stats.size : 0;
    const links = stats.isFile() ? stats.nlink : 1;
    found[name] = { kind, mode, uid, gid, size, links, seconds: Math.floor(stats.mtimeMs / 1000) };
  }
  return { entries: found, contents: contentOf(directory) };
}

function expectEqual(): void {
  expect(described(machines.there.files)).toEqual(described(machines.here.files));
}

/** What may stand at a path, and how it is made. */
const kinds: Record<string, (path: string) => void> = {
  nothing: () => {},
  'a file': (path) => writeFileSync(path, 'content'),
  'an empty directory': (path) => mkdirSync(path),
  'a full directory': (path) => writeFiles(path, { 'sub/in': '1', top: '2' }),
  'a link': (path) => symlinkSync('/etc/hosts', path),
  'a link to nothing': (path) => symlinkSync('nowhere', path),
};
const pairs = Object.keys(kinds).flatMap((from) =>
  Object.keys(kinds).flatMap((to) => (from === to ? [] : [{ from, to }])),
);
const pathOf = ({ from, to }: { from: string; to: string }): string => `${from} to ${to}`;

describe('every change of what stands at a path, each to each', () => {
  it.each(['here', 'there'] as const)(
    'that is made on one machine alone (%s) comes to the other',
    async (side) => {
      const { here, there } = machines;
      writeFiles(here.files, { stays: '1' });
      for (const pair of pairs) kinds[pair.from]?.(join(here.files, pathOf(pair)));
      await here.succeed();
      await there.succeed();
      expectEqual();
      const [one, other] = side === 'here' ? [here, there] : [there, here];
      for (const pair of pairs) {
        const path = join(one.files, pathOf(pair));
        rmSync(path, { recursive: true, force: true });
        kinds[pair.to]?.(path);
      }
      const result = await one.succeed(['--max-delete', '100%']);
      expect(result).toMatchObject({ outcome: 'synced', consistent: true });
      await other.succeed(['--max-delete', '100%']);
      expectEqual();
      expect(Object.keys(contentOf(other.files))).toContain('a link to a full directory/sub/in');
      expect(await one.succeed()).toMatchObject({ outcome: 'unchanged' });
      expect(await other.succeed()).toMatchObject({ outcome: 'unchanged' });
    },
  );

  it.each([
    ['a file', 'a full directory'],
    ['a file', 'an empty directory'],
    ['a link', 'a full directory'],
    ['a file', 'a link'],
  ] as const)('that both made another (%s, %s) is refused, and both are kept', async (mine, theirs) => {
    const { here, there } = machines;
    writeFiles(here.files, { stays: '1' });
    await here.succeed();
    await there.succeed();
    kinds[mine]?.(join(here.files, 'x'));
    kinds[theirs]?.(join(there.files, 'x'));
    await here.succeed();
    const before = described(there.files);
    expect((await there.run()).json.error).toMatchObject({ code: 'VAULT_MISMATCH', exit: 15 });
    expect(described(there.files)).toEqual(before);
    rmSync(join(there.files, 'x'), { recursive: true });
    await there.succeed();
    expectEqual();
  });
});

describe('what is no content', () => {
  it('comes along: modes, owners, times, hard links, empty directories, and odd names', async () => {
    const { here, there } = machines;
    const odd = ['line\nfeed', 'q"u\'o`te', 'ü😀', 'file.rclonelink', 'tab\t', ' end '];
    writeFiles(here.files, {
      'd/a': '1',
      'd/b': '2',
      ...Object.fromEntries(odd.map((name) => [name, name])),
    });
    mkdirSync(join(here.files, 'empty/er'), { recursive: true });
    linkSync(join(here.files, 'd/a'), join(here.files, 'd/name'));
    chmodSync(join(here.files, 'd'), 0o2750);
    chmodSync(join(here.files, 'd/b'), 0o600);
    utimesSync(join(here.files, 'd/b'), 1_000_000, 1_000_000);
    await here.succeed();
    await there.succeed();
    expectEqual();
    expect(Object.keys(contentOf(there.files))).toEqual(expect.arrayContaining(odd));
    chmodSync(join(there.files, 'd/a'), 0o640);
    chmodSync(join(there.files, 'empty'), 0o700);
    utimesSync(join(there.files, 'd/b'), 2_000_000, 2_000_000);
    expect(await there.succeed()).toMatchObject({ outcome: 'synced', filesTransferred: 0 });
    await here.succeed();
    expectEqual();
    expect(statSync(join(here.files, 'd/b')).mtimeMs).toBe(2_000_000_000);
    for (const one of [here, there, here])
      expect(await one.succeed()).toMatchObject({ outcome: 'unchanged' });
  });

  it('does not hide an edit that keeps size and time', async () => {
    const { here, there } = machines;
    const past = (path: string): void => utimesSync(path, 1_000_000, 1_000_000);
    for (const name of ['mine', 'theirs']) {
      writeFiles(here.files, { [name]: 'old' });
      past(join(here.files, name));
    }
    await here.succeed();
    await there.succeed();
    writeFiles(here.files, { mine: 'new' });
    past(join(here.files, 'mine'));
    writeFiles(there.files, { theirs: 'new' });
    past(join(there.files, 'theirs'));
    await there.succeed();
    await here.succeed();
    await there.succeed();
    expect(contentOf(here.files)).toEqual({ mine: 'new', theirs: 'new' });
    expectEqual();
  });
});

describe('two machines', () => {
  it('that push in turn lose no version, and name each conflict', async () => {
    const { here, there } = machines;
    writeFiles(here.files, { both: '0', mine: '0', theirs: '0' });
    await here.succeed();
    await there.succeed();
    writeFiles(here.files, { both: 'here', mine: '1' });
    writeFiles(there.files, { both: 'there', theirs: '1' });
    expect(await here.succeed()).toMatchObject({ filesTransferred: 2 });
    const { conflicts } = await there.succeed();
    expect(conflicts).toMatchObject([
      { path: 'both', winner: 'local', trash: expect.stringMatching(/both$/) },
    ]);
    await here.succeed();
    expectEqual();
    expect(contentOf(here.files)).toEqual({ both: 'there', mine: '1', theirs: '1' });
    expect(Object.values(contentOf(join(machines.remote, '.cryptosync/trash')))).toContain('here');
  });

  it('that push at once lose nothing: the one that comes late is told, and goes on', async () => {
    const { here, there } = machines;
    const big = 'big '.repeat(200_000);
    writeFiles(here.files, { stays: '1' });
    await here.succeed();
    await there.succeed();
    writeFiles(here.files, { big, mine: '1' });
    writeFiles(there.files, { theirs: '1' });
    const slow = here.start(['--bwlimit', '300k']);
    const incoming = join(machines.remote, '.cryptosync/incoming');
    const isUnderWay = (): boolean =>
      statSync(incoming, { throwIfNoEntry: false }) !== undefined && readdirSync(incoming).length > 0;
    expect(await waitUntil(isUnderWay, 30_000), slow.said()).toBe(true);
    expect((await there.run()).json.error).toMatchObject({ code: 'REMOTE_AHEAD', exit: 15 });
    expect(await slow.finished).toMatchObject({ exitCode: 0 });
    await there.succeed();
    await here.succeed();
    expectEqual();
    expect(contentOf(here.files)).toEqual({ big, mine: '1', stays: '1', theirs: '1' });
  });
});
