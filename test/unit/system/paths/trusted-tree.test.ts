/** A tree that is believed: what is plain is read at once, and all else is refused as it is without one. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTrusted, readTrustedText, trustedTree } from '../../../../src/system/paths/trust.ts';
import type { TrustedTree } from '../../../../src/system/paths/trusted-tree.ts';
import { type MountEntry, readMountTable } from '../../../../src/system/stores/mount-table.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

/** A root, a client's directory in it, and a file two directories below. */
function scene(): { root: string; client: string; file: string } {
  const root = join(scratchDirectory(), 'root');
  const client = join(root, 'client1');
  mkdirSync(join(client, 'tool', 'state'), { recursive: true, mode: 0o700 });
  const file = join(client, 'tool', 'state', 'text');
  writeFileSync(file, 'béliéved\n', { mode: 0o600 });
  return { root, client, file };
}

function within<Result>(
  root: string,
  action: (tree: TrustedTree) => Result,
  table = readMountTable(),
): Result {
  const tree = trustedTree(root, table);
  if (tree === undefined) throw new Error(`${root} is not believed`);
  try {
    return action(tree);
  } finally {
    tree.top.directory.close();
  }
}

/** What a reading comes to: its text, or how it is refused. */
function attempt(read: () => unknown): unknown {
  try {
    return { read: read() };
  } catch (error) {
    const { code, message, advice, details } = error as Record<string, unknown>;
    return { code, message, advice, details };
  }
}

function opened(file: string, base: string, tree?: TrustedTree): unknown {
  const open = openTrusted(file, base, tree);
  if (open === undefined) return undefined;
  try {
    return [readFileSync(open.descriptor, 'utf8'), open.size];
  } finally {
    closeSync(open.descriptor);
  }
}

type Scene = ReturnType<typeof scene>;

/** What may be odd about the way to a file, or about the file. */
const oddities: Readonly<Record<string, (scene: Scene) => void>> = {
  nothing: () => {},
  'a file that is not there': ({ file }) => renameSync(file, `${file}.former`),
  'a directory that is not there': ({ client }) => renameSync(join(client, 'tool'), join(client, 'former')),
  'a file in the place of a directory': ({ client }) => {
    renameSync(join(client, 'tool'), join(client, 'former'));
    writeFileSync(join(client, 'tool'), '');
  },
  'a file that the group can write': ({ file }) => chmodSync(file, 0o620),
  'a file that all can write': ({ file }) => chmodSync(file, 0o602),
  'a file of somebody else': ({ file }) => chownSync(file, 4711, 4711),
  'a directory that others can write': ({ client }) => chmodSync(join(client, 'tool'), 0o777),
  'a sticky directory': ({ client }) => chmodSync(join(client, 'tool'), 0o1777),
  'a directory of somebody else': ({ client }) => chownSync(join(client, 'tool', 'state'), 4711, 4711),
  'a client of somebody else': ({ client }) => chownSync(client, 4711, 4711),
  'a FIFO': ({ file }) => {
    renameSync(file, `${file}.former`);
    execFileSync('mkfifo', ['-m', '600', file]);
  },
  'a directory in the place of the file': ({ file }) => {
    renameSync(file, `${file}.former`);
    mkdirSync(file);
  },
  'a link in the place of the file': ({ file }) => {
    renameSync(file, `${file}.former`);
    symlinkSync('text.former', file);
  },
  'a link to a device': ({ file }) => {
    renameSync(file, `${file}.former`);
    symlinkSync('/dev/zero', file);
  },
  'a link in the place of a directory': ({ client }) => {
    renameSync(join(client, 'tool'), join(client, 'former'));
    symlinkSync('former', join(client, 'tool'));
  },
  'a client that is a link of its own user': ({ client }) => {
    renameSync(client, `${client}.former`);
    symlinkSync('client1.former', client);
  },
  'a client that is a link of somebody else': ({ client }) => {
    renameSync(client, `${client}.former`);
    symlinkSync('client1.former', client);
    lchownSync(client, 4711, 4711);
  },
};

describe.each(Object.entries(oddities))('%s', (_name, oddity) => {
  it('is read, or refused, as without a tree', () => {
    const place = scene();
    oddity(place);
    const { root, client, file } = place;
    const [text, bytes] = within(root, (tree) => [
      attempt(() => readTrustedText(file, client, tree)),
      attempt(() => opened(file, client, tree)),
    ]);
    expect(text).toEqual(attempt(() => readTrustedText(file, client)));
    expect(bytes).toEqual(attempt(() => opened(file, client)));
  });

  it('leaves no descriptor open', () => {
    const place = scene();
    oddity(place);
    const before = readdirSync('/proc/self/fd').length;
    within(place.root, (tree) => {
      attempt(() => readTrustedText(place.file, place.client, tree));
      attempt(() => opened(place.file, place.client, tree));
    });
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe('a tree', () => {
  it('stays the one that was looked at, also after its directories were', () => {
    const { root, client, file } = scene();
    within(root, (tree) => {
      expect(readTrustedText(file, client, tree)).toBe('béliéved\n');
      renameSync(root, `${root}.former`);
      mkdirSync(join(client, 'tool', 'state'), { recursive: true });
      writeFileSync(file, 'planted');
      expect(readTrustedText(file, client, tree)).toBe('béliéved\n');
    });
  });

  it('may be reached by links of its own user', () => {
    const { root } = scene();
    symlinkSync('root', `${root}.link`);
    const client = join(`${root}.link`, 'client1');
    const file = join(client, 'tool', 'state', 'text');
    expect(within(`${root}.link`, (tree) => readTrustedText(file, client, tree))).toBe('béliéved\n');
  });

  it('knows what was read a moment ago by its file, not by its former content', () => {
    const { root, client, file } = scene();
    within(root, (tree) => {
      expect(readTrustedText(file, client, tree)).toBe('béliéved\n');
      writeFileSync(file, 'changed');
      expect(readTrustedText(file, client, tree)).toBe('changed');
      chmodSync(file, 0o666);
      expect(attempt(() => readTrustedText(file, client, tree))).toMatchObject({ code: 'CONFIG_INVALID' });
    });
  });

  it('takes a mount point in it for nothing that is plain, and reads below it as before', () => {
    const { root, client, file } = scene();
    const [own] = readMountTable();
    const mounted = { ...(own as MountEntry), mountPoint: join(client, 'tool'), fileSystemType: 'ext4' };
    expect(within(root, (tree) => readTrustedText(file, client, tree), [mounted])).toBe('béliéved\n');
  });
});
