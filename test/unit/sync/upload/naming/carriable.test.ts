import { describe, expect, it } from 'vitest';
import type { PlaceFeatures } from '../../../../../src/remotes/place.ts';
import type { Remote } from '../../../../../src/remotes/remote.ts';
import type { RecordEntry } from '../../../../../src/sync/tree/record.ts';
import { namesHere, withoutUncarried } from '../../../../../src/sync/upload/naming/carriable.ts';

const disk: Remote = { name: 'r', type: 'sftp', path: '/mnt/disk', configFile: '' };
const features: PlaceFeatures = {
  ...{ timePrecision: 1, movesFiles: true, movesDirectories: true, keepsEmptyDirectories: true },
  ...{ ignoresCase: false, takesBytes: true, respellsNames: false },
};
const entry = (path: string, kind: 'directory' | 'file'): RecordEntry => ({
  ...{ path, kind, size: 0, mtime: 0n, mode: 0o700, uid: 0, gid: 0, ctime: 0n, inode: 1n },
});

describe('a name that is too long for a place', () => {
  const path = 'n'.repeat(256);
  const file = entry(path, 'file');

  it.each([
    ['is left out where it is new', undefined, false],
    ['is left out where something of another kind lies there', entry(path, 'directory'), false],
    ['has found room where it lies there already', file, true],
  ] as const)('%s', (_, known, isKept) => {
    const names = namesHere(features, { raw: disk, crypt: undefined });
    const { kept, notCarried } = withoutUncarried(
      { changes: [{ path, kind: 'content', known, now: file }] },
      features,
      names,
    );
    expect([kept.length, notCarried.length]).toEqual(isKept ? [1, 0] : [0, 1]);
  });
});
