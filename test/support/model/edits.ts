/** What an operator does to a directory, as data that fast-check makes, shrinks and prints. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { below, binary, bytes, lookAt } from './look.ts';

/** Names as a disk may hold them, as binary strings. */
const names: readonly string[] = [
  ...['a', 'b', 'A', 'x', 'x.rclonelink', 'b.rclonelink', ' lead', 'trail ', 'dot.', '..dots', '.hidden'],
  ...[
    'line\nfeed',
    'tab\there',
    'quo"te\'s',
    'back\\slash',
    'carriage\r',
    'per%20cent',
    '-rf',
    '*?[x]',
    '#~',
  ],
  ...['ü', '\u0075\u0308', '鍵', '‛quoted', 'full／width', 'colon:', 'null\u2400', '.cryptosync'].map(binary),
  ...['latin\xe9', '\xff', 'n'.repeat(140)],
];

/** Seconds since 1970: before it, its very moment, the last of 32 bits, beyond. */
const times: readonly number[] = [-86_400.5, 0, 1, 1_000_000_000.123456, 2_147_483_648, 4_294_967_296.25];
const modes: readonly number[] = [0o600, 0o644, 0o755, 0o400, 0o2750, 0o4711, 0o1777, 0o000];

const place = { at: fc.nat(30), name: fc.constantFrom(...names) };
const pick = { pick: fc.nat(40) };
const content = { seed: fc.nat(9), size: fc.constantFrom(0, 1, 7, 7, 300, 70_000) };

export const edit = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write'), ...place, ...content }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edit'),
      ...pick,
      seed: fc.nat(9),
      keeps: fc.constantFrom('nothing', 'size', 'size and time'),
    }),
  },
  fc.record({ do: fc.constant('replace by older'), ...pick, seed: fc.nat(9) }),
  fc.record({ do: fc.constant('touch'), ...pick, time: fc.constantFrom(...times) }),
  fc.record({ do: fc.constant('chmod'), ...pick, mode: fc.constantFrom(...modes) }),
  fc.record({
    do: fc.constant('chown'),
    ...pick,
    uid: fc.constantFrom(0, 1, 1234),
    gid: fc.constantFrom(0, 5, 4321),
  }),
  fc.record({
    do: fc.constant('link'),
    ...place,
    target: fc.constantFrom('a', '../x', '/nowhere/at/all', 'no\nwhere', 'lat\xe9'),
  }),
  fc.record({ do: fc.constant('hard link'), ...pick, ...place }),
  fc.record({ do: fc.constant('fifo'), ...place }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mkdir'), ...place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('rename'), ...pick, ...place }) },
  fc.record({ do: fc.constant('swap'), ...pick, other: fc.nat(40) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove'), ...pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change kind'),
      ...pick,
      to: fc.constantFrom('file', 'directory', 'link', 'fifo', 'full directory'),
    }),
  },
  fc.record({ do: fc.constant('attribute'), ...pick, value: fc.constantFrom('', 'one', 'ü\n') }),
  fc.record({ do: fc.constant('copy the disk') }),
);

export type Edit = typeof edit extends fc.Arbitrary<infer One> ? One : never;

/** Does it, where it can be done at all: what can't, such as a name that is taken by its own parent, does nothing. */
export function apply(root: string, one: Edit): void {
  try {
    act(root, one as never);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !tolerated.has(code)) throw error;
  }
}

const tolerated = new Set([
  'ENOENT',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'EINVAL',
  'ENAMETOOLONG',
  'EPERM',
  'EBUSY',
  'EMLINK',
  'ELOOP',
  'ENXIO',
]);

interface AnyEdit {
  readonly do: string;
  readonly at: number;
  readonly name: string;
  readonly pick: number;
  readonly other: number;
  readonly seed: number;
  readonly size: number;
  readonly keeps: string;
  readonly time: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly target: string;
  readonly to: string;
  readonly value: string;
}

const textOf = (seed: number, size: number): Buffer => Buffer.alloc(size, `content ${seed} `);

function act(root: string, one: AnyEdit): void {
  const tree = lookAt(root);
  const paths = [...tree.keys()].sort();
  const directories = ['', ...paths.filter((path) => tree.get(path)?.kind === 'directory')];
  const inside = (): string => {
    const directory = directories[one.at % directories.length] ?? '';
    return directory === '' ? one.name : `${directory}/${one.name}`;
  };
  const picked = (index: number, kind?: string): string | undefined => {
    const candidates = kind === undefined ? paths : paths.filter((path) => tree.get(path)?.kind === kind);
    return candidates.length === 0 ? undefined : candidates[index % candidates.length];
  };
  const at = (path: string): Buffer => below(root, path);
  const clear = (path: string): void => rmSync(at(path), { recursive: true, force: true });
  const file = picked(one.pick, 'file');
  const any = picked(one.pick);
  switch (one.do) {
    case 'write':
      writeHere(at(inside()), textOf(one.seed, one.size));
      return;
    case 'edit': {
      if (file === undefined) return;
      const { size, atimeMs, mtimeMs } = lstatSync(at(file));
      writeFileSync(at(file), textOf(one.seed + 10, one.keeps === 'nothing' ? size + 1 : size));
      if (one.keeps === 'size and time') utimesSync(at(file), atimeMs / 1000, mtimeMs / 1000);
      return;
    }
    case 'replace by older': {
      if (file === undefined) return;
      const beside = `${root}.older`;
      writeFileSync(beside, textOf(one.seed + 20, tree.get(file)?.size ?? 0));
      utimesSync(beside, 500_000_000, 500_000_000);
      renameSync(beside, at(file));
      return;
    }
    case 'touch':
      if (any !== undefined) lutimesSync(at(any), one.time, one.time);
      return;
    case 'chmod':
      if (any === undefined || tree.get(any)?.kind === 'link') return;
      chmodSync(at(any), one.mode);
      return;
    case 'chown':
      if (any !== undefined) lchownSync(at(any), one.uid, one.gid);
      return;
    case 'link':
      symlinkSync(bytes(one.target), at(inside()));
      return;
    case 'hard link':
      if (file !== undefined) linkSync(at(file), at(inside()));
      return;
    case 'fifo':
      makeFifo(root, at(inside()));
      return;
    case 'mkdir':
      mkdirSync(at(inside()));
      return;
    case 'rename':
      if (any !== undefined) renameSync(at(any), at(inside()));
      return;
    case 'swap': {
      const other = picked(one.other);
      if (any === undefined || other === undefined || any === other) return;
      if (`${other}/`.startsWith(`${any}/`) || `${any}/`.startsWith(`${other}/`)) return;
      const beside = Buffer.from(`${root}.swap`);
      renameSync(at(any), beside);
      renameSync(at(other), at(any));
      renameSync(beside, at(other));
      return;
    }
    case 'remove':
      if (any !== undefined) clear(any);
      return;
    case 'change kind': {
      if (any === undefined) return;
      clear(any);
      if (one.to === 'file') {
        writeFileSync(at(any), 'was another kind');
        return;
      }
      if (one.to === 'link') {
        symlinkSync('a', at(any));
        return;
      }
      if (one.to === 'fifo') {
        makeFifo(root, at(any));
        return;
      }
      mkdirSync(at(any));
      if (one.to === 'full directory')
        writeFileSync(at(`${any}/${any.split('/').pop() ?? 'a'}`), 'same name');
      return;
    }
    case 'attribute': {
      if (file === undefined) return;
      const beside = `${root}.attributed`;
      // setfattr takes no name that is no text: by a second name of the file
      linkSync(at(file), beside);
      execFileSync('setfattr', ['-n', 'user.model', '-v', one.value, beside]);
      rmSync(beside);
      return;
    }
    case 'copy the disk':
      execFileSync('cp', ['--archive', '--', root, `${root}.copy`]);
      renameSync(root, `${root}.before`);
      renameSync(`${root}.copy`, root);
      rmSync(`${root}.before`, { recursive: true });
      return;
  }
}

/** Writes a file, and never through a link, nor into a FIFO that nobody reads. */
function writeHere(path: Buffer, content: Buffer): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o644);
  try {
    writeFileSync(descriptor, content);
  } finally {
    closeSync(descriptor);
  }
}

/** mkfifo takes no name that is no text: beside the tree first. */
function makeFifo(root: string, path: Buffer): void {
  if (isThere(path)) return;
  const beside = `${root}.fifo`;
  execFileSync('mkfifo', ['--', beside]);
  renameSync(beside, path);
}

function isThere(path: Buffer): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

export function initialTree(root: string): void {
  mkdirSync(root, { recursive: true });
  writeFileSync(`${root}/kept`, 'this one stays at first');
  mkdirSync(`${root}/d`);
  writeFileSync(`${root}/d/one`, 'one');
}
