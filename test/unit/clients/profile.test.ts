import { describe, expect, it } from 'vitest';
import { type Profile, parseProfile } from '../../../src/clients/profile.ts';
import { hintOf, refusalOf } from '../../support/refusal.ts';

const file = '/root/a/cryptosync/config/default.json';
const minimal: Profile = {
  version: 1,
  engine: 'gocryptfs',
  encryptedDir: '/e',
  mountDir: '/m',
  createdAt: '2026-01-31T02:00:00Z',
};
const parse = (value: unknown): Profile => parseProfile(JSON.stringify(value), file);

describe('a profile', () => {
  it('needs little, and may say more', () => {
    expect(parse(minimal)).toEqual(minimal);
    const full = {
      ...minimal,
      vaultId: 'id',
      remote: { name: 'r', path: 'p' },
      maxDelete: '10%',
      keepDeleted: '0',
      keepGenerations: 12,
      bwlimit: '10M',
      whenMounted: 'remount',
      idle: '30m',
      readOnly: true,
      allowOther: false,
      passwordFile: '/p',
      passwordCommand: 'pass show a',
    };
    expect(parse(full)).toEqual(full);
  });

  it.each([
    ['', /not valid JSON/],
    ['{"version": 1, "eng', /not valid JSON/],
    ['null', /not a valid profile/],
    ['[]', /not a valid profile/],
    ['"text"', /not a valid profile/],
  ])('that is torn or of another kind is told with its file: %j', (text, why) => {
    const error = refusalOf(() => parseProfile(text, file));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10, message: expect.stringMatching(why) });
    expect(error.message).toContain(file);
    expect(hintOf(error)).toBeTruthy();
  });

  it.each([
    ['version', { version: 2 }],
    ['engine', { engine: 'encfs' }],
    ['encryptedDir', { encryptedDir: 'relative' }],
    ['mountDir', { mountDir: '/a\nb' }],
    ['remote.name', { remote: { name: '', path: 'p' } }],
    ['remote.path', { remote: { name: 'r' } }],
    ['maxDelete', { maxDelete: 'ten' }],
    ['keepDeleted', { keepDeleted: '30' }],
    ['keepGenerations', { keepGenerations: 0 }],
    ['keepGenerations', { keepGenerations: '12' }],
    ['bwlimit', { bwlimit: '--config=/x' }],
    ['idle', { idle: 'soon' }],
    ['passwordFile', { passwordFile: 'relative' }],
    ['passwordCommand', { passwordCommand: '' }],
    ['whenMounted', { whenMounted: 'maybe' }],
    ['password', { password: 'hunter2' }],
  ])('is refused with the path of what is wrong in it: %s', (path, change) => {
    const error = refusalOf(() => parse({ ...minimal, ...change }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`${path}: `);
    expect(error.message).not.toContain('hunter2');
  });

  it('is told all that is wrong at once', () => {
    const error = refusalOf(() => parse({ ...minimal, idle: 'x', mountDir: 'x' }));
    expect(error.details?.['issues']).toHaveLength(2);
  });
});
