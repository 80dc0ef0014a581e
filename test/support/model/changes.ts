/**
 * Every change that a tree can undergo between two syncs, as data: what becomes of a kind of entry, what is an edit
 * although it hardly shows, and what a name may be. Each has a path of its own, so that one run can carry all of them.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { below, binary, bytes } from './look.ts';

export interface Change {
  /** False for what only adds to another change: it is left to longer trials. */
  readonly isLean: boolean;
  readonly group: (typeof changeGroups)[number];
  /** Its path at the top of the tree, a binary string. */
  readonly path: string;
  readonly before: (path: Buffer) => void;
  readonly after: (path: Buffer) => void;
}

export const changeGroups = ['kinds', 'edits', 'names'] as const;

const inside = (path: Buffer, name: string): Buffer => Buffer.concat([path, Buffer.from('/'), bytes(name)]);
const nameOf = (path: Buffer): string => path.toString('latin1').split('/').at(-1) ?? '';
const clear = (path: Buffer): void => rmSync(path, { recursive: true, force: true });

/** What can stand at a path. */
const kinds: Readonly<Record<string, (path: Buffer) => void>> = {
  file: (path) => writeFileSync(path, `a file at ${nameOf(path)}`),
  'empty-file': (path) => writeFileSync(path, ''),
  'empty-directory': (path) => mkdirSync(path),
  'full-directory'(path) {
    mkdirSync(path);
    writeFileSync(inside(path, 'same'), 'in a directory');
    mkdirSync(inside(path, 'deep'));
    writeFileSync(inside(path, 'deep/er'), 'deeper');
  },
  'directory-with-its-name-below'(path) {
    mkdirSync(path);
    writeFileSync(inside(path, nameOf(path)), 'below its own name');
  },
  // the directory outside has a file `same`, which nothing may write through the link
  'link-outside': (path) => symlinkSync('../outside', path),
  'link-to-nothing': (path) => symlinkSync('nowhere', path),
  fifo: (path) => execFileSync('mkfifo', ['--', path.toString('utf8')]),
};

const changesOfKind: readonly Change[] = Object.entries(kinds).flatMap(([from, before]) =>
  Object.entries(kinds).flatMap(([to, after]) =>
    from === to
      ? []
      : [
          {
            group: 'kinds' as const,
            isLean: true,
            path: `${from}-to-${to}`,
            before,
            after: (path: Buffer) => {
              clear(path);
              after(path);
            },
          },
        ],
  ),
);

/** A file of some size with a time of its own. */
function settled(path: Buffer, content = `content of ${nameOf(path)}`): void {
  clear(path);
  writeFileSync(path, content);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}
const edited = (path: Buffer): void => writeFileSync(path, `CONTENT of ${nameOf(path)}`);
/** node's own takes a time before 1970 for now. */
const touch = (path: Buffer, seconds: number): void =>
  void execFileSync('touch', ['--no-dereference', '-d', `@${seconds}`, '--', path.toString('utf8')]);

function moved(path: Buffer, move: (beside: Buffer) => void): void {
  const beside = Buffer.from(mkdtempSync(`${path.toString('utf8')}.beside-`));
  move(inside(beside, 'kept'));
  clear(beside);
}

const edits: Readonly<Record<string, Pick<Change, 'before' | 'after'>>> = {
  'same-size-and-time': {
    before: settled,
    after(path) {
      edited(path);
      utimesSync(path, 1_700_000_000, 1_700_000_000);
    },
  },
  'an-older-file-instead': {
    before: settled,
    after: (path) =>
      moved(path, (other) => {
        writeFileSync(other, `COnTENT of ${nameOf(path)}`);
        utimesSync(other, 1_000_000_000, 1_000_000_000);
        renameSync(other, path);
      }),
  },
  'of-1969': {
    before: settled,
    after(path) {
      edited(path);
      touch(path, -1000);
    },
  },
  'of-2106': {
    before: settled,
    after(path) {
      edited(path);
      touch(path, 4_300_000_000);
    },
  },
  'only-touched': { before: settled, after: (path) => utimesSync(path, 1_600_000_000, 1_600_000_000) },
  'only-chmod': {
    before(path) {
      settled(path);
      chmodSync(path, 0o600);
    },
    after: (path) => chmodSync(path, 0o4751),
  },
  'only-chown': {
    before(path) {
      settled(path);
      chownSync(path, 0, 0);
    },
    after: (path) => chownSync(path, 1234, 4321),
  },
  'chmod-of-a-directory': {
    before(path) {
      clear(path);
      mkdirSync(path);
      chmodSync(path, 0o700);
    },
    after: (path) => chmodSync(path, 0o2750),
  },
  // the tool's own name is never carried, and comes first
  'a-link-of-what-is-not-carried': {
    before(path) {
      clear(path);
      mkdirSync(path);
      writeFileSync(inside(path, 'one'), 'one file');
      linkSync(inside(path, 'one'), inside(path, 'another'));
    },
    after(path) {
      const own = Buffer.from(path.toString('latin1').replace(/[^/]*$/, '.cryptosync'), 'latin1');
      clear(own);
      linkSync(inside(path, 'one'), own);
    },
  },
  'an-attribute': {
    before: settled,
    after: (path) =>
      void execFileSync('setfattr', ['-n', 'user.Case', '-v', 'a value', '--', path.toString('utf8')]),
  },
  'one-more-name': {
    before(path) {
      clear(path);
      mkdirSync(path);
      settled(inside(path, 'first'));
    },
    after: (path) => linkSync(inside(path, 'first'), inside(path, 'second')),
  },
  'into-a-directory-of-its-name': {
    before: settled,
    after: (path) =>
      moved(path, (other) => {
        renameSync(path, other);
        mkdirSync(path);
        renameSync(other, inside(path, nameOf(path)));
      }),
  },
  'out-of-a-directory-of-its-name': {
    before(path) {
      clear(path);
      mkdirSync(path);
      settled(inside(path, nameOf(path)));
    },
    after: (path) =>
      moved(path, (other) => {
        renameSync(inside(path, nameOf(path)), other);
        clear(path);
        renameSync(other, path);
      }),
  },
  'two-files-that-change-places': {
    before(path) {
      clear(path);
      mkdirSync(path);
      settled(inside(path, 'a'), 'first of two');
      settled(inside(path, 'b'), 'second one..');
    },
    after: (path) =>
      moved(path, (other) => {
        renameSync(inside(path, 'a'), other);
        renameSync(inside(path, 'b'), inside(path, 'a'));
        renameSync(other, inside(path, 'b'));
      }),
  },
};

/** Names as a disk may hold them, as binary strings. */
export const oddNames: readonly string[] = [
  ...['line\nfeed', 'tab\there', 'quo"te\'s', 'back\\slash', ' lead', 'trail ', 'dot.', '..dots', '.hidden'],
  ...[
    'carriage\rreturn',
    'ends in CR\r',
    'percent%41',
    '-rf',
    '*?[x]',
    '{a,b}',
    '#~&',
    'colon:',
    '<|>',
    '\x7f',
  ],
  ...['caf\u00e9', 'cafe\u0301', '鍵', '‛quoted', 'full／width', 'null\u2400', 'x\u00a0y'].map(binary),
  ...['latin\xe9', '\xff', 'Twin', 'twin', 'file.rclonelink', 'n'.repeat(140), 'N'.repeat(160)],
];

/** Its object has a suffix, which must fit too. */
const linkNamed = (name: string): string => `link ${name.slice(0, 99)}`;

const changesOfNames: readonly Change[] = oddNames.flatMap((name, index) => [
  {
    group: 'names' as const,
    isLean: false,
    path: name,
    before(path: Buffer) {
      clear(path);
      writeFileSync(path, `first in ${name}`);
    },
    after: edited,
  },
  {
    group: 'names' as const,
    isLean: true,
    path: `d ${name}`,
    before(path: Buffer) {
      clear(path);
      mkdirSync(path);
      writeFileSync(inside(path, name), 'in a directory of that name');
      symlinkSync(bytes(name), inside(path, linkNamed(name)));
    },
    after(path: Buffer) {
      renameSync(inside(path, name), inside(path, `${name.slice(0, 99)} renamed`));
      rmSync(inside(path, linkNamed(name)));
      symlinkSync(bytes(`to ${name}`), inside(path, linkNamed(name)));
    },
  },
  {
    group: 'names' as const,
    isLean: false,
    path: `empty ${name.slice(0, 99)}`,
    before(path: Buffer) {
      clear(path);
      mkdirSync(path);
    },
    after: clear,
  },
  {
    group: 'names' as const,
    isLean: false,
    path: `renamed ${index} to ${name}`.slice(0, 99),
    before(path: Buffer) {
      clear(path);
      mkdirSync(path);
      mkdirSync(inside(path, 'plain'));
      for (const file of ['f', 'g']) writeFileSync(inside(path, `plain/${file}`), `${file} for ${index}`);
    },
    after: (path: Buffer) => renameSync(inside(path, 'plain'), inside(path, name)),
  },
]);

export const changes: readonly Change[] = [
  ...changesOfKind,
  ...Object.entries(edits).map(([path, change]) => ({
    group: 'edits' as const,
    isLean: true,
    path,
    ...change,
  })),
  ...changesOfNames,
];

/** Makes a tree as it is before all changes, or brings one there. */
export function makeBefore(root: string, some: readonly Change[]): void {
  mkdirSync(root, { recursive: true });
  writeFileSync(`${root}/stays`, 'stays');
  for (const { path, before } of some) {
    clear(below(root, path));
    before(below(root, path));
  }
}

export function makeAfter(root: string, some: readonly Change[]): void {
  for (const { path, after } of some) after(below(root, path));
}

/** All inodes and times of change are new, and nothing else. */
export function copyDisk(root: string): void {
  execFileSync('cp', ['--archive', '--', root, `${root}.copy`]);
  rmSync(root, { recursive: true });
  renameSync(`${root}.copy`, root);
  lstatSync(root);
}
