import { lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listClients, listProfiles, verifyRoot } from '../../../src/clients/discovery.ts';
import { clientLayout } from '../../../src/clients/layout.ts';
import { parseClientId } from '../../../src/clients/names.ts';
import { refusalOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const config = (root: string, client: string): string =>
  clientLayout(root, parseClientId(client)).configDirectory;

describe('which clients and profiles there are', () => {
  it('is told by their directories, in the order of their names, and by nothing else', () => {
    const root = scratchDirectory();
    for (const client of ['b', 'a']) mkdirSync(config(root, client), { recursive: true });
    mkdirSync(join(root, 'not set up'));
    mkdirSync(join(root, 'bare'));
    mkdirSync(join(root, '.hidden', 'cryptosync'), { recursive: true });
    writeFileSync(join(root, 'file'), '');
    expect(listClients(root)).toEqual(['a', 'b']);
    for (const name of [
      'z.json',
      'default.json',
      'a.json',
      '.a.json.0a.tmp',
      'encrypted.json',
      'x.json.bak',
      'y.conf',
    ])
      writeFileSync(join(config(root, 'a'), name), '');
    expect(listProfiles(root, parseClientId('a'))).toEqual(['default', 'a', 'z']);
  });

  it('is nobody where there is no root', () => {
    expect(listClients('/nowhere')).toEqual([]);
    expect(listProfiles('/nowhere', parseClientId('a'))).toEqual([]);
  });
});

describe('verifyRoot', () => {
  it('takes a directory, nothing yet, and a link of this user or of root to a directory', () => {
    const directory = scratchDirectory();
    symlinkSync(directory, join(directory, 'link'));
    for (const path of [directory, join(directory, 'none'), join(directory, 'link')])
      expect(() => verifyRoot(path, process.getuid?.() ?? 0)).not.toThrow();
  });

  it('refuses a file, a link that leads to none, and a link that somebody else made', () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('nowhere', join(directory, 'dangling'));
    symlinkSync(directory, join(directory, 'foreign'));
    lchownSync(join(directory, 'foreign'), 12_345, 12_345);
    for (const [name, why] of [
      ['file', /not a directory/],
      ['dangling', /no directory/],
      ['foreign', /owned by uid 12345/],
    ] as const) {
      expect(refusalOf(() => verifyRoot(join(directory, name), 0))).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(why),
        advice: { to: expect.stringMatching(/root/) },
      });
    }
    expect(() => verifyRoot(join(directory, 'foreign'), 12_345)).not.toThrow();
  });
});
