import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scanTree } from '../../../../../src/sync/tree/scan.ts';
import { scanInThread } from '../../../../../src/sync/tree/threaded/threaded-scan.ts';
import { bytesOfName } from '../../../../../src/system/names.ts';
import { scratchDirectory } from '../../../../support/scratch.ts';

const unfinished = fileURLToPath(new URL('../../../../support/scan-threads.ts', import.meta.url));

/** Everything that an entry can be. */
function variousTree(name = 'tree'): string {
  const root = join(scratchDirectory(), name);
  for (const directory of ['a/b/c', 'empty', 'many', 'left out/below'])
    mkdirSync(join(root, directory), { recursive: true });
  const files = ['plain', 'a/ünïcödé', 'a/b/line\nfeed', 'a/b/c/deep', 'left out/below/file', 'leftover'];
  for (const file of files) writeFileSync(join(root, file), file);
  writeFileSync(Buffer.from(`${root}/latin\xe9`, 'latin1'), 'bytes');
  // more than a batch, and directories between the files
  for (let number = 0; number < 2500; number += 1) writeFileSync(join(root, 'many', `file ${number}`), '');
  for (const number of [7, 70, 700]) mkdirSync(join(root, 'many', `file ${number}0 directory`));
  symlinkSync('plain', join(root, 'link'));
  symlinkSync(Buffer.from('\xe9', 'latin1'), join(root, 'link to bytes'));
  linkSync(join(root, 'leftover'), join(root, 'shares a leftover'));
  linkSync(join(root, 'plain'), join(root, 'a', 'shares plain'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  execFileSync('mknod', [join(root, 'device'), 'c', '1', '3']);
  execFileSync('chown', ['4000000000:1234', join(root, 'plain')]);
  chmodSync(join(root, 'a'), 0o2750);
  truncateSync(join(root, 'many', 'file 1'), 2 ** 41);
  lutimesSync(join(root, 'many', 'file 2'), -86_400.5, -86_400.5);
  lutimesSync(join(root, 'many', 'file 3'), 2 ** 33, 2 ** 33);
  return root;
}

/** What came, and what it ended with. */
function cameOf(entries: Iterable<unknown>): unknown[] {
  const came: unknown[] = [];
  try {
    for (const entry of entries) came.push(entry);
  } catch (error) {
    came.push(error);
  }
  return came;
}

describe('a tree that a thread looks at', () => {
  it('is what it is without one, entry by entry', () => {
    const root = variousTree();
    const plain = [...scanTree(root)];
    expect(plain.length).toBeGreaterThan(2500);
    expect([...scanInThread(root)]).toEqual(plain);
  });

  it('leaves out the same, with what is below it and what shares it', () => {
    const root = variousTree();
    const isLeftOut = (path: string): boolean => ['left out', 'leftover'].includes(path);
    const plain = [...scanTree(root, { isLeftOut })];
    expect(plain.map(({ path }) => path)).not.toContain('left out/below/file');
    expect([...scanInThread(root, { isLeftOut })]).toEqual(plain);
  });

  it.each([
    ['is not there', (root: string) => rmSync(root, { recursive: true })],
    ['is a file', (root: string) => [renameSync(root, `${root} `), writeFileSync(root, '')]],
  ])('fails as without one where it %s', (_what, change) => {
    const root = variousTree();
    change(root);
    const plain = cameOf(scanTree(root));
    expect(plain.at(-1)).toBeInstanceOf(Error);
    expect(cameOf(scanInThread(root))).toEqual(plain);
  });

  it('is what it is without one where it is deeper than the system takes a path', () => {
    const root = variousTree();
    deepen(root);
    const plain = [...scanTree(root)];
    const bytes = plain.map(({ path }) => bytesOfName(path).length).sort((a, b) => a - b);
    // what lies beyond is told, but not what is in it
    expect(bytes.filter((length) => length > 4093)).toHaveLength(1);
    expect(bytes.at(-1)).toBeLessThan(4093 + 256);
    expect([...scanInThread(root)]).toEqual(plain);
  });

  it.each([
    'never-begins',
    'ends-after-0',
    'ends-after-1',
    'ends-after-5',
    'ends-after-1500',
    'ends-after-9999',
  ])('is whole, and nothing of it comes twice, when the thread %s', (manner) => {
    const root = variousTree(manner);
    expect([...scanInThread(root, {}, unfinished)]).toEqual([...scanTree(root)]);
  });

  it('is left in the midst by one who wants no more of it', () => {
    const root = variousTree();
    const first = [...scanTree(root)].slice(0, 3);
    const came = [];
    for (const entry of scanInThread(root)) {
      came.push(entry);
      if (came.length === 3) break;
    }
    expect(came).toEqual(first);
  });
});

/** Names of 250 bytes in one another, until no path leads to the last. */
function deepen(directory: string): void {
  const name = 'n'.repeat(250);
  const script = `for (let depth = 0; depth < 20; depth += 1) {
    require('node:fs').mkdirSync('${name}');
    process.chdir('${name}');
  }`;
  execFileSync(process.execPath, ['-e', script], { cwd: directory });
}
