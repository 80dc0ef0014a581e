import { readFileSync } from 'node:fs';
/** Reading the kernel's mount table, from lines as the kernel writes them. */
import { describe, expect, it } from 'vitest';
import { parseMountTable, readMountTable } from '../../../../src/system/stores/mount-table.ts';
import { cryfsEngine } from '../../../../src/vaults/engines/cryfs.ts';
import { gocryptfsEngine } from '../../../../src/vaults/engines/gocryptfs.ts';
import { mountsOf, readMountState } from '../../../../src/vaults/mounts/mount-table.ts';

const root = '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard';
const fuseLine = (
  mountPoint: string,
  source: string,
  { type = 'fuse.gocryptfs', options = 'rw' } = {},
): string =>
  `42 27 0:39 / ${mountPoint} ${options},nosuid,nodev,relatime shared:7 master:1 - ${type} ${source} rw,user_id=1000,group_id=1000`;

const expected = {
  mountDir: '/vault/decrypted',
  fileSystemType: 'fuse.gocryptfs',
  sources: ['/vault/encrypted'],
};
const ours = fuseLine('/vault/decrypted', '/vault/encrypted');
const stateOf = (lines: string[], answer: 'answers' | 'dead' | 'silent' | 'denied' = 'answers') =>
  readMountState(expected, parseMountTable(lines.join('\n')), async () => answer);

describe('a line of the mount table', () => {
  it('gives mount point, type, source and owner, whatever optional fields stand between', () => {
    expect(parseMountTable(`${root}\n${ours}\n`)).toEqual([
      {
        mountPoint: '/',
        fileSystemType: 'ext4',
        source: '/dev/vda',
        userId: undefined,
        readOnly: false,
        allowsOthers: false,
      },
      {
        mountPoint: '/vault/decrypted',
        fileSystemType: 'fuse.gocryptfs',
        source: '/vault/encrypted',
        userId: 1000,
        readOnly: false,
        allowsOthers: false,
      },
    ]);
  });

  it.each([
    ['\\040', ' '],
    ['\\011', '\t'],
    ['\\012', '\n'],
    ['\\134', '\\'],
    ['\\134040', '\\040'],
    ['\\040-\\040', ' - '],
    ['ü\\040\\134,', 'ü \\,'],
  ])('writes %s for %j (G13)', (written, name) => {
    const [entry] = parseMountTable(fuseLine(`/a${written}b`, `/s${written}`));
    expect(entry).toMatchObject({ mountPoint: `/a${name}b`, source: `/s${name}` });
  });

  it('says whether the mount is to read only', () => {
    expect(parseMountTable(fuseLine('/m', '/s', { options: 'ro' }))[0]?.readOnly).toBe(true);
    const direct = fuseLine('/m', '/s').replace('rw,user_id', 'ro,user_id');
    expect(parseMountTable(direct)[0]?.readOnly).toBe(true);
  });

  it('that is none is passed over', () => {
    expect(parseMountTable('\nnonsense\n')).toEqual([]);
  });
});

describe('the state of a mount directory', () => {
  it('is unmounted without an entry, whatever is mounted around it', async () => {
    const around = [root, fuseLine('/vault', '/x'), fuseLine('/vault/decrypted/below', '/vault/encrypted')];
    expect(await stateOf(around)).toEqual({ kind: 'unmounted' });
  });

  it.each([
    ['answers', 'mounted'],
    ['dead', 'stale'],
    ['silent', 'unreadable'],
    ['denied', 'unreadable'],
  ] as const)('with a mount that is %s is %s', async (answer, kind) => {
    expect(await stateOf([root, ours], answer)).toMatchObject({ kind });
  });

  it('names the user whose mount can not be entered (G3)', async () => {
    expect(await stateOf([ours], 'denied')).toMatchObject({ reason: expect.stringContaining('uid 1000') });
  });

  it('is foreign when something else lies on top, and then that is not asked', async () => {
    const table = parseMountTable([ours, fuseLine('/vault/decrypted', '/other')].join('\n'));
    const probe = (): never => {
      throw new Error('asked');
    };
    expect(await readMountState(expected, table, probe)).toMatchObject({
      kind: 'foreign',
      reason: expect.stringContaining('/other'),
    });
    const cryfs = parseMountTable(fuseLine('/vault/decrypted', '/vault/encrypted', { type: 'fuse.cryfs' }));
    expect(await readMountState(expected, cryfs, probe)).toMatchObject({ kind: 'foreign' });
  });

  it('counts every mount of a vault, wherever it is (G1)', () => {
    const table = parseMountTable([root, ours, ours, fuseLine('/second', '/vault/encrypted')].join('\n'));
    const mountPoints = mountsOf(expected, table).map((entry) => entry.mountPoint);
    expect(mountPoints).toEqual(['/vault/decrypted', '/vault/decrypted', '/second']);
  });
});

describe('the name of a vault in the mount table', () => {
  it.each([
    ['/plain path/e', '/plain path/e', 'cryfs@/plain path/e'],
    ['/com,ma/e', '/com_ma/e', 'cryfs@/com,ma/e'],
    ['/back\\slash/e', '/backslash/e', 'cryfs@/backslash/e'],
    ['/two\\\\/e', '/two\\/e', 'cryfs@/two\\/e'],
    ['/octal\\101/e', '/octal101/e', 'cryfs@/octalA/e'],
  ])('of %s', (path, gocryptfs, cryfs) => {
    // as fusermount3 writes it, and as gocryptfs 2.6 does that mounts without it
    const direct = path.replaceAll(',', '_');
    expect(gocryptfsEngine.mountSources(path)).toEqual([direct, gocryptfs]);
    expect(cryfsEngine.mountSources(path)).toEqual([cryfs]);
  });

  it('is known for every path that the engine does not refuse', () => {
    expect(() => gocryptfsEngine.verifyPath('/ends\\')).toThrow('backslash');
    expect(() => gocryptfsEngine.verifyPath('/ends\\\\')).not.toThrow();
    expect(() => cryfsEngine.verifyPath('/back\\,slash')).toThrow('backslash');
    expect(() => cryfsEngine.verifyPath('/ends\\')).not.toThrow();
  });
});

describe('what is mounted now', () => {
  it('is a list of its own for each who asks, of what the kernel says', () => {
    const [one, other] = [readMountTable(), readMountTable()];
    expect(one).toEqual(parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')));
    expect(other).toEqual(one);
    one.pop();
    expect(readMountTable()).toEqual(other);
  });
});
