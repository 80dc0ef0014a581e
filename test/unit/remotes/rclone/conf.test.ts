import { chmodSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseRcloneConf,
  readRcloneConf,
  remoteType,
  restoreConfMode,
} from '../../../../src/remotes/rclone/conf.ts';
import { refusalOf } from '../../../support/refusal.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

describe('rclone.conf', () => {
  it('is read as rclone reads it: sections, = or :, comments, values that hold both', () => {
    const conf = parseRcloneConf(
      [
        '\ufeff# a comment',
        '; another',
        'outside = any remote',
        '[my-s3]',
        'type = s3',
        'endpoint = http://127.0.0.1:9000/a=b#c;d',
        '  region : eu ',
        'empty =',
        '',
        '[it has spaces]\r',
        'type = local\r',
        '[my-s3]',
        'provider = Other',
      ].join('\n'),
    );
    expect(conf.encrypted).toBe(false);
    expect([...conf.remotes.keys()]).toEqual(['my-s3', 'it has spaces']);
    expect(Object.fromEntries(conf.remotes.get('my-s3') ?? [])).toEqual({
      type: 's3',
      endpoint: 'http://127.0.0.1:9000/a=b#c;d',
      region: 'eu',
      empty: '',
      provider: 'Other',
    });
    expect(remoteType(conf, 'it has spaces')).toBe('local');
    expect(remoteType(conf, 'other')).toBeUndefined();
  });

  it('says nothing of its remotes when it is encrypted', () => {
    const conf = parseRcloneConf('# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabcd==\n');
    expect(conf).toEqual({ encrypted: true, remotes: new Map() });
  });

  // each of these makes rclone 1.60.1 fail with "could not parse line" or "empty section name"
  it.each([
    ['[torn', 1],
    ['[a]\ntype = local\ngarbage', 3],
    ['[a]\n= value', 2],
    ['[]\ntype = local', 1],
    ['[a] x\ntype = local', 1],
    ['[a]\npass = abc\\\nsecret-rest', 3],
    ['\0\0\0', 1],
  ])('is broken where rclone refuses it, and its line is told without what it holds: %j', (text, line) => {
    const error = refusalOf(() => parseRcloneConf(text, '/c/rclone.conf'));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { file: '/c/rclone.conf', line } });
    expect(error.message).toContain(`/c/rclone.conf is broken: line ${line}`);
    expect(error.message).not.toContain('secret-rest');
  });

  it('has no remotes where there is no file, and gets its mode back', () => {
    const path = join(scratchDirectory(), 'rclone.conf');
    expect(readRcloneConf(path).remotes.size).toBe(0);
    expect(() => restoreConfMode(path)).not.toThrow();
    writeFileSync(path, '[a]\ntype = local\n');
    chmodSync(path, 0o644);
    restoreConfMode(path);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });
});
