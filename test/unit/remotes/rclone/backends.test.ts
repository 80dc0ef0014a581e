import { describe, expect, it } from 'vitest';
import {
  type Backend,
  findBackend,
  secretOptions,
  verifyOptions,
} from '../../../../src/remotes/rclone/backends.ts';
import { verifyNoControlCharacters, verifyRemoteName } from '../../../../src/remotes/rclone/setup.ts';
import { hintOf, refusalOf } from '../../../support/refusal.ts';

const option = (name: string, isObscured = false) => ({ name, isObscured, isSecret: isObscured });
const webdav: Backend = { name: 'webdav', options: [option('url'), option('user'), option('pass', true)] };
const drive: Backend = { name: 'drive', options: [] };

describe('backends', () => {
  it('are found by name, drive also as gdrive', () => {
    expect(findBackend('webdav', [webdav, drive])).toBe(webdav);
    expect(findBackend('gdrive', [webdav, drive])).toBe(drive);
  });

  it('that rclone does not have are refused with those that it has', () => {
    const error = refusalOf(() => findBackend('dropbox2', [webdav, drive]));
    expect(error).toMatchObject({
      code: 'REMOTE_TYPE_UNKNOWN',
      exit: 10,
      message: expect.stringContaining('"dropbox2"'),
      advice: { to: 'choose-among', known: ['drive', 'webdav'] },
    });
  });

  it('take their own options only', () => {
    expect(() => verifyOptions(webdav, new Map([['url', 'x']]))).not.toThrow();
    const error = refusalOf(() => verifyOptions(webdav, new Map([['ulr', 'secret-value']])));
    expect(error).toMatchObject({ code: 'USAGE', message: 'the backend webdav has no option ulr' });
    expect(error.message + hintOf(error)).not.toContain('secret-value');
  });

  it.each(['a`b', 'a%(b)s'])(
    'take no value that rclone.conf can not hold, unless it is obscured: %s',
    (value) => {
      expect(refusalOf(() => verifyOptions(webdav, new Map([['user', value]])))).toMatchObject({
        code: 'USAGE',
      });
      expect(() => verifyOptions(webdav, new Map([['pass', value]]))).not.toThrow();
    },
  );

  it('tell which of the given options are secret', () => {
    const given = new Map(Object.entries({ url: 'x', pass: 'y' }));
    expect(secretOptions(webdav, given)).toEqual(['pass']);
  });
});

describe('a remote', () => {
  it.each(['my-s3', 'a b', '_x', '.x', '0'])('may be called %j', (name) => {
    expect(() => verifyRemoteName(name)).not.toThrow();
  });

  it.each(['', '-x', ' x', 'a:b', 'a/b', 'a]b', 'a\nb', 'é', 'a=b'])('may not be called %j', (name) => {
    expect(refusalOf(() => verifyRemoteName(name))).toMatchObject({ code: 'USAGE' });
  });

  it.each(['a\nb', 'a\rb', 'a\0b', 'a\x1b[2Jb'])('takes no value with control characters: %j', (value) => {
    const error = refusalOf(() => verifyNoControlCharacters('the option url', value));
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('the option url') });
    expect(error.message).not.toContain(value);
  });
});
