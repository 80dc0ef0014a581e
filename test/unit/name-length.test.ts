import { describe, expect, it } from 'vitest';
import type { CryptSettings } from '../../src/remotes/crypt.ts';
import { encryptedLength, verifyNamesFit } from '../../src/remotes/name-length.ts';
import type { Remote } from '../../src/remotes/remote.ts';
import { refusalOf } from '../support/refusal.ts';

const settings = (
  filenameEncryption: CryptSettings['filenameEncryption'],
  directoryNameEncryption = true,
) => ({
  filenameEncryption,
  directoryNameEncryption,
});
const remote = (type: string, path: string): Remote => ({ name: 'r', type, path, configFile: '' });
const scan = (...paths: string[]) => ({
  files: paths.map((path) => ({ path, size: 1, stamp: '' })),
  bytes: 0,
  digest: '',
});
const fits = (path: string, where: Remote, crypt: CryptSettings | undefined): boolean => {
  try {
    verifyNamesFit(scan('a', path), where, crypt);
    return true;
  } catch {
    return false;
  }
};

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
    expect(encryptedLength('n'.repeat(20), true, settings('standard', false))).toBe(20);
    expect(encryptedLength('n'.repeat(20), true, settings('off'))).toBe(20);
    expect(encryptedLength('n'.repeat(20), true, undefined)).toBe(20);
  });
});

describe('names that do not fit', () => {
  const disk = remote('local', '/mnt/disk');
  const store = remote('s3', 'bucket/backup');

  it('are told with what to do, and the file', () => {
    const path = `deep/${'n'.repeat(144)}`;
    const withCrypt = refusalOf(() => verifyNamesFit(scan('a', path), disk, settings('standard')));
    expect(withCrypt).toMatchObject({ code: 'CONFIG_INVALID', details: { path } });
    expect(withCrypt.message).toContain('which crypt makes longer');
    const without = refusalOf(() => verifyNamesFit(scan('a', 'n/'.repeat(500)), store, undefined));
    expect(without.message).not.toContain('crypt');
  });

  it('are single ones on file systems, and whole keys in object stores', () => {
    expect(fits('n'.repeat(143), disk, settings('standard'))).toBe(true);
    expect(fits('n'.repeat(255), disk, undefined)).toBe(true);
    expect(fits('n'.repeat(256), disk, undefined)).toBe(false);
    expect(fits('deep/'.repeat(100), disk, settings('standard'))).toBe(true);
    expect(fits('n'.repeat(300), store, undefined)).toBe(true);
    expect(fits('deep/'.repeat(50), store, settings('standard'))).toBe(false);
  });

  it('leave room in a key for the path of the remote, and for that of the trash', () => {
    const trash = '.cryptosync/trash/1970-01-01T00-00-00Z/';
    const longest = 1024 - 'backup/'.length - trash.length;
    expect(fits('n'.repeat(longest), store, undefined)).toBe(true);
    expect(fits('n'.repeat(longest + 1), store, undefined)).toBe(false);
    expect(fits('n'.repeat(longest + 1), remote('s3', 'bucket'), undefined)).toBe(true);
  });
});
