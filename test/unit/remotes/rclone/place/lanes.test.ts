import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lanesOf, withoutLane } from '../../../../../src/remotes/rclone/place/lanes.ts';
import type { Remote } from '../../../../../src/remotes/remote.ts';
import { scratchDirectory } from '../../../../support/scratch.ts';

function remoteOf(type: string, ...settings: string[]): Remote {
  const configFile = join(scratchDirectory(), 'rclone.conf');
  writeFileSync(configFile, ['[r]', `type = ${type}`, ...settings, ''].join('\n'));
  return { name: 'r', type, path: 'a b/c', configFile };
}

const layered = (below: Remote): Remote => ({
  name: 'crypt_r',
  type: 'crypt',
  path: '',
  configFile: '',
  below,
});

describe('the names of a place', () => {
  it('are one, but for WebDAV, whose instances wait', () => {
    for (const type of ['sftp', 'local', 'drive']) expect(lanesOf(remoteOf(type))).toEqual(['r:a b/c']);
    expect(lanesOf(remoteOf('s3'))).toEqual(['r:a b/c/']);
    expect(new Set(lanesOf(remoteOf('webdav'))).size).toBe(8);
  });

  it('keep the headers of the operator, and are left alone where these are not known', () => {
    const headers = 'headers = X-Token,"one, two",Cookie,a=b';
    for (const lane of lanesOf(remoteOf('webdav', headers)))
      expect(lane).toMatch(/^r,headers="X-Token,""one, two"",Cookie,a=b,X-Lane,\d":a b\/c\/$/);
    const remote = remoteOf('webdav');
    expect(lanesOf({ ...remote, configFile: '' })).toEqual(['r:a b/c/']);
    writeFileSync(remote.configFile, 'RCLONE_ENCRYPT_V0:\nabc\n');
    expect(lanesOf(remote)).toEqual(['r:a b/c/']);
  });

  it('stand in no message, whoever quotes them', () => {
    const below = remoteOf('webdav', 'headers = X-Token,hush "hush" hush');
    for (const remote of [below, layered(below)]) {
      for (const lane of lanesOf(remote)) {
        for (const quoted of [lane, JSON.stringify(lane), JSON.stringify(JSON.stringify(lane))]) {
          const shown = withoutLane(`failed to make ${quoted}: no`);
          expect(shown).not.toMatch(/headers|X-Lane|hush/);
          expect(shown).toMatch(/r:a b\/c.*: no$/);
        }
      }
    }
  });
});
