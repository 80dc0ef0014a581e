import { describe, expect, it } from 'vitest';
import type { CryptSettings } from '../../../../../src/remotes/crypt.ts';
import type { Remote } from '../../../../../src/remotes/remote.ts';
import { encryptedLength, nameLimitOf } from '../../../../../src/sync/upload/naming/name-length.ts';

const settings = (
  filenameEncryption: CryptSettings['filenameEncryption'],
  directoryNameEncryption = true,
) => ({
  filenameEncryption,
  directoryNameEncryption,
});
const remote = (type: string, path: string): Remote => ({ name: 'r', type, path, configFile: '' });
const fits = (path: string, where: Remote, crypt: CryptSettings | undefined): boolean =>
  nameLimitOf({ raw: where, crypt })(path, 'object') === undefined;

describe('the length of a name on the remote', () => {
  it.for<[number, CryptSettings, number]>([
    [0, settings('standard'), 26],
    [15, settings('standard'), 26],
    [16, settings('standard'), 52],
    [143, settings('standard'), 231],
    [144, settings('standard'), 256],
    [10, settings('off'), 14],
    [10, settings('obfuscate'), 14],
  ])('of %i bytes with %o is %i', ([bytes, crypt, length]) => {
    expect(encryptedLength('n'.repeat(bytes), false, crypt)).toBe(length);
  });

  it('counts bytes, and leaves directories as they are where they are not encrypted', () => {
    expect(encryptedLength('ü'.repeat(8), false, settings('standard'))).toBe(52);
    // bytes that are no text are one each
    expect(encryptedLength('\udce9'.repeat(15), false, settings('standard'))).toBe(26);
    expect(encryptedLength('n'.repeat(20), true, settings('standard', false))).toBe(20);
    expect(encryptedLength('n'.repeat(20), true, settings('off'))).toBe(20);
    expect(encryptedLength('n'.repeat(20), true, undefined)).toBe(20);
  });
});

describe('names that do not fit', () => {
  const disk = remote('local', '/mnt/disk');
  const store = remote('s3', 'bucket/backup');

  it('are told with why', () => {
    const path = `deep/${'n'.repeat(144)}`;
    expect(nameLimitOf({ raw: disk, crypt: settings('standard') })(path, 'object')).toContain(
      'which crypt makes longer',
    );
    expect(nameLimitOf({ raw: store, crypt: undefined })('n/'.repeat(500), 'object')).not.toContain('crypt');
  });

  it('are single ones on file systems, and whole keys in object stores', () => {
    expect(fits('n'.repeat(143), disk, settings('standard'))).toBe(true);
    expect(fits('n'.repeat(255), disk, undefined)).toBe(true);
    expect(fits('n'.repeat(256), disk, undefined)).toBe(false);
    expect(fits('deep/'.repeat(100), disk, settings('standard'))).toBe(true);
    expect(fits('n'.repeat(300), store, undefined)).toBe(true);
    expect(fits('deep/'.repeat(50), store, settings('standard'))).toBe(false);
  });

  it('are those of empty directories too, where a place has such', () => {
    const limit = nameLimitOf({ raw: disk, crypt: settings('standard') });
    expect(limit('n'.repeat(144), 'directory')).toBeDefined();
    expect(limit('n'.repeat(143), 'directory')).toBeUndefined();
    const plain = nameLimitOf({ raw: disk, crypt: settings('standard', false) });
    expect(plain('n'.repeat(255), 'directory')).toBeUndefined();
    expect(nameLimitOf({ raw: store, crypt: undefined })('n/'.repeat(600), 'directory')).toBeUndefined();
  });

  it('leave room in a key for the path of the remote, and for that of the trash', () => {
    const trash = '.cryptosync/trash/1000000/';
    const longest = 1024 - 'backup/'.length - trash.length;
    expect(fits('n'.repeat(longest), store, undefined)).toBe(true);
    expect(fits('n'.repeat(longest + 1), store, undefined)).toBe(false);
    expect(fits('n'.repeat(longest + 1), remote('s3', 'bucket'), undefined)).toBe(true);
  });

  it('are whole paths too, but in a directory of this machine', () => {
    const trash = '.cryptosync/trash/1000000/';
    const longest = 3900 - 'mnt/disk/'.length - trash.length;
    const path = (bytes: number): string => 'n/'.repeat(bytes / 2).padEnd(bytes, 'n');
    for (const type of ['webdav', 'sftp', 'drive']) {
      const server = remote(type, '/mnt/disk');
      expect(fits(path(longest), server, undefined)).toBe(true);
      expect(fits(path(longest + 1), server, undefined)).toBe(false);
      expect(nameLimitOf({ raw: server, crypt: undefined })(path(longest + 1), 'directory')).toContain(
        'path',
      );
    }
    expect(fits(path(4093), disk, undefined)).toBe(true);
    // rclone carries to this one, which names the whole path
    expect(fits(path(2000), disk, settings('standard'))).toBe(false);
  });
});
