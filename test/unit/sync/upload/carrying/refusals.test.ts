import { describe, expect, it } from 'vitest';
import { notKept, type Place } from '../../../../../src/remotes/place.ts';
import { type Refusals, unlessRefused } from '../../../../../src/sync/upload/carrying/refusals.ts';
import { CryptosyncError, type ErrorCode } from '../../../../../src/system/errors.ts';

const failure = (code: ErrorCode): CryptosyncError => new CryptosyncError(code, `it said ${code}`);

/** A place that takes everything else, or fails with that as well. */
function placeThat(takesOthers: boolean) {
  const written: string[] = [];
  const left = new Set<string>();
  const write = async (path: string): Promise<void> => {
    written.push(path);
    if (!takesOthers) throw failure('REMOTE_UNREACHABLE');
    left.add(path);
  };
  const removeFile = async (path: string): Promise<void> => void left.delete(path);
  return { place: { write, removeFile } as Partial<Place> as Place, written, left };
}

/** Fails with these, one after the other, and is done then. */
function bringing(...failures: readonly unknown[]) {
  let calls = 0;
  return async (): Promise<string> => {
    const error = failures[calls];
    calls += 1;
    if (error !== undefined) throw error;
    return 'done';
  };
}

describe('what brings something new to a place', () => {
  it.each(['SYNC_FAILED', 'REMOTE_AUTH_FAILED'] as const)(
    'is refused when the place takes something else, and fails twice: %s',
    async (code) => {
      const { place, written, left } = placeThat(true);
      const refused: Refusals = new Map();
      const bring = bringing(failure(code), failure(code));
      expect(await unlessRefused({ place, refused }, 'a:b', bring)).toBeUndefined();
      expect([...refused]).toEqual([['a:b', `the remote refuses it, and takes others: it said ${code}`]]);
      expect(written).toEqual([expect.stringMatching(/^\.cryptosync\/probe-[0-9a-f]{12}$/)]);
      expect(left.size).toBe(0);
    },
  );

  it('is refused by a disk that calls a name absent which it can not write', async () => {
    const refused: Refusals = new Map();
    const absent = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    const error = new CryptosyncError('REMOTE_UNREACHABLE', 'it said so', { cause: absent });
    const bring = bringing(error, error);
    expect(await unlessRefused({ place: placeThat(true).place, refused }, 'a:b', bring)).toBeUndefined();
    expect(refused.get('a:b')).toContain('ENOENT: no such file');
  });

  it('is done when it goes at the second try', async () => {
    const refused: Refusals = new Map();
    const bring = bringing(failure('SYNC_FAILED'));
    expect(await unlessRefused({ place: placeThat(true).place, refused }, 'a', bring)).toBe('done');
    expect(refused.size).toBe(0);
  });

  it('fails as the place fails where that takes nothing else either', async () => {
    const refused: Refusals = new Map();
    const bring = bringing(failure('SYNC_FAILED'));
    const ended = unlessRefused({ place: placeThat(false).place, refused }, 'a', bring);
    await expect(ended).rejects.toMatchObject({ code: 'SYNC_FAILED' });
    expect(refused.size).toBe(0);
  });

  it.each([
    ['a full disk', failure('DISK_FULL')],
    ['a signal', failure('INTERRUPTED')],
    ['a place that is away', failure('REMOTE_UNREACHABLE')],
    ['a file here that can not be read', failure('CONFIG_INVALID')],
    ['a place that holds something else than it was given', notKept('disk:x', 'a')],
    ['a bug', new TypeError('x is not a function')],
  ])('fails at once for %s', async (_what, error) => {
    for (const failures of [[error], [failure('SYNC_FAILED'), error]]) {
      const { place } = placeThat(true);
      const refused: Refusals = new Map();
      await expect(unlessRefused({ place, refused }, 'a', bringing(...failures))).rejects.toBe(error);
      expect(refused.size).toBe(0);
    }
  });
});
