import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameOf, profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import {
  forEachClient,
  forEachProfile,
  type Selection,
  selectProfiles,
} from '../../../src/operations/targets.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';
import { refusalOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const nobody: Selection = { clients: [], all: false, profiles: [], allProfiles: false };

function tree(): string {
  const root = scratchDirectory();
  for (const [client, profile] of [
    ['b', 'default'],
    ['a', 'default'],
    ['a', 'archive'],
  ] as const) {
    const { profileFile } = profileLayout(root, parseClientId(client), parseProfileName(profile));
    mkdirSync(dirname(profileFile), { recursive: true });
    writeFileSync(profileFile, '{}');
  }
  return root;
}

function select(root: string, selection: Partial<Selection>): string[] {
  return selectProfiles({ root, userId: 0 }, { ...nobody, ...selection }).map(nameOf);
}

describe('selecting profiles', () => {
  it.each([
    [
      'the default profile of each named client, once',
      { clients: ['b', 'a', 'b'] },
      ['b/default', 'a/default'],
    ],
    ['the named profiles', { clients: ['a'], profiles: ['archive', 'x'] }, ['a/archive', 'a/x']],
    ['all of a client', { clients: ['a'], allProfiles: true }, ['a/default', 'a/archive']],
    ['all of all', { all: true }, ['a/default', 'a/archive', 'b/default']],
    ['one profile of all', { all: true, profiles: ['default'] }, ['a/default', 'b/default']],
    ['a client that is not there, for its own error later', { clients: ['z'] }, ['z/default']],
  ])('gives %s', (_, selection, names) => {
    expect(select(tree(), selection)).toEqual(names);
  });

  it('gives nobody where there is nobody', () => {
    expect(select('/nowhere', { all: true })).toEqual([]);
  });

  it('refuses names that are none, and all profiles of a client that is not there', () => {
    const root = tree();
    const codeOf = (selection: Partial<Selection>) => refusalOf(() => select(root, selection)).code;
    expect(codeOf({ clients: ['a', '../b'] })).toBe('INVALID_CLIENT_ID');
    expect(codeOf({ clients: ['a'], profiles: ['encrypted'] })).toBe('USAGE');
    expect(codeOf({ clients: ['z'], allProfiles: true })).toBe('CLIENT_NOT_FOUND');
  });
});

describe('doing something to each profile', () => {
  const layouts = ['a', 'b', 'c'].map((client) =>
    profileLayout('/root', parseClientId(client), parseProfileName('default')),
  );

  it.each([1, 2])('goes on after a failure and keeps the order, %i at once', async (atOnce) => {
    const results = await forEachProfile(
      layouts,
      undefined,
      async ({ client }) => {
        if (client === 'a') throw new CryptosyncError('LOCKED', 'x');
        if (client === 'b') throw new TypeError('bug');
        return client;
      },
      atOnce,
    );
    expect(results.map(({ layout, result, error }) => [layout.client, result ?? error?.code])).toEqual([
      ['a', 'LOCKED'],
      ['b', 'UNEXPECTED'],
      ['c', 'c'],
    ]);
  });

  it('begins nothing new when one of them was left at its question', async () => {
    const results = await forEachProfile(layouts, undefined, async () => {
      throw new CryptosyncError('INTERRUPTED', 'the question was left unanswered');
    });
    expect(results.map(({ error }) => error?.code)).toEqual(['INTERRUPTED']);
  });

  it('begins nothing new after an interruption', async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    const results = await forEachProfile(layouts, controller.signal, async ({ client }) => {
      begun.push(client);
      controller.abort();
    });
    expect(begun).toEqual(['a']);
    expect(results).toHaveLength(1);
  });
});

describe('doing something to several clients at a time', () => {
  const layouts = ['a/one', 'a/two', 'b/one', 'c/one'].map((name) => {
    const [client = '', profile = ''] = name.split('/');
    return profileLayout('/root', parseClientId(client), parseProfileName(profile));
  });

  it.each([1, 2, 3, 64])('has at most %i at work, and never two profiles of one client', async (atOnce) => {
    const atWork = new Set<string>();
    let most = 0;
    const results = await forEachClient(
      layouts,
      undefined,
      async (layout) => {
        expect(atWork).not.toContain(layout.client);
        atWork.add(layout.client);
        most = Math.max(most, atWork.size);
        await new Promise(setImmediate);
        // the first one ends last
        if (layout.client === 'a') await new Promise(setImmediate);
        atWork.delete(layout.client);
        if (layout.client === 'b') throw new CryptosyncError('LOCKED', 'in use');
        return nameOf(layout);
      },
      atOnce,
    );
    expect(most).toBe(Math.min(atOnce, 3));
    expect(results.map(({ layout, result, error }) => [nameOf(layout), result ?? error?.code])).toEqual([
      ['a/one', 'a/one'],
      ['a/two', 'a/two'],
      ['b/one', 'LOCKED'],
      ['c/one', 'c/one'],
    ]);
  });

  it('begins nothing new after an interruption, neither of the same client nor of another', async () => {
    const stop = new AbortController();
    const begun: string[] = [];
    const results = await forEachClient(
      layouts,
      stop.signal,
      async (layout) => {
        begun.push(nameOf(layout));
        await new Promise(setImmediate);
        stop.abort();
        throw new CryptosyncError('INTERRUPTED', 'interrupted');
      },
      2,
    );
    expect(begun).toEqual(['a/one', 'b/one']);
    expect(results.map(({ error }) => error?.code)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
  });
});
