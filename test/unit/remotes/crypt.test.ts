import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cryptRemote, environmentDefinition } from '../../../src/remotes/crypt.ts';
import { obscure } from '../../../src/remotes/rclone/obscure.ts';
import type { Remote } from '../../../src/remotes/remote.ts';
import { Secret } from '../../../src/secrets/secret.ts';

const base: Remote = {
  name: 'my-s3',
  type: 's3',
  path: 'bucket/backup',
  configFile: '/somewhere/rclone.conf',
  environment: { 'RCLONE_CONFIG_MY-S3_TYPE': 's3' },
};
const settings = { filenameEncryption: 'standard', directoryNameEncryption: true } as const;
const key = (): Secret => new Secret('a key that is long enough to be looked for');
const salt = (): Secret => new Secret('a salt that is long enough to be looked for');

describe('obscure', () => {
  it('gives the same text for the same secret and another for another', () => {
    expect(obscure(key())).toBe(obscure(key()));
    expect(obscure(key())).not.toBe(obscure(salt()));
  });

  it('refuses an empty secret', () => {
    expect(() => obscure(new Secret(''))).toThrow('empty');
  });
});

describe('cryptRemote', () => {
  it('is the same for the same key from run to run', () => {
    expect(cryptRemote(base, settings, { key: key(), salt: salt() })).toEqual(
      cryptRemote(base, settings, { key: key(), salt: salt() }),
    );
  });

  it('stands in the environment only, under a name of its own, with the environment of what it wraps', () => {
    const remote = cryptRemote(base, settings, { key: key() });
    expect(remote).toMatchObject({
      name: 'cryptosync_crypt_my_s3',
      type: 'crypt',
      path: '',
      configFile: base.configFile,
    });
    expect(remote.environment).toMatchObject({
      'RCLONE_CONFIG_MY-S3_TYPE': 's3',
      RCLONE_CONFIG_CRYPTOSYNC_CRYPT_MY_S3_TYPE: 'crypt',
      RCLONE_CONFIG_CRYPTOSYNC_CRYPT_MY_S3_REMOTE: 'my-s3:bucket/backup/',
      RCLONE_CONFIG_CRYPTOSYNC_CRYPT_MY_S3_PASSWORD2: '',
      RCLONE_CONFIG_CRYPTOSYNC_CRYPT_MY_S3_NO_DATA_ENCRYPTION: 'false',
    });
  });

  it('never holds a key in the clear', () => {
    const shown = inspect(cryptRemote(base, settings, { key: key(), salt: salt() }), { depth: 9 });
    expect(shown).not.toContain('long enough');
  });

  it('can wrap a crypt remote', () => {
    const inner = cryptRemote(base, settings, { key: key() });
    const outer = cryptRemote(inner, settings, { key: salt() });
    expect(outer.name).not.toBe(inner.name);
    expect(outer.environment).toMatchObject(inner.environment ?? {});
  });
});

describe('environmentDefinition', () => {
  it('upper-cases letters and keeps every other character of the name', () => {
    expect(environmentDefinition('my-s3 v.2_x', { key_file: 'k' })).toEqual({
      'RCLONE_CONFIG_MY-S3 V.2_X_KEY_FILE': 'k',
    });
  });
});
