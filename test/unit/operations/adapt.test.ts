import { describe, expect, it } from 'vitest';
import type { ProfileName } from '../../../src/clients/names.ts';
import type { Profile } from '../../../src/clients/profile.ts';
import { adaptProfile, commandsOf, ownersOf, partBelow } from '../../../src/operations/moving/adapt.ts';

const profile = (changes: Partial<Profile> = {}): Profile => ({
  version: 1,
  engine: 'gocryptfs',
  encryptedDir: '/old/a/vault/encrypted',
  mountDir: '/old/a/vault/decrypted',
  createdAt: '2026-01-01T00:00:00Z',
  ...changes,
});

const way = { from: '/old/a', to: '/new/a' };

describe('a part of a path', () => {
  it.each([
    ['/old/a', '/old/a/vault', 'vault'],
    ['/old/a', '/old/a/..b', '..b'],
    ['/old/a', '/old/a', undefined],
    ['/old/a', '/old/ab/vault', undefined],
    ['/old/a', '/old', undefined],
    ['/old/a', '/old/a/../b', undefined],
  ])('below %s, of %s, is %s', (directory, path, part) => {
    expect(partBelow(directory, path)).toBe(part);
  });
});

describe('an adapted profile', () => {
  it('has every path below the old tree below the new one, and no other', () => {
    const written = profile({
      mountDir: '/srv/a',
      passwordFile: '/old/a/pw',
      mappings: [{ source: '/old/a/plain' }, { source: '/old/ab' }, {}],
    });
    expect(adaptProfile('default', written, way).profile).toEqual({
      ...written,
      encryptedDir: '/new/a/vault/encrypted',
      passwordFile: '/new/a/pw',
      mappings: [{ source: '/new/a/plain' }, { source: '/old/ab' }, {}],
    });
  });

  it('tells of whom its runs are told, without the address, and its hooks count as commands', () => {
    const written = profile({
      pingUrl: 'https://a.test/secret',
      webhookUrl: 'http://user:secret@b.test:8080/x',
      passwordCommand: 'pass show a',
      hooks: { before: ['/bin/dump', 'a b'], onRecovered: ['/bin/tell'] },
    });
    const { notes } = adaptProfile('default', written, way);
    expect(notes).toEqual([
      'default tells https://a.test/[redacted] of its runs',
      'default tells http://b.test:8080/[redacted] of its runs',
    ]);
    expect(commandsOf(written)).toEqual(['pass show a', '/bin/dump a b', '/bin/tell']);
  });

  it('tells what does not come along', () => {
    const written = profile({
      encryptedDir: '/disk/x',
      passwordFile: '/root/pw',
      mappings: [{ source: '/srv' }],
    });
    const { notes } = adaptProfile('default', written, way);
    expect(notes).toEqual([
      expect.stringContaining('/root/pw'),
      expect.stringContaining('/srv'),
      expect.stringContaining('/disk/x'),
    ]);
    expect(adaptProfile('default', profile(), way).notes).toEqual([]);
  });
});

describe('a vault that several profiles share', () => {
  const named = (profiles: Record<string, Profile>) =>
    new Map(Object.entries(profiles) as [ProfileName, Profile][]);

  it('is of the one whose usual place it has, else of the first', () => {
    const own = profile({ encryptedDir: '/old/a/vault/b/encrypted' });
    expect(ownersOf(named({ default: own, b: own }), '/old/a')).toEqual(new Map([[own.encryptedDir, 'b']]));
    const far = profile({ encryptedDir: '/disk/x' });
    expect(ownersOf(named({ default: far, b: far }), '/old/a')).toEqual(new Map([['/disk/x', 'default']]));
  });
});
